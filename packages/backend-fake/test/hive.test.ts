import { spawnSync } from 'node:child_process'
import * as fs from 'node:fs'
import * as os from 'node:os'
import * as path from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { hiveNames, isHive, minimalHive } from '../src/artefacts/hive.js'

// 2024-02-29T12:34:56.7891234Z, and the same in 100 ns since 1601.
const at = 1_709_210_096_789_123_456n
const ticks = 133_536_836_967_891_234n

const viewOf = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
const textAt = (bytes: Uint8Array, offset: number, length: number): string =>
  String.fromCharCode(...bytes.subarray(offset, offset + length))

test('the names of the hives', () => {
  assert.equal([...hiveNames], ['DEFAULT', 'SAM', 'SECURITY', 'SOFTWARE', 'SYSTEM'])
})

test('the base block', () => {
  const hive = minimalHive('SYSTEM', at)
  const view = viewOf(hive)
  assert.is(hive.length, 8192)
  assert.is(textAt(hive, 0, 4), 'regf')
  assert.is(view.getBigUint64(12, true), ticks)
  const numbers = [4, 8, 20, 24, 28, 32, 36, 40, 44].map((offset) => view.getUint32(offset, true))
  assert.equal(numbers, [1, 1, 1, 5, 0, 1, 0x20, 0x1000, 1])
  assert.ok(hive.subarray(48, 508).every((byte) => byte === 0) && hive.subarray(512, 4096).every((byte) => byte === 0))
})

test('the bin is filled by root key, security descriptor and one free cell', () => {
  for (const name of ['A', ...hiveNames, 'x'.repeat(255)]) {
    const bin = minimalHive(name, at).subarray(4096)
    const view = viewOf(bin)
    assert.is(textAt(bin, 0, 4), 'hbin')
    assert.equal([view.getUint32(4, true), view.getUint32(8, true)], [0, 4096])
    assert.is(view.getBigUint64(20, true), ticks)
    const rootLength = -view.getInt32(32, true)
    const security = 32 + rootLength
    const free = security - view.getInt32(security, true)
    assert.equal([rootLength % 8, free % 8, view.getInt32(free, true)], [0, 0, 4096 - free])
    assert.ok(bin.subarray(free + 4).every((byte) => byte === 0))

    const root = 36
    assert.is(textAt(bin, root, 2), 'nk')
    assert.is(view.getUint16(root + 2, true), 0x2c)
    assert.is(view.getBigUint64(root + 4, true), ticks)
    const none = 0xffff_ffff
    const fields = [12, 16, 20, 24, 28, 32, 36, 40, 44, 48].map((offset) => view.getUint32(root + offset, true))
    assert.equal(fields, [0, none, 0, 0, none, none, 0, none, security, none])
    assert.ok(bin.subarray(root + 52, root + 72).every((byte) => byte === 0))
    assert.is(view.getUint16(root + 72, true), name.length)
    assert.is(textAt(bin, root + 76, name.length), name)
    assert.ok(rootLength >= 4 + 76 + name.length && rootLength < 4 + 76 + name.length + 8)

    assert.is(textAt(bin, security + 4, 2), 'sk')
    const ring = [8, 12, 16].map((offset) => view.getUint32(security + offset, true))
    assert.equal(ring, [security, security, 1])
  }
})

test('the security descriptor: Administrators own, SYSTEM and Administrators have full control', () => {
  const bin = minimalHive('SAM', at).subarray(4096)
  const cell = 32 - viewOf(bin).getInt32(32, true)
  const length = viewOf(bin).getUint32(cell + 20, true)
  assert.is(
    Buffer.from(bin.subarray(cell + 24, cell + 24 + length)).toString('hex'),
    [
      '01000480' + '14000000' + '24000000' + '00000000' + '30000000',
      '01020000000000052000000020020000',
      '010100000000000512000000',
      '0200' + '3400' + '0200' + '0000',
      '0002' + '1400' + '3f000f00' + '010100000000000512000000',
      '0002' + '1800' + '3f000f00' + '01020000000000052000000020020000',
    ].join(''),
  )
})

test('the same arguments give the same bytes, other names and times other ones', () => {
  const hive = minimalHive('SAM', at)
  assert.equal(hive, minimalHive('SAM', at))
  assert.not.equal(hive, minimalHive('SAX', at))
  assert.not.equal(hive, minimalHive('SAM', at + 100n))
})

test('the checksum is the XOR of what stands before it, and never 0 or all ones', () => {
  const blockWhose = (xor: number, checksum: number, signature = 'regf'): Uint8Array => {
    const block = new Uint8Array(4096)
    block.set(new TextEncoder().encode(signature))
    const view = viewOf(block)
    view.setUint32(100, view.getUint32(0, true) ^ xor, true)
    view.setUint32(508, checksum, true)
    return block
  }
  assert.ok(isHive(blockWhose(0x12345678, 0x12345678)))
  assert.ok(isHive(blockWhose(0xffff_fffe, 0xffff_fffe)))
  assert.ok(isHive(blockWhose(0xffff_ffff, 0xffff_fffe)))
  assert.not(isHive(blockWhose(0xffff_ffff, 0xffff_ffff)))
  assert.ok(isHive(blockWhose(0, 1)))
  assert.not(isHive(blockWhose(0, 0)))
  assert.not(isHive(blockWhose(0x12345678, 0x12345678, 'regF')), 'whose signature is another one')
})

test('a hive is known by signature and checksum', () => {
  const hive = minimalHive('SOFTWARE', at)
  assert.ok(isHive(hive))
  const embedded = new Uint8Array(3 + hive.length)
  embedded.set(hive, 3)
  assert.ok(isHive(embedded.subarray(3)), 'whose bytes lie inside a larger buffer')
  for (const offset of [0, 3, 4, 12, 300, 507, 508, 511]) {
    const damaged = hive.slice()
    damaged[offset] = (hive[offset] ?? 0) ^ 0x40
    assert.not(isHive(damaged), `byte ${offset}`)
  }
  assert.not(isHive(hive.subarray(0, 4095)))
  assert.not(isHive(new Uint8Array(0)))
})

test('a root that no key can be named is refused', () => {
  for (const name of ['', 'x'.repeat(256), 'a\\b', 'tab\t', 'Ünder', '\0']) {
    assert.throws(
      () => minimalHive(name, at),
      (error: unknown) => error instanceof RangeError && error.message.includes('1 to 255 printable ASCII'),
    )
  }
})

const hivex = spawnSync('hivexsh', ['-?']).error === undefined
if (!hivex) console.log('skipped: hivexsh is not installed (apt-get install libhivex-bin)')
const testWithHivex = hivex ? test : test.skip

const hivexsh = (options: readonly string[], commands: string): { stdout: string; stderr: string } => {
  const { status, stdout, stderr } = spawnSync('hivexsh', options, { encoding: 'utf8', input: commands })
  assert.is(status, 0, `hivexsh ${options.join(' ')}: ${stdout}${stderr}`)
  return { stdout, stderr }
}

const withHive = (name: string, body: (file: string) => void): void => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'varve-hive-'))
  try {
    const file = path.join(folder, name)
    fs.writeFileSync(file, minimalHive(name, at))
    body(file)
  } finally {
    fs.rmSync(folder, { recursive: true })
  }
}

for (const name of hiveNames) {
  testWithHivex(`hivexsh reads ${name}, and writes a key into it`, () =>
    withHive(name, (file) => {
      assert.equal(hivexsh([file], 'cd \\\nls\nlsval\n'), { stdout: '', stderr: '' })
      hivexsh(['-w', file], 'cd \\\nadd Select\ncd Select\nsetval 1\nCurrent\ndword:1\ncommit\n')
      assert.equal(hivexsh([file], 'cd \\\nls\n'), { stdout: 'Select\n', stderr: '' })
      assert.ok(isHive(fs.readFileSync(file)), 'also after another tool wrote to it')
    }),
  )
}

testWithHivex('hivexsh finds time, checksum and all cells', () =>
  withHive('SYSTEM', (file) => {
    const { stderr } = hivexsh(['-d', file], '')
    const checksum = viewOf(fs.readFileSync(file)).getUint32(508, true).toString(16)
    assert.match(stderr, new RegExp(`last modified +${ticks}`))
    assert.match(stderr, new RegExp(`checksum +0x${checksum} \\(calculated 0x${checksum}\\)`))
    assert.match(stderr, /blocks: +3 /)
    assert.match(stderr, /blocks used: +2\n/)
  }),
)

test.run()

import * as fs from 'node:fs'
import fc from 'fast-check'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import {
  exportTo,
  importFrom,
  makeBase,
  mountScratch,
  open,
  outstanding,
  standinTest,
  unsigned,
  type Kit,
} from './standin/kit.js'
import { info } from './standin/library.js'

const seed = Number(process.env['VARVE_SEED'] ?? 4)
/** Reading, writing, of the security too. */
const all = 0xc10c_0000
const folder = 'C:\\files'

const stream = (id: number, content: Uint8Array, name = ''): Buffer => {
  const title = Buffer.from(name, 'utf16le')
  const header = Buffer.alloc(20)
  header.writeUInt32LE(id)
  header.writeBigUInt64LE(BigInt(content.length), 8)
  header.writeUInt32LE(title.length, 16)
  return Buffer.concat([header, title, content])
}

const symlink = (target: string): Buffer => {
  const print = Buffer.from(`${target}\0`, 'utf16le')
  const head = Buffer.alloc(20)
  head.writeUInt32LE(0xa000_000c)
  head.writeUInt16LE(12 + print.length * 2, 4)
  head.writeUInt16LE(print.length - 2, 10)
  head.writeUInt16LE(print.length, 12)
  head.writeUInt16LE(print.length - 2, 14)
  head.writeUInt32LE(1, 16)
  return Buffer.concat([head, print, print])
}

/** Cuts bytes into pieces of the lengths given, over and over. */
const cut = (bytes: Uint8Array, lengths: readonly number[]): readonly Uint8Array[] => {
  const pieces: Uint8Array[] = []
  for (let at = 0, turn = 0; at < bytes.length; turn++) {
    const next = at + (lengths[turn % lengths.length] ?? 1)
    pieces.push(bytes.subarray(at, next))
    at = next
  }
  return pieces
}

const restore = ({ standin }: Kit, handle: bigint, pieces: readonly Uint8Array[], secured = 1): number => {
  const context = Buffer.alloc(8)
  const written = Buffer.alloc(4)
  let failed = 0
  for (const piece of pieces)
    if (failed === 0 && standin.BackupWrite(handle, piece, piece.length, written, 0, secured, context) === 0)
      failed = unsigned(standin.GetLastError())
  standin.BackupWrite(handle, null, 0, written, 1, 0, context)
  assert.is(context.readBigUInt64LE(), 0n)
  return failed
}

const backup = ({ standin }: Kit, handle: bigint, lengths: readonly number[], secured = 1): Buffer => {
  const context = Buffer.alloc(8)
  const read = Buffer.alloc(4)
  const pieces: Buffer[] = []
  for (let turn = 0; ; turn++) {
    const piece = Buffer.alloc(lengths[turn % lengths.length] ?? 1)
    assert.is(standin.BackupRead(handle, piece, piece.length, read, 0, secured, context), 1)
    if (read.readUInt32LE() === 0) break
    pieces.push(piece.subarray(0, read.readUInt32LE()))
  }
  standin.BackupRead(handle, null, 0, read, 1, 0, context)
  assert.is(context.readBigUInt64LE(), 0n)
  return Buffer.concat(pieces)
}

const make = (kit: Kit, name: string): bigint => open(kit, `${folder}\\${name}`, { access: all, disposition: 1 })

const bytes = fc.uint8Array({ minLength: 1, maxLength: 300 })
const lengths = fc.array(fc.integer({ min: 1, max: 90 }), { minLength: 1, maxLength: 5 })

standinTest('what BackupWrite took in any pieces, BackupRead gives in any pieces', (kit) => {
  fs.mkdirSync(kit.host(folder))
  let count = 0
  const parts = fc.record({
    security: fc.option(bytes),
    data: fc.option(bytes),
    extended: fc.option(bytes),
    alternate: fc.uniqueArray(fc.tuple(fc.stringMatching(/^[a-z]{1,8}$/), bytes), { selector: ([name]) => name }),
  })
  const property = fc.property(parts, lengths, lengths, ({ security, data, extended, alternate }, writing, reading) => {
    const secured = security === null ? [] : [stream(3, security)]
    const rest = [
      ...(data === null ? [] : [stream(1, data)]),
      ...(extended === null ? [] : [stream(2, extended)]),
      ...alternate.map(([name, content]) => stream(4, content, `:${name}:$DATA`)),
    ]
    const image = Buffer.concat([...secured, ...rest])
    const handle = make(kit, String(count++))
    assert.is(restore(kit, handle, cut(image, writing)), 0)
    assert.equal(backup(kit, handle, reading), image)
    assert.equal(backup(kit, handle, reading, 0), Buffer.concat(rest))
    kit.standin.CloseHandle(handle)
  })
  fc.assert(property, { seed, numRuns: 60 })
})

standinTest('an empty file has no data, a folder neither, and both keep the rest', (kit) => {
  fs.mkdirSync(kit.host(`${folder}\\sub`), { recursive: true })
  const alternate = stream(4, Buffer.from('zone'), ':z:$DATA')
  for (const [name, disposition] of [
    ['file', 1],
    ['sub', 3],
  ] as const) {
    const handle = open(kit, `${folder}\\${name}`, { access: all, disposition })
    assert.is(restore(kit, handle, [alternate]), 0)
    assert.equal(backup(kit, handle, [7]), alternate)
    kit.standin.CloseHandle(handle)
  }
  const handle = make(kit, 'empty')
  assert.is(restore(kit, handle, [stream(1, Buffer.alloc(0))]), 0)
  assert.equal(backup(kit, handle, [7]), Buffer.alloc(0))
  assert.is(restore(kit, handle, [stream(3, Buffer.from('who'))], 0), 0)
  assert.equal(backup(kit, handle, [7]), Buffer.alloc(0))
  kit.standin.CloseHandle(handle)
})

standinTest('a reparse point becomes a link, and a link of the host is a reparse point', (kit) => {
  fs.mkdirSync(kit.host(folder))
  const image = Buffer.concat([stream(3, Buffer.from('who')), stream(8, symlink('..\\there'))])
  const handle = make(kit, 'link')
  assert.is(restore(kit, handle, cut(image, [9])), 0)
  kit.standin.CloseHandle(handle)
  assert.is(fs.readlinkSync(kit.host(`${folder}\\link`)), '..\\there')
  const again = open(kit, `${folder}\\link`)
  assert.equal(backup(kit, again, [1000]), image)
  const tag = Buffer.alloc(8)
  kit.standin.GetFileInformationByHandleEx(again, 9, tag, 8)
  assert.equal([tag.readUInt32LE(), tag.readUInt32LE(4)], [0x420, 0xa000_000c])
  kit.standin.CloseHandle(again)

  fs.symlinkSync('..\\there', kit.host(`${folder}\\made`))
  const made = open(kit, `${folder}\\made`)
  assert.equal(backup(kit, made, [3]), stream(8, symlink('..\\there')))
  kit.standin.CloseHandle(made)

  const junction = Buffer.from(symlink('x'))
  junction.writeUInt32LE(0xa000_0003)
  fs.mkdirSync(kit.host(`${folder}\\sub`))
  const sub = open(kit, `${folder}\\sub`, { access: all })
  assert.is(restore(kit, sub, [stream(8, junction.subarray(0, 7))]), 4392)
  kit.standin.CloseHandle(sub)
})

standinTest('names of one file share what it has, a copy of its content by the host has nothing', (kit) => {
  fs.mkdirSync(kit.host(folder))
  const image = Buffer.concat([stream(1, Buffer.from('data')), stream(2, Buffer.from('extended'))])
  const handle = make(kit, 'one')
  assert.is(restore(kit, handle, [image]), 0)
  kit.standin.CloseHandle(handle)
  fs.linkSync(kit.host(`${folder}\\one`), kit.host(`${folder}\\two`))
  fs.copyFileSync(kit.host(`${folder}\\one`), kit.host(`${folder}\\copy`))
  fs.renameSync(kit.host(`${folder}\\one`), kit.host(`${folder}\\other`))
  for (const [name, expected] of [
    ['two', image],
    ['other', image],
    ['copy', stream(1, Buffer.from('data'))],
  ] as const) {
    const found = open(kit, `${folder}\\${name}`)
    assert.equal(backup(kit, found, [100]), expected)
    kit.standin.CloseHandle(found)
  }
})

standinTest('contexts belong to their handle and are released once', (kit) => {
  const { standin } = kit
  fs.mkdirSync(kit.host(folder))
  kit.write(`${folder}\\one`, 'one')
  const one = open(kit, `${folder}\\one`)
  const two = open(kit, `${folder}\\one`)
  const context = Buffer.alloc(8)
  const read = Buffer.alloc(4)
  assert.is(standin.BackupRead(one, Buffer.alloc(5), 5, read, 0, 0, context), 1)
  assert.equal(outstanding(kit), [2, 1, 0])
  assert.is(standin.BackupRead(two, Buffer.alloc(5), 5, read, 0, 0, context), 0)
  assert.is(standin.GetLastError(), 87)
  assert.is(standin.BackupRead(two, null, 0, read, 1, 0, context), 0)
  const stray = Buffer.from('0123456789abcdef', 'hex')
  assert.is(standin.BackupRead(one, Buffer.alloc(5), 5, read, 0, 0, stray), 0)
  assert.is(standin.BackupRead(one, null, 0, read, 1, 0, context), 1)
  assert.is(standin.BackupRead(one, null, 0, read, 1, 0, context), 1)
  assert.is(standin.BackupWrite(one, Buffer.alloc(5), 5, read, 0, 0, context), 0)
  assert.is(standin.GetLastError(), 5)
  standin.CloseHandle(one)
  standin.CloseHandle(two)
})

standinTest('streams that are none, and sparse ones, are refused', (kit) => {
  fs.mkdirSync(kit.host(folder))
  const handle = make(kit, 'file')
  assert.is(restore(kit, handle, [stream(77, Buffer.from('x'))]), 13)
  assert.is(restore(kit, handle, [stream(9, Buffer.alloc(8))]), 50)
  assert.is(restore(kit, handle, [stream(4, Buffer.from('x'))]), 13)
  kit.standin.CloseHandle(handle)
  const shy = open(kit, `${folder}\\file`, { access: 0x4000_0000 })
  assert.is(restore(kit, shy, [stream(1, Buffer.from('x'))], 1), 5)
  assert.is(restore(kit, shy, [stream(1, Buffer.from('x'))], 0), 0)
  kit.standin.CloseHandle(shy)
})

standinTest('what Windows keeps of a file goes along through export, import and merge', (kit) => {
  const { standin } = kit
  const [base, scratch, layer] = ['C:\\root\\1', 'C:\\root\\2', 'C:\\root\\3']
  makeBase(kit, base)
  const volume = mountScratch(kit, scratch, base)
  const image = Buffer.concat([
    stream(3, Buffer.from('who')),
    stream(1, Buffer.from('data')),
    stream(2, Buffer.from('more')),
  ])
  const known = Buffer.alloc(40)
  for (const at of [0, 8, 16, 24]) known.writeBigInt64LE(133_000_000_000_000_000n + BigInt(at), at)
  const handle = open(kit, `${volume}file`, { access: all, disposition: 1 })
  known.writeUInt32LE(0x26, 32)
  assert.is(standin.SetFileInformationByHandle(handle, 0, known, 40), 1)
  assert.is(restore(kit, handle, [image]), 0)
  standin.CloseHandle(handle)

  const folderOf = (name: string): bigint => open(kit, `${volume}${name}`, { access: all })
  fs.mkdirSync(kit.host(`${volume}sub`))
  kit.write(`${volume}sub\\child`, 'child')
  const sub = folderOf('sub')
  standin.SetFileInformationByHandle(sub, 0, known, 40)
  standin.CloseHandle(sub)

  standin.UnprepareLayer(info, scratch)
  assert.is(exportTo(kit, scratch, 'C:\\out', base), 0)
  assert.is(importFrom(kit, layer, 'C:\\out', base), 0)
  const merged = mountScratch(kit, 'C:\\root\\4', layer, base)
  for (const [name, attributes] of [
    ['file', 0x26],
    ['sub', 0x36],
  ] as const) {
    const found = Buffer.alloc(40)
    const again = open(kit, merged + name)
    standin.GetFileInformationByHandleEx(again, 0, found, 40)
    assert.equal(found.subarray(0, 32), known.subarray(0, 32), name)
    assert.is(found.readUInt32LE(32), attributes)
    if (name === 'file') assert.equal(backup(kit, again, [11]), image)
    standin.CloseHandle(again)
  }
})

test.run()

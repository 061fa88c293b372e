import { spawnSync } from 'node:child_process'
import * as fs from 'node:fs'
import * as os from 'node:os'
import * as path from 'node:path'
import * as E from 'fp-ts/lib/Either.js'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import * as vhdx from '../src/artefacts/vhdx.js'

const gibibyte = 1024n * vhdx.mebibyte
const kib = 1024
const id = Uint8Array.from({ length: 16 }, (_, at) => 0xa0 + at)

const qemu = ['qemu-img', 'qemu-io'].every((tool) => spawnSync(tool, ['--version']).status === 0)
if (!qemu) console.log('skipped: qemu-img is not installed (apt-get install qemu-utils)')
const testWithQemu = qemu ? test : test.skip

const run = (tool: string, ...args: readonly string[]): string => {
  const { status, stdout, stderr } = spawnSync(tool, args, { encoding: 'utf8' })
  assert.is(status, 0, `${tool} ${args.join(' ')}: ${stdout}${stderr}`)
  return stdout
}

const withFolder = (body: (folder: string) => void): void => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'varve-vhdx-'))
  try {
    body(folder)
  } finally {
    fs.rmSync(folder, { recursive: true })
  }
}

const written = (folder: string, disk: vhdx.SparseFile): string => {
  const file = path.join(folder, 'disk.vhdx')
  const handle = fs.openSync(file, 'w')
  fs.ftruncateSync(handle, disk.length)
  for (const { offset, bytes } of disk.segments) fs.writeSync(handle, bytes, 0, bytes.length, offset)
  fs.closeSync(handle)
  return file
}

const sizeOfFile = (file: string): E.Either<string, bigint> => {
  const handle = fs.openSync(file, 'r')
  const size = vhdx.virtualSizeOf((offset, length) => {
    const bytes = new Uint8Array(length)
    return bytes.subarray(0, fs.readSync(handle, bytes, 0, length, offset))
  })
  fs.closeSync(handle)
  return size
}

const odd = vhdx.grown(vhdx.containerDiskSize, 21n * gibibyte + 1n)

for (const size of [vhdx.mebibyte, gibibyte, vhdx.containerDiskSize, odd, vhdx.maximumVirtualSize]) {
  testWithQemu(`qemu reads a disk of ${size} bytes`, () =>
    withFolder((folder) => {
      const file = written(folder, vhdx.emptyDisk(size, id))
      assert.ok(fs.statSync(file).blocks * 512 < 256 * kib, 'the file is sparse')
      const text = run('qemu-img', 'info', '--output=json', file)
      const info = JSON.parse(text) as Record<string, unknown>
      assert.is(info['format'], 'vhdx')
      assert.is(BigInt(Number(info['virtual-size'])), size)
      assert.is(info['cluster-size'], 1024 * kib)
      const end = size - 4096n
      run('qemu-io', '-r', '-f', 'vhdx', '-c', 'read -P 0 0 4k', '-c', `read -P 0 ${end} 4k`, file)
    }),
  )
}

testWithQemu('qemu writes to a disk, and its size still reads the same', () =>
  withFolder((folder) => {
    const file = written(folder, vhdx.emptyDisk(vhdx.containerDiskSize, id))
    const ends = [0n, 4n * gibibyte - 4096n, 4n * gibibyte, vhdx.containerDiskSize - 4096n]
    for (const [index, at] of ends.entries()) run('qemu-io', '-f', 'vhdx', '-c', `write -P ${index + 1} ${at} 4k`, file)
    for (const [index, at] of ends.entries())
      run('qemu-io', '-r', '-f', 'vhdx', '-c', `read -P ${index + 1} ${at} 4k`, file)
    run('qemu-img', 'check', '-q', file)
    assert.equal(sizeOfFile(file), E.right(vhdx.containerDiskSize))
  }),
)

testWithQemu('the size of a disk that qemu made', () =>
  withFolder((folder) => {
    const file = path.join(folder, 'made.vhdx')
    run('qemu-img', 'create', '-q', '-f', 'vhdx', '-o', 'block_size=32M', file, '3G')
    assert.equal(sizeOfFile(file), E.right(3n * gibibyte))
  }),
)

test.run()

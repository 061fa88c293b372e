import { randomInt } from 'node:crypto'
import fc from 'fast-check'
import * as E from 'fp-ts/lib/Either.js'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { crc32c, examineVhdx, vhdxFormat } from '@varve/core/vhdx'
import * as vhdx from '../src/artefacts/vhdx.js'

const { sealed } = vhdxFormat

const gibibyte = 1024n * vhdx.mebibyte
const tebibyte = 1024n * gibibyte
const kib = 1024
const id = Uint8Array.from({ length: 16 }, (_, at) => 0xa0 + at)

const seed = Number(process.env['VARVE_SEED'] ?? randomInt(2 ** 31))
console.log(`vhdx.test.js: VARVE_SEED=${seed}`)

const sizes = fc.oneof(
  fc.bigInt({ min: 1n, max: vhdx.maximumVirtualSize / vhdx.mebibyte }),
  // Around the end of a chunk, and where the BAT grows by its next MiB.
  fc
    .tuple(fc.constantFrom(4096n, 131_040n, 131_072n, 262_080n), fc.bigInt({ min: -2n, max: 34n }))
    .map(([a, b]) => a + b),
)
const ids = fc.uint8Array({ minLength: 16, maxLength: 16 })

const read =
  (file: vhdx.SparseFile): vhdx.ReadAt =>
  (offset, length) =>
    vhdx.readSparse(file, offset, length)

const viewAt = (file: vhdx.SparseFile, offset: number, length: number): DataView => {
  const bytes = vhdx.readSparse(file, offset, length)
  return new DataView(bytes.buffer)
}

const whole = (file: vhdx.SparseFile): Uint8Array => vhdx.readSparse(file, 0, file.length)

/** A reader of the same file with some bytes replaced. */
const patched = (...changes: readonly (readonly [offset: number, bytes: Uint8Array])[]): vhdx.ReadAt => {
  const bytes = whole(vhdx.emptyDisk(gibibyte, id))
  for (const [offset, change] of changes) bytes.set(change, offset)
  return (offset, length) => bytes.subarray(offset, offset + length)
}

const flipped = (offset: number): readonly [number, Uint8Array] => [
  offset,
  vhdx.readSparse(vhdx.emptyDisk(gibibyte, id), offset, 1).map((byte) => byte ^ 1),
]

const refusedWith = (reader: vhdx.ReadAt, reason: string): void => {
  const answer = vhdx.virtualSizeOf(reader)
  if (E.isRight(answer)) return assert.unreachable(`read ${answer.right} where "${reason}" was expected`)
  assert.ok(answer.left.includes(reason), `"${answer.left}" does not say "${reason}"`)
}

test('crc32c gives the values of RFC 3720 appendix B.4', () => {
  assert.is(crc32c(new TextEncoder().encode('123456789')), 0xe3069283)
  assert.is(crc32c(new Uint8Array(32)), 0x8a9136aa)
  assert.is(crc32c(new Uint8Array(32).fill(0xff)), 0x62a8ab43)
  assert.is(crc32c(Uint8Array.from({ length: 32 }, (_, at) => at)), 0x46dd794e)
  assert.is(crc32c(new Uint8Array(0)), 0)
})

test('the sizes of Windows', () => {
  assert.is(vhdx.mebibyte, 1_048_576n)
  assert.is(vhdx.containerDiskSize, 21_474_836_480n)
  assert.is(vhdx.utilityVmDiskSize, 10_737_418_240n)
  assert.is(vhdx.maximumVirtualSize, 70_368_744_177_664n)
})

test('an empty disk is a few KiB of structures in a sparse file', () => {
  const disk = vhdx.emptyDisk(vhdx.containerDiskSize, id)
  assert.is(disk.length, 4 * kib * kib)
  assert.ok(disk.segments.reduce((sum, segment) => sum + segment.bytes.length, 0) < 9 * kib)
  const creator = new TextDecoder('utf-16le').decode(vhdx.readSparse(disk, 8, 512))
  assert.is(creator.replaceAll('\0', ''), 'Varve simulated disk')
})

test('both headers describe an empty log, and the second is the current one', () => {
  const disk = vhdx.emptyDisk(gibibyte, id)
  for (const [offset, sequence] of [
    [64 * kib, 1n],
    [128 * kib, 2n],
  ] as const) {
    const header = viewAt(disk, offset, 4 * kib)
    assert.is(header.getBigUint64(8, true), sequence)
    assert.is(header.getBigUint64(48, true) | header.getBigUint64(56, true), 0n, 'log id')
    assert.is(header.getUint16(64, true), 0, 'log version')
    assert.is(header.getUint16(66, true), 1, 'version')
    assert.is(header.getUint32(68, true), 1024 * kib, 'log length')
    assert.is(header.getBigUint64(72, true), vhdx.mebibyte, 'log offset')
  }
})

test('disks of another id or size have another content id', () => {
  const contentId = (size: bigint, diskId: Uint8Array): string =>
    String(vhdx.readSparse(vhdx.emptyDisk(size, diskId), 64 * kib + 16, 32))
  const other = id.map((byte) => byte ^ 0xff)
  assert.is.not(contentId(gibibyte, id), contentId(2n * gibibyte, id))
  assert.is.not(contentId(gibibyte, id), contentId(gibibyte, other))
})

test('the metadata has five required items, all but the first of the virtual disk', () => {
  const disk = vhdx.emptyDisk(3n * gibibyte, id)
  const metadata = 2 * 1024 * kib
  const items = [0, 1, 2, 3, 4].map((index) => {
    const entry = viewAt(disk, metadata + 32 + 32 * index, 32)
    const value = vhdx.readSparse(disk, metadata + entry.getUint32(16, true), entry.getUint32(20, true))
    return [entry.getUint32(0, true).toString(16), entry.getUint32(24, true), Buffer.from(value).toString('hex')]
  })
  assert.equal(items, [
    ['caa16737', 4, '00001000' + '00000000'],
    ['2fa54224', 6, '000000c000000000'],
    ['beca12ab', 6, 'a0a1a2a3a4a5a6a7a8a9aaabacadaeaf'],
    ['8141bf1d', 6, '00020000'],
    ['cda348c7', 6, '00100000'],
  ])
  assert.is(viewAt(disk, metadata + 10, 2).getUint16(0, true), items.length)
})

test('any size and id: deterministic, segments in order, BAT large enough, and the reader agrees', () => {
  const holdsFor = (mebibytes: bigint, diskId: Uint8Array): void => {
    const size = mebibytes * vhdx.mebibyte
    const disk = vhdx.emptyDisk(size, diskId)
    assert.equal(disk, vhdx.emptyDisk(size, diskId))
    let end = 0
    for (const { offset, bytes } of disk.segments) {
      assert.ok(offset >= end && bytes.length > 0)
      end = offset + bytes.length
    }
    const region = viewAt(disk, 192 * kib + 16, 32)
    const batOffset = Number(region.getBigUint64(16, true))
    const batLength = region.getUint32(24, true)
    assert.ok(end <= batOffset)
    assert.is(disk.length, batOffset + batLength)
    assert.is(batLength % (1024 * kib), 0)
    const last = mebibytes - 1n
    const needed = Number(8n * (last + last / 4096n + 1n))
    assert.ok(batLength >= needed && batLength - needed < 1024 * kib, `${batLength} bytes for ${needed}`)
    assert.equal(vhdx.virtualSizeOf(read(disk)), E.right(size))
  }
  fc.assert(fc.property(sizes, ids, holdsFor), { seed, numRuns: 60 })
})

test('a sparse file reads as if it were written out', () => {
  const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length })
  const files = fc
    .array(fc.tuple(fc.nat(5), fc.integer({ min: 1, max: 6 }).chain(bytes)), { maxLength: 5 })
    .chain((parts) => fc.tuple(fc.constant(parts), fc.nat(5)))
    .map(([parts, tail]) => {
      const dense: number[] = []
      const segments = parts.map(([gap, content]) => {
        dense.push(...new Uint8Array(gap))
        const segment = { offset: dense.length, bytes: content }
        dense.push(...content)
        return segment
      })
      dense.push(...new Uint8Array(tail))
      return { dense: Uint8Array.from(dense), file: { length: dense.length, segments } }
    })
  const agrees = ({ dense, file }: { dense: Uint8Array; file: vhdx.SparseFile }, at: number, length: number): void =>
    assert.equal(vhdx.readSparse(file, at, length), dense.slice(at, at + length))
  fc.assert(fc.property(files, fc.nat(70), fc.nat(70), agrees), { seed, numRuns: 300 })
})

test('one damaged copy of header and region table does no harm, two do', () => {
  const [first, second] = [flipped(64 * kib + 200), flipped(128 * kib + 4095)]
  const [table, copy] = [flipped(192 * kib + 40), flipped(256 * kib + 65_535)]
  assert.equal(vhdx.virtualSizeOf(patched(first, table)), E.right(gibibyte))
  assert.equal(vhdx.virtualSizeOf(patched(second, copy)), E.right(gibibyte))
  refusedWith(patched(first, second), 'header at byte 131072 does not agree with its CRC-32C')
  refusedWith(patched(table, copy), 'region table at byte 262144 does not agree with its CRC-32C')
  refusedWith(patched(flipped(64 * kib), flipped(128 * kib)), 'header at byte 131072 does not start with "head"')
  refusedWith(patched(flipped(192 * kib), flipped(256 * kib)), 'does not start with "regi"')
})

test('a file that is no VHDX, is cut, or says impossible things is refused with the reason', () => {
  const metadata = 2 * 1024 * kib
  refusedWith(patched(flipped(3)), 'file identifier at byte 0 does not start with "vhdxfile"')
  refusedWith(patched(flipped(metadata)), 'metadata table at byte 2097152 does not start with "metadata"')
  refusedWith(patched(flipped(metadata + 32 + 32)), 'table of 5 entries does not list a virtual disk size')
  refusedWith(patched(flipped(metadata + 32 + 32 + 20)), 'virtual disk size is said to be 9 bytes')
  refusedWith(patched([metadata + 32 + 32 + 16, new Uint8Array(4)]), 'said to be 8 bytes at 0 of')
  refusedWith(patched([metadata + 32 + 32 + 16, new Uint8Array(4).fill(0xff)]), 'at 4294967295 of a region')
  refusedWith(patched(flipped(metadata + 64 * kib + 8)), 'given as 1073741825 bytes')
  refusedWith(patched([metadata + 64 * kib + 8, new Uint8Array(8)]), 'given as 0 bytes')
  refusedWith(patched([metadata + 64 * kib + 13, Uint8Array.of(0x80)]), 'given as 140738562097152 bytes')
  refusedWith(() => new Uint8Array(0), 'the file ends at byte 0, inside its file identifier')
  const intact = patched()
  const cut =
    (end: number): vhdx.ReadAt =>
    (offset, length) =>
      intact(offset, Math.max(0, Math.min(length, end - offset)))
  refusedWith(cut(metadata + 100), 'the file ends at byte 2097252, inside its metadata table')
  assert.equal(vhdx.virtualSizeOf(cut(metadata + 64 * kib + 16)), E.right(gibibyte))
})

const header = (sequence: bigint, logId: number): Uint8Array => {
  const bytes = vhdx.readSparse(vhdx.emptyDisk(gibibyte, id), 64 * kib, 4 * kib)
  new DataView(bytes.buffer).setBigUint64(8, sequence, true)
  bytes.fill(logId, 48, 64)
  return sealed(bytes)
}

test('a disk that was attached when the power went is whole: its log is applied when it is attached again', () => {
  const { length } = whole(vhdx.emptyDisk(gibibyte, id))
  const bat = 3 * 1024 * kib
  // A block that the log makes room for: at 64 MiB, present.
  const block = Uint8Array.from([6, 0, 0, 4, 0, 0, 0, 0])
  assert.equal(examineVhdx(patched([64 * kib, header(3n, 7)]), length), E.right(gibibyte))
  assert.equal(examineVhdx(patched([64 * kib, header(3n, 7)], [bat, block]), length), E.right(gibibyte))
  const settled = examineVhdx(patched([bat, block]), length)
  assert.is(E.isLeft(settled) && settled.left.kind, 'truncated')
  const cut = examineVhdx(patched([64 * kib, header(3n, 7)]), length - 1)
  assert.is(E.isLeft(cut) && cut.left.kind, 'truncated')
})

test('only the current header counts, and its log must be empty', () => {
  assert.equal(vhdx.virtualSizeOf(patched([64 * kib, header(1n, 7)])), E.right(gibibyte))
  refusedWith(patched([64 * kib, header(3n, 7)]), 'its log holds changes that were not applied yet')
  refusedWith(patched([128 * kib, header(2n, 7)]), 'its log holds changes that were not applied yet')
  const ofVersion2 = header(9n, 0).fill(2, 66, 67)
  assert.equal(vhdx.virtualSizeOf(patched([64 * kib, sealed(ofVersion2)])), E.right(gibibyte))
  refusedWith(patched([64 * kib, sealed(ofVersion2)], flipped(128 * kib)), 'does not start with "head"')
})

test('a region table that leads nowhere is refused', () => {
  const table = (change: (view: DataView) => void): vhdx.ReadAt => {
    const bytes = vhdx.readSparse(vhdx.emptyDisk(gibibyte, id), 192 * kib, 64 * kib)
    change(new DataView(bytes.buffer))
    return patched([192 * kib, sealed(bytes)])
  }
  const refused = (change: (view: DataView) => void, reason: string): void => refusedWith(table(change), reason)
  refused((view) => view.setUint32(8, 1, true), 'region table of 1 entries does not list a metadata region')
  refused((view) => view.setBigUint64(64, 0xffff_ffff_fff0_0000n, true), 'at byte 18446744073708503040')
  refused((view) => view.setBigUint64(64, 0x20_0001n, true), 'metadata region is said to be at byte 2097153')
  refused((view) => view.setBigUint64(64, 0n, true), 'metadata region is said to be at byte 0')
  refused((view) => view.setUint32(8, 2048, true), 'region table of 2048 entries does not list a metadata region')
  refused((view) => view.setUint32(8, 0xffff_ffff, true), 'region table of 4294967295 entries')
})

test('sizes and ids that no disk can have are refused', () => {
  const refused = (size: bigint, diskId: Uint8Array, reason: RegExp): void =>
    assert.throws(
      () => vhdx.emptyDisk(size, diskId),
      (error: unknown) => error instanceof RangeError && reason.test(error.message),
    )
  refused(0n, id, /a VHDX disk of 0 bytes/)
  refused(-vhdx.mebibyte, id, /a VHDX disk of -1048576 bytes/)
  refused(vhdx.mebibyte + 512n, id, /ask for a multiple of 1048576/)
  refused(vhdx.maximumVirtualSize + vhdx.mebibyte, id, /to 70368744177664/)
  refused(gibibyte, id.subarray(1), /an id of 15 bytes/)
})

test('grown takes the larger of both and rounds up to 1 MiB', () => {
  const template = vhdx.containerDiskSize
  assert.is(vhdx.grown(template, 0n), template)
  assert.is(vhdx.grown(template, gibibyte), template)
  assert.is(vhdx.grown(template, template), template)
  assert.is(vhdx.grown(template, template + 1n), template + vhdx.mebibyte)
  assert.is(vhdx.grown(template, template + vhdx.mebibyte), template + vhdx.mebibyte)
  assert.is(vhdx.grown(template, 64n * tebibyte + 1n), vhdx.maximumVirtualSize + vhdx.mebibyte)
})

test.run()

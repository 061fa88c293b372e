import { joined, u32, u64, utf16, vhdxFormat as format, viewOf } from '@varve/core/vhdx'

export { virtualSizeOf, type ReadAt } from '@varve/core/vhdx'

const { mib } = format
export const { maximumVirtualSize } = format

/** A file by its parts: `length` bytes, zero wherever no segment lies. Segments ascend and do not overlap. */
export type SparseFile = {
  readonly length: number
  readonly segments: readonly { readonly offset: number; readonly bytes: Uint8Array }[]
}

/** Bytes in a MiB: the step of virtual sizes, and the alignment of what follows a file's first MiB (MS-VHDX 2.2). */
export const mebibyte = 1_048_576n

/** Virtual size in bytes of the disks of a base layer for containers: 20 GiB, as Windows makes them. */
export const containerDiskSize = 20n * 1024n * mebibyte

/** Virtual size in bytes of the disks of a base layer for utility VMs: 10 GiB, as Windows makes them. */
export const utilityVmDiskSize = 10n * 1024n * mebibyte

const logOffset = mib
const logLength = mib
const metadataOffset = 2 * mib
const metadataLength = mib
// Last, because it alone grows with the virtual size.
const batOffset = 3 * mib

// All disks of Windows containers have blocks of 1 MiB, not the 32 MiB that a VHDX gets by default.
const blockSize = mib
const logicalSectorSize = 512
const physicalSectorSize = 4096
const diskIdLength = 16

const batEntryLength = 8n
// Payload blocks per sector bitmap block, which covers 2^23 sectors (MS-VHDX 2.4).
const chunkRatio = BigInt((2 ** 23 * logicalSectorSize) / blockSize)

const roundedUp = (value: bigint, step: bigint): bigint => ((value + step - 1n) / step) * step

/** MS-VHDX 2.5: an entry for each block, and one for the sector bitmap block between two chunks, allocated or not. */
const batLengthOf = (virtualSize: bigint): number => {
  const blocks = virtualSize / BigInt(blockSize)
  const entries = blocks + (blocks - 1n) / chunkRatio
  return Number(roundedUp(entries * batEntryLength, mebibyte))
}

/** MS-VHDX 2.2.1: the signature, then the creator, which no reader looks at. */
const fileIdentifier = (): Uint8Array => joined(format.fileSignature, utf16('Varve simulated disk'))

/** MS-VHDX 2.2.2. The log's GUID stays zero: nothing to replay. */
const header = (sequence: bigint, contentId: Uint8Array): Uint8Array => {
  const bytes = new Uint8Array(format.headerLength)
  const view = viewOf(bytes)
  bytes.set(format.headerSignature)
  view.setBigUint64(8, sequence, true)
  bytes.set(contentId, 16)
  bytes.set(contentId, 32)
  view.setUint16(66, format.headerVersion, true)
  view.setUint32(68, logLength, true)
  view.setBigUint64(72, BigInt(logOffset), true)
  return format.sealed(bytes)
}

/** MS-VHDX 2.2.3. Cut behind its entries, as the rest of the 64 KiB is zero. */
const regionTable = (batLength: number): Uint8Array => {
  const entry = (id: Uint8Array, offset: number, length: number): Uint8Array =>
    joined(id, u64(BigInt(offset)), u32(length), u32(1))
  const bat = entry(format.regions.bat, batOffset, batLength)
  const metadata = entry(format.regions.metadata, metadataOffset, metadataLength)
  const table = joined(format.regionTableSignature, u32(0), u32(2), u32(0), bat, metadata)
  const whole = new Uint8Array(format.tableLength)
  whole.set(table)
  return format.sealed(whole).slice(0, table.length)
}

const regionTables = new Map<number, Uint8Array>()

/** Few lengths are ever asked for, and the checksum is one over 64 KiB. */
const regionTableFor = (batLength: number): Uint8Array => {
  const known = regionTables.get(batLength) ?? regionTable(batLength)
  regionTables.set(batLength, known)
  return known
}

type Item = { readonly id: Uint8Array; readonly flags: number; readonly value: Uint8Array }

/** MS-VHDX 2.6.2; the flags are those of 2.6.1.2. */
const metadataItems = (virtualSize: bigint, diskId: Uint8Array): readonly Item[] => {
  const required = 4
  const requiredOfDisk = 2 | required
  return [
    { id: format.metadata.fileParameters, flags: required, value: joined(u32(blockSize), u32(0)) },
    { id: format.metadata.virtualDiskSize, flags: requiredOfDisk, value: u64(virtualSize) },
    { id: format.metadata.virtualDiskId, flags: requiredOfDisk, value: diskId },
    { id: format.metadata.logicalSectorSize, flags: requiredOfDisk, value: u32(logicalSectorSize) },
    { id: format.metadata.physicalSectorSize, flags: requiredOfDisk, value: u32(physicalSectorSize) },
  ]
}

/** MS-VHDX 2.6.1: the items lie behind the 64 KiB that the table may take. */
const metadataTable = (items: readonly Item[]): Uint8Array => {
  const head = new Uint8Array(format.metadataTableHeadLength)
  head.set(format.metadataTableSignature)
  viewOf(head).setUint16(10, items.length, true)
  let offset = format.tableLength
  const entries = items.map(({ id, flags, value }) => {
    const entry = joined(id, u32(offset), u32(value.length), u32(flags), u32(0))
    offset += value.length
    return entry
  })
  return joined(head, ...entries)
}

/**
 * An empty dynamic VHDX disk without a parent: no block is allocated, the log is clean. The same arguments give the
 * same bytes, so expanding an empty disk is making it again with the new size. `virtualSize` is in bytes, a multiple
 * of 1 MiB from 1 MiB to `maximumVirtualSize`; `diskId` is the 16 bytes of the virtual disk's id. Anything else throws
 * a RangeError.
 */
export const emptyDisk = (virtualSize: bigint, diskId: Uint8Array): SparseFile => {
  if (virtualSize <= 0n || virtualSize > maximumVirtualSize || virtualSize % mebibyte !== 0n) {
    const accepted = `a multiple of ${mebibyte} from ${mebibyte} to ${maximumVirtualSize}`
    throw new RangeError(`a VHDX disk of ${virtualSize} bytes was asked for; ask for ${accepted}`)
  }
  if (diskId.length !== diskIdLength) {
    throw new RangeError(
      `a VHDX disk with an id of ${diskId.length} bytes was asked for; give it ${diskIdLength} bytes`,
    )
  }
  // The headers name the content, not the disk: an expanded disk keeps its id and is another content.
  const size = u64(virtualSize)
  const contentId = diskId.map((byte, at) => byte ^ (size[at] ?? 0))
  const batLength = batLengthOf(virtualSize)
  const table = regionTableFor(batLength)
  const items = metadataItems(virtualSize, diskId)
  return {
    length: batOffset + batLength,
    segments: [
      { offset: 0, bytes: fileIdentifier() },
      { offset: format.headerOffsets[0], bytes: header(1n, contentId) },
      { offset: format.headerOffsets[1], bytes: header(2n, contentId) },
      { offset: format.regionTableOffsets[0], bytes: table },
      { offset: format.regionTableOffsets[1], bytes: table.slice() },
      { offset: metadataOffset, bytes: metadataTable(items) },
      { offset: metadataOffset + format.tableLength, bytes: joined(...items.map((item) => item.value)) },
    ],
  }
}

/**
 * Virtual size of a disk of `current` bytes after `requested` bytes were asked for: the larger of both, rounded up to
 * 1 MiB. It may be above `maximumVirtualSize`.
 */
export const grown = (current: bigint, requested: bigint): bigint =>
  roundedUp(current > requested ? current : requested, mebibyte)

/** Bytes of a sparse file from `offset`, holes as zeros; fewer than `length` only where the file ends. */
export const readSparse = (file: SparseFile, offset: number, length: number): Uint8Array => {
  const answer = new Uint8Array(Math.max(0, Math.min(length, file.length - offset)))
  for (const segment of file.segments) {
    const from = Math.max(0, offset - segment.offset)
    const to = Math.min(segment.bytes.length, offset + answer.length - segment.offset)
    if (from < to) answer.set(segment.bytes.subarray(from, to), segment.offset + from - offset)
  }
  return answer
}

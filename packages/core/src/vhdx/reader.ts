import * as E from 'fp-ts/lib/Either.js'
import type { Either } from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import { holds, viewOf } from './bytes.js'
import * as format from './format.js'

/** The bytes of a file from `offset`; fewer than `length` only where the file ends. */
export type ReadAt = (offset: number, length: number) => Uint8Array

type Structure = {
  readonly name: string
  readonly signature: Uint8Array
  readonly offset: number
  readonly length: number
}

const bytesAt = (read: ReadAt, name: string, offset: number, length: number): Either<string, Uint8Array> => {
  const bytes = read(offset, length)
  return bytes.length < length
    ? E.left(`the file ends at byte ${offset + bytes.length}, inside its ${name}`)
    : E.right(bytes)
}

const structureAt = (read: ReadAt, { name, signature, offset, length }: Structure): Either<string, Uint8Array> =>
  pipe(
    bytesAt(read, name, offset, length),
    E.filterOrElse(
      (bytes) => holds(bytes, 0, signature),
      () => `the ${name} at byte ${offset} does not start with "${String.fromCharCode(...signature)}"`,
    ),
  )

const checkedStructureAt = (read: ReadAt, structure: Structure): Either<string, Uint8Array> =>
  pipe(
    structureAt(read, structure),
    E.filterOrElse(
      (bytes) => viewOf(bytes).getUint32(format.checksumAt, true) === format.checksumOf(bytes),
      () => `the ${structure.name} at byte ${structure.offset} does not agree with its CRC-32C`,
    ),
  )

const fileIdentifier: Structure = { name: 'file identifier', signature: format.fileSignature, offset: 0, length: 8 }

const headerAt = (read: ReadAt, offset: number): Either<string, Uint8Array> =>
  pipe(
    checkedStructureAt(read, {
      name: 'header',
      signature: format.headerSignature,
      offset,
      length: format.headerLength,
    }),
    E.filterOrElse(
      (bytes) => viewOf(bytes).getUint16(66, true) === format.headerVersion,
      () => `the header at byte ${offset} is of another version than ${format.headerVersion}`,
    ),
  )

const sequenceOf = (header: Uint8Array): bigint => viewOf(header).getBigUint64(8, true)

/** MS-VHDX 2.2.2: of two valid headers the one with the higher sequence number holds. */
const currentHeader = (read: ReadAt): Either<string, Uint8Array> => {
  const first = headerAt(read, format.headerOffsets[0])
  const second = headerAt(read, format.headerOffsets[1])
  if (E.isLeft(first)) return second
  return E.isRight(second) && sequenceOf(second.right) > sequenceOf(first.right) ? second : first
}

/** MS-VHDX 2.2.2: the log has an id as long as there may be something in it, which whoever opens the disk next applies. */
const isLogEmpty = (header: Uint8Array): boolean => header.subarray(48, 64).every((byte) => byte === 0)

const regionTableAt = (read: ReadAt, offset: number): Either<string, Uint8Array> =>
  checkedStructureAt(read, {
    name: 'region table',
    signature: format.regionTableSignature,
    offset,
    length: format.tableLength,
  })

const regionTable = (read: ReadAt): Either<string, Uint8Array> =>
  pipe(
    regionTableAt(read, format.regionTableOffsets[0]),
    E.orElse(() => regionTableAt(read, format.regionTableOffsets[1])),
  )

/** An entry of either table: 32 bytes, a GUID first. A higher count than a table can hold is invalid. */
const entryOf = (table: Uint8Array, head: number, count: number, id: Uint8Array): DataView | undefined => {
  if (count > format.maximumTableEntries) return undefined
  for (let index = 0; index < count; index += 1) {
    const at = head + index * format.tableEntryLength
    if (holds(table, at, id)) return viewOf(table.subarray(at, at + format.tableEntryLength))
  }
  return undefined
}

type Region = { readonly offset: number; readonly length: number }

const regionIn = (table: Uint8Array, id: Uint8Array, name: string): Either<string, Region> => {
  const count = viewOf(table).getUint32(8, true)
  const entry = entryOf(table, format.regionTableHeadLength, count, id)
  if (entry === undefined) return E.left(`its region table of ${count} entries does not list a ${name}`)
  const offset = entry.getBigUint64(16, true)
  return offset % BigInt(format.mib) === 0n && offset >= format.mib && offset <= Number.MAX_SAFE_INTEGER
    ? E.right({ offset: Number(offset), length: entry.getUint32(24, true) })
    : E.left(`its ${name} is said to be at byte ${offset}`)
}

const metadataRegion = (table: Uint8Array): Either<string, Region> =>
  regionIn(table, format.regions.metadata, 'metadata region')

/** The table's head, and as many entries behind it as the head says. */
const metadataTableAt = (read: ReadAt, { offset }: Region): Either<string, Uint8Array> => {
  const name = 'metadata table'
  const signature = format.metadataTableSignature
  return pipe(
    structureAt(read, { name, signature, offset, length: format.metadataTableHeadLength }),
    E.flatMap((head) => {
      const entries = Math.min(viewOf(head).getUint16(10, true), format.maximumTableEntries)
      const length = format.metadataTableHeadLength + entries * format.tableEntryLength
      return bytesAt(read, name, offset, length)
    }),
  )
}

const sizeLength = 8

const sizeOffset = (region: Region, table: Uint8Array): Either<string, number> => {
  const count = viewOf(table).getUint16(10, true)
  const entry = entryOf(table, format.metadataTableHeadLength, count, format.metadata.virtualDiskSize)
  if (entry === undefined) return E.left(`its metadata table of ${count} entries does not list a virtual disk size`)
  const offset = entry.getUint32(16, true)
  const length = entry.getUint32(20, true)
  return length === sizeLength && offset >= format.tableLength && offset + length <= region.length
    ? E.right(region.offset + offset)
    : E.left(`its virtual disk size is said to be ${length} bytes at ${offset} of a region of ${region.length}`)
}

const possibleSize = (bytes: Uint8Array): Either<string, bigint> => {
  const size = viewOf(bytes).getBigUint64(0, true)
  return size > 0n && size <= format.maximumVirtualSize && size % 512n === 0n
    ? E.right(size)
    : E.left(`its virtual disk size is given as ${size} bytes`)
}

/**
 * The virtual size in bytes of a VHDX file of any kind and maker, found by its region table and metadata table. Left
 * says what is wrong with a file that is no VHDX, is damaged, or has a log that was not replayed. A damaged header or
 * region table is no harm while its copy is intact.
 */
export const virtualSizeOf = (read: ReadAt): Either<string, bigint> =>
  pipe(
    opened(read),
    E.filterOrElse(
      ({ isSettled }) => isSettled,
      () => 'its log holds changes that were not applied yet',
    ),
    E.flatMap(({ table }) => sizeIn(read, table)),
    E.mapLeft((found) => `read the virtual size of a VHDX file: ${found}; replace the file or make the disk again`),
  )

/** The region table of a file that has a good header; `isSettled`: nothing in its log is still to be applied. */
type Opened = { readonly table: Uint8Array; readonly isSettled: boolean }

const opened = (read: ReadAt): Either<string, Opened> =>
  pipe(
    structureAt(read, fileIdentifier),
    E.flatMap(() => currentHeader(read)),
    E.flatMap((header) =>
      E.map((table: Uint8Array): Opened => ({ table, isSettled: isLogEmpty(header) }))(regionTable(read)),
    ),
  )

const sizeIn = (read: ReadAt, regions: Uint8Array): Either<string, bigint> =>
  pipe(
    metadataRegion(regions),
    E.flatMap((region) =>
      pipe(
        metadataTableAt(read, region),
        E.flatMap((table) => sizeOffset(region, table)),
      ),
    ),
    E.flatMap((offset) => bytesAt(read, 'virtual disk size', offset, sizeLength)),
    E.flatMap(possibleSize),
  )

const isHeld = 6
const stateOf = 7

/** Where the last block ends that the BAT says is in the file (MS-VHDX 2.5.1); 0 when none is. */
const lastBlockEnd = (bat: Uint8Array): number => {
  const view = viewOf(bat)
  let last = 0
  for (let at = 0; at + 8 <= bat.length; at += 8) {
    const low = view.getUint32(at, true)
    if (low === 0 || (low & stateOf) < isHeld) continue
    // The offset is in MiB, from bit 20 on.
    last = Math.max(last, view.getUint32(at + 4, true) * 4096 + (low >>> 20) + 1)
  }
  return last * format.mib
}

/** What is wrong with a VHDX file. `truncated`: it ends before all that it says it has. */
export type VhdxProblem = { readonly kind: 'truncated' | 'damaged'; readonly message: string }

const damaged = (message: string): VhdxProblem => ({ kind: 'damaged', message })

const truncated = (length: number, end: number | bigint): VhdxProblem => ({
  kind: 'truncated',
  message: `the file ends at byte ${length}, and says that it has ${end} bytes`,
})

type Regions = { readonly bat: Region; readonly end: number }

const regionsIn = (table: Uint8Array): Either<string, Regions> =>
  pipe(
    regionIn(table, format.regions.bat, 'block allocation table'),
    E.flatMap((bat) =>
      E.map((metadata: Region) => ({
        bat,
        end: Math.max(bat.offset + bat.length, metadata.offset + metadata.length),
      }))(metadataRegion(table)),
    ),
  )

/** Bytes of the block allocation table that blocks of 1 MiB, the smallest, need: larger blocks need fewer (MS-VHDX 2.5). */
const batUsed = (size: bigint): number => Number(size / BigInt(format.mib) + size / BigInt(2048 * format.mib) + 2n) * 8

/** What the blocks of a disk say; nothing as long as its log may change that, and the length of the file with it. */
const judgeBlocks = (
  read: ReadAt,
  length: number,
  { bat, size, isSettled }: { readonly bat: Region; readonly size: bigint; readonly isSettled: boolean },
): Either<VhdxProblem, bigint> => {
  const end = isSettled ? lastBlockEnd(read(bat.offset, Math.min(bat.length, batUsed(size)))) : 0
  return end <= length ? E.right(size) : E.left(truncated(length, end))
}

/**
 * The virtual size in bytes of a VHDX file of `length` bytes that is whole, or what is wrong with it. A log that was not applied
 * is nothing wrong: a disk that was attached when the power went has one, and is mended from it when it is attached again.
 */
export const examineVhdx = (read: ReadAt, length: number): Either<VhdxProblem, bigint> =>
  length < format.mib
    ? E.left({ kind: 'truncated', message: `the file ends at byte ${length}, inside its headers` })
    : pipe(
        opened(read),
        E.flatMap(({ table, isSettled }) =>
          E.map((regions: Regions) => ({ ...regions, table, isSettled }))(regionsIn(table)),
        ),
        E.mapLeft(damaged),
        E.filterOrElse(
          ({ end }) => end <= length,
          ({ end }) => truncated(length, end),
        ),
        E.flatMap(({ table, bat, isSettled }) =>
          pipe(
            sizeIn(read, table),
            E.mapLeft(damaged),
            E.flatMap((size) => judgeBlocks(read, length, { bat, size, isSettled })),
          ),
        ),
      )

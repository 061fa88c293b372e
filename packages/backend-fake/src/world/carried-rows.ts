import { foldName, type SnapshotId } from '@varve/core/ports'
import type { EntryTimes } from '@varve/core/tar'
import { ownPlaces } from './delta.js'
import type { Disk, EntryType } from './disk.js'
import { findPath, parentSearch, type Found } from './find.js'
import { lineOfRow, nameOf, readTable, type RowEntry, type StoredStream, type TableRow } from './table.js'
import { step, type Work } from './work.js'
import type { World } from './world.js'

const sliceLength = 4 * 1024 * 1024
/** Copying a file keeps its time to a microsecond. */
const timeKept = 1_000n

/** An entry that a delta takes and a layer had before. */
export type Taken = {
  readonly path: string
  /** Where the layer had it: another path for a new name of a file. */
  readonly from: string
  readonly type: EntryType
  readonly modified: bigint
  readonly layer: SnapshotId
}

/** Whether a host's entry of this type can be the one of a row. */
export const isOfType = (entry: RowEntry, type: EntryType): boolean =>
  type === 'symlink' ? entry.type === 'symlink' || entry.type === 'junction' : entry.type === type

export const allTimes = (time: bigint): EntryTimes => ({
  created: time,
  accessed: time,
  modified: time,
  changed: time,
})

/** The rows of a table with these names, by folded name. */
export function* rowsNamed(
  world: World,
  table: string,
  names: ReadonlySet<string>,
): Work<ReadonlyMap<string, TableRow>> {
  const rows = new Map<string, TableRow>()
  yield* readTable(world, table, (row) => {
    const key = foldName(row.entry.name)
    if (names.has(key) && row.entry.type !== 'whiteout' && row.entry.type !== 'opaque') rows.set(key, row)
  })
  return rows
}

/** A row to be found: the entry's own, or that of the file which it is a second name of. */
type Wanted = {
  readonly taken: Taken
  readonly layer: SnapshotId
  readonly name: string
  readonly isTarget: boolean
}

type FoundRow = { readonly taken: Taken; readonly layer: SnapshotId; readonly row: TableRow }

const byLayer = (wanted: readonly Wanted[]): ReadonlyMap<SnapshotId, readonly Wanted[]> => {
  const groups = new Map<SnapshotId, Wanted[]>()
  for (const one of wanted) {
    const group = groups.get(one.layer)
    if (group === undefined) groups.set(one.layer, [one])
    else group.push(one)
  }
  return groups
}

/** Links of links that are followed. A tar need not have any: every second name can name the first. */
const longestChain = 16

/** The metadata of a second name is that of the file, which another layer may have. */
function* findRows(world: World, taken: readonly Taken[], parents: readonly SnapshotId[]): Work<readonly FoundRow[]> {
  const found: FoundRow[] = []
  let wanted: readonly Wanted[] = taken.map((one) => ({
    taken: one,
    layer: one.layer,
    name: nameOf(one.from),
    isTarget: false,
  }))
  for (let links = 0; wanted.length > 0 && links < longestChain; links++) {
    const next: Wanted[] = []
    for (const [layer, group] of byLayer(wanted)) {
      const names = new Set(group.map(({ name }) => foldName(name)))
      const rows = yield* rowsNamed(world, ownPlaces(world, layer).table, names)
      const search = parentSearch(world, parents.slice(parents.indexOf(layer) + 1))
      for (const one of group) {
        const row = rows.get(foldName(one.name))
        if (row?.entry.type === 'link') next.push({ ...one, name: row.entry.target, isTarget: true })
        else if (row !== undefined) found.push({ taken: one.taken, layer, row })
        else if (one.isTarget) {
          const below = yield* search(one.name)
          if (below.layer !== undefined) next.push({ ...one, layer: below.layer })
        }
      }
    }
    wanted = next
  }
  return found
}

/** Rows of a delta in the making, with the streams that belong to them. */
const deltaRows = (disk: Disk, streams: string) => {
  const lines: (readonly [name: string, line: string])[] = []
  let length = 0
  function* copy(from: string, { at, size, stream }: StoredStream): Work<StoredStream> {
    const start = length
    if (length === 0) disk.write(streams, new Uint8Array(0))
    for (let offset = 0; offset < size; offset += sliceLength) {
      disk.append(streams, disk.read(from, at + offset, Math.min(sliceLength, size - offset)))
      yield step
    }
    length += size
    return { stream, size, at: start }
  }
  return {
    *add(entry: RowEntry, from: string, stored: readonly StoredStream[]): Work<void> {
      const copied: StoredStream[] = []
      for (const one of stored) copied.push(yield* copy(from, one))
      lines.push([entry.name, lineOfRow({ entry, streams: copied })])
    },
    lines: (): readonly string[] => lines.toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, line]) => line),
  }
}

/** The row under its path in the delta. Where the entry was written to, only its times give way. */
const rowFor = (before: Found, { entry }: TableRow, { path, modified }: Taken): RowEntry => {
  const moved = before.type === 'there' ? modified - before.stat.mtime : timeKept
  const isKept = -timeKept < moved && moved < timeKept
  const named = { ...entry, name: nameOf(path) }
  return isKept || !('times' in named) ? named : { ...named, times: allTimes(modified) }
}

/**
 * Lines of a delta's table for what is Windows metadata of the entries it takes: what the tables of their layers say of them.
 * `parents` are those of the delta, nearest first. The bytes of streams go to the file `streams`.
 */
export function* carriedRows(
  world: World,
  taken: readonly Taken[],
  parents: readonly SnapshotId[],
  streams: string,
): Work<readonly string[]> {
  const rows = deltaRows(world.disk, streams)
  for (const { taken: one, layer, row } of yield* findRows(world, taken, parents)) {
    if (!isOfType(row.entry, one.type)) continue
    const { files } = ownPlaces(world, one.layer)
    if (files === undefined) continue
    const before = findPath(world.disk, files, one.from)
    yield* rows.add(rowFor(before, row, one), ownPlaces(world, layer).streams, row.streams)
  }
  return rows.lines()
}

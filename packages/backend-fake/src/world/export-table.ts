import type { SnapshotId } from '@varve/core/ports'
import { findPath } from './find.js'
import type { Packer } from './packer.js'
import { readTable, type StoredStream, type TableRow } from './table.js'
import type { Work } from './work.js'
import { layerOf, tableOf, streamsOf, type World } from './world.js'

/** Puts the streams of an entry behind it; `path` is where their bytes are. */
export function* putStreams(packer: Packer, name: string, streams: readonly StoredStream[], path: string): Work<void> {
  for (const { stream, size, at } of streams)
    yield* packer.put({ type: 'stream', name, stream, size }, { path, at, size, isWhole: false })
}

/** The host's path of an entry; one of a utility VM that was copied from a parent may be spelled otherwise there. */
const pathOfEntry = ({ disk }: World, id: SnapshotId, name: string): string => {
  const path = `${layerOf(id)}/${name}`
  if (!name.startsWith('UtilityVM/') || disk.lstat(path) !== undefined) return path
  const found = findPath(disk, layerOf(id), name)
  return found.type === 'there' ? found.path : path
}

/** Puts what a tar brought into a layer, as it came. */
export function* putApplied(world: World, id: SnapshotId, packer: Packer): Work<void> {
  let rows: TableRow[] = []
  const reading = readTable(world, tableOf(id), (row) => rows.push(row))
  for (const read of { [Symbol.iterator]: () => reading }) {
    const batch = rows
    rows = []
    yield read
    for (const { entry, streams } of batch) {
      if (entry.type === 'file')
        yield* packer.put(entry, { path: pathOfEntry(world, id, entry.name), size: entry.size, isWhole: true })
      else yield* packer.put(entry)
      yield* putStreams(packer, entry.name, streams, streamsOf(id))
    }
  }
}

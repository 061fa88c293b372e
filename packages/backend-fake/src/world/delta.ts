import type { SnapshotId } from '@varve/core/ports'
import type { Content } from './merge.js'
import { readDeletions } from './table.js'
import { removeTree } from './tree.js'
import { step, type Work } from './work.js'
import {
  deltaFilesOf,
  deltaOf,
  deltaStreamsOf,
  deltaTableOf,
  filesOf,
  halfDeltaOf,
  newDeltaOf,
  streamsOf,
  tableOf,
  type World,
} from './world.js'

/** Lets a complete new delta take its place, and throws away a half-built one. */
export function* finishHarvest({ disk }: World, id: SnapshotId): Work<void> {
  yield* removeTree(disk, halfDeltaOf(id))
  if (disk.lstat(newDeltaOf(id)) === undefined) return
  yield* removeTree(disk, deltaOf(id))
  disk.rename(newDeltaOf(id), deltaOf(id))
  yield step
}

type Move = readonly [delta: string, sealed: string]

/** The parts of a delta and where a sealed layer has them; its content last, as it is what every sealed layer has. */
export const movesOf = (id: SnapshotId): readonly Move[] => [
  [deltaTableOf(id), tableOf(id)],
  [deltaStreamsOf(id), streamsOf(id)],
  [deltaFilesOf(id), filesOf(id)],
]

/** Takes back what a seal that failed half-way had made of the delta of a scratch with parents. */
export function* unseal({ disk }: World, id: SnapshotId): Work<void> {
  const moved = movesOf(id).filter(([, sealed]) => disk.lstat(sealed) !== undefined)
  if (moved.length === 0) return
  disk.mkdir(deltaOf(id))
  for (const [delta, sealed] of moved) {
    disk.rename(sealed, delta)
    yield step
  }
}

/** What a layer holds of its own. `table` and `streams` need not be there. */
export type Own = { readonly files: string | undefined; readonly table: string; readonly streams: string }

/** Where a layer has what is its own: before, during and after its seal. */
export const ownPlaces = ({ disk }: World, id: SnapshotId): Own => {
  const isThere = (path: string): boolean => disk.lstat(path) !== undefined
  const files = [filesOf(id), deltaFilesOf(id)].find(isThere)
  return {
    files,
    table: isThere(tableOf(id)) ? tableOf(id) : deltaTableOf(id),
    streams: isThere(streamsOf(id)) ? streamsOf(id) : deltaStreamsOf(id),
  }
}

/** What a layer shows of its own over its parents. */
export function* ownContent(world: World, id: SnapshotId): Work<Content> {
  const { files, table } = ownPlaces(world, id)
  return { files, deleted: yield* readDeletions(world, table) }
}

import type { SnapshotId } from '@varve/core/ports'
import type { Content } from './merge.js'
import { readDeletions } from './rows.js'
import { removeTree } from './tree.js'
import { step, type Work } from './work.js'
import { deletionsOf, deltaDeletionsOf, deltaFilesOf, deltaOf, filesOf, newDeltaOf, type World } from './world.js'

/** Lets a complete new delta take its place, and throws away a half-built one. */
export function* finishHarvest({ disk }: World, id: SnapshotId): Work<void> {
  yield* removeTree(disk, `${deltaOf(id)}.tmp`)
  if (disk.lstat(newDeltaOf(id)) === undefined) return
  yield* removeTree(disk, deltaOf(id))
  disk.rename(newDeltaOf(id), deltaOf(id))
  yield step
}

/** Takes back what a seal that failed half-way had made of the delta of a scratch with parents. */
export function* unseal({ disk }: World, id: SnapshotId): Work<void> {
  if (disk.lstat(filesOf(id)) === undefined) return
  disk.mkdir(deltaOf(id))
  if (disk.lstat(deletionsOf(id)) !== undefined) disk.rename(deletionsOf(id), deltaDeletionsOf(id))
  yield step
  disk.rename(filesOf(id), deltaFilesOf(id))
  yield step
}

const firstThere = ({ disk }: World, ...paths: readonly string[]): string | undefined =>
  paths.find((path) => disk.lstat(path) !== undefined)

/** What a layer holds of its own, before, during and after its seal. */
export function* ownContent(world: World, id: SnapshotId): Work<Content> {
  const files = firstThere(world, filesOf(id), deltaFilesOf(id))
  const table = firstThere(world, deletionsOf(id), deltaDeletionsOf(id))
  return { files, deleted: table === undefined ? [] : yield* readDeletions(world.disk, table) }
}

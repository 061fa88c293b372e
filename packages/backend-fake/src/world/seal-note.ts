import type { SnapshotId } from '@varve/core/ports'
import { lineOf, readLines } from './rows.js'
import { placeSafely } from './tree.js'
import { step, type Work } from './work.js'
import { sealNoteOf, type World } from './world.js'

function* readNote(world: World, id: SnapshotId): Work<readonly string[]> {
  const paths: string[] = []
  yield* readLines(
    world,
    sealNoteOf(id),
    (line) => String(JSON.parse(line)),
    (path) => paths.push(path),
  )
  return paths
}

/** Notes which of the paths are missing, before they are made, and answers them. A run that was cut has noted them already. */
export function* noteAdditions(world: World, id: SnapshotId, paths: readonly string[]): Work<ReadonlySet<string>> {
  const { disk } = world
  if (disk.lstat(sealNoteOf(id)) !== undefined) return new Set(yield* readNote(world, id))
  const missing = paths.filter((path) => disk.lstat(path) === undefined)
  if (missing.length > 0)
    yield* placeSafely(disk, id, sealNoteOf(id), new TextEncoder().encode(missing.map(lineOf).join('')))
  return new Set(missing)
}

/** What was made can't be undone any more: one call, so that it can until then. */
export const forgetAdditions = ({ disk }: World, id: SnapshotId): void => {
  if (disk.lstat(sealNoteOf(id)) !== undefined) disk.unlink(sealNoteOf(id))
}

/** Removes what a seal made in a parentless layer and did not find there. */
export function* removeAdditions(world: World, id: SnapshotId): Work<void> {
  const { disk } = world
  for (const path of (yield* readNote(world, id)).toReversed()) {
    const type = disk.lstat(path)?.type
    if (type === 'file') disk.unlink(path)
    else if (type === 'directory' && disk.readdir(path).length === 0) disk.rmdir(path)
    yield step
  }
  forgetAdditions(world, id)
}

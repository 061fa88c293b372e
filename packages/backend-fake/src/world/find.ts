import { foldName, type SnapshotId } from '@varve/core/ports'
import type { Disk, Stat } from './disk.js'
import { readDeletions, pathIn } from './table.js'
import type { Work } from './work.js'
import { layerOf, tableOf, type World } from './world.js'

/** The entry of a directory that Windows would take for `name`. */
export const findChild = (disk: Disk, directory: string, name: string): string | undefined => {
  const path = `${directory}/${name}`
  if (disk.lstat(path) !== undefined) return path
  const folded = foldName(name)
  const entry = disk.readdir(directory).find((found) => foldName(found.name) === folded)
  return entry && `${directory}/${entry.name}`
}

/** What is found on the way to a path: `through` is what is there and no directory, where one belongs. */
export type Found =
  | { readonly type: 'there'; readonly path: string; readonly stat: Stat }
  | { readonly type: 'missing' }
  | { readonly type: 'barred' }

const missing: Found = { type: 'missing' }

/** Looks for a path below a directory as Windows would; nothing that is no directory is passed through. */
export const findPath = (disk: Disk, root: string, path: string): Found => {
  let at = root
  const names = path === '' ? [] : path.split('/')
  for (const name of names) {
    const type = disk.lstat(at)?.type
    if (type !== 'directory') return type === undefined ? missing : { type: 'barred' }
    const child = findChild(disk, at, name)
    if (child === undefined) return missing
    at = child
  }
  const stat = disk.lstat(at)
  return stat === undefined ? missing : { type: 'there', path: at, stat }
}

/** Whether a layer with these deletions, in folded form, hides the path from those below it. */
const isHidden = (deleted: ReadonlySet<string>, path: string): boolean => {
  if (deleted.has('')) return true
  const folded = foldName(path)
  for (let at = folded.indexOf('/'); at >= 0; at = folded.indexOf('/', at + 1))
    if (deleted.has(folded.slice(0, at))) return true
  return deleted.has(folded)
}

/** Looks for entries of parents by their names in a tar. */
export type ParentSearch = (name: string) => Work<Found & { readonly layer?: SnapshotId }>

/** Searches parents, nearest first, as far as what they delete lets one see. */
export const parentSearch = (world: World, parents: readonly SnapshotId[]): ParentSearch => {
  const known = new Map<SnapshotId, ReadonlySet<string>>()
  function* deletionsOf(parent: SnapshotId): Work<ReadonlySet<string>> {
    const before = known.get(parent)
    if (before !== undefined) return before
    const deleted = new Set((yield* readDeletions(world, tableOf(parent))).map(foldName))
    known.set(parent, deleted)
    return deleted
  }
  return function* search(name) {
    const path = pathIn(name)
    for (const layer of parents) {
      const found = findPath(world.disk, layerOf(layer), name)
      if (found.type !== 'missing') return { ...found, layer }
      if (path !== undefined && isHidden(yield* deletionsOf(layer), path)) break
    }
    return missing
  }
}

import { invalidEntry, type SnapshotId } from '@varve/core/ports'
import type { LayerEntry } from '@varve/core/tar'
import type { Disk } from './disk.js'
import { raise } from './failure.js'
import { findPath, type ParentSearch } from './find.js'
import type { Folders, Where } from './folders.js'
import { copyEntry, removeTree, statOf, type Links } from './tree.js'
import type { Work } from './work.js'
import { layerOf } from './world.js'

const machineFiles = 'UtilityVM/Files'

/** Whether a name of a tar is that of a utility VM or below it. */
export const isOfMachine = (name: string): boolean => name === 'UtilityVM' || name.startsWith('UtilityVM/')

/** The utility VM of a layer with parents: a copy of the nearest parent's, made when the tar first speaks of it. */
export type Machine = {
  /** Makes room for an entry at a path of the host. Folders stay. */
  readonly replace: (entry: LayerEntry, path: string) => Work<void>
  readonly begin: (where: Where) => Work<void>
  /** Deletes what the parent has. */
  readonly remove: (where: Where) => Work<void>
}

function* copyTree(disk: Disk, from: string, to: string, links: Links): Work<void> {
  disk.mkdir(to)
  for (const { name } of disk.readdir(from)) {
    const [source, target] = [`${from}/${name}`, `${to}/${name}`]
    const stat = statOf(disk, source)
    if (stat.type === 'directory') yield* copyTree(disk, source, target, links)
    else yield* copyEntry(disk, source, target, stat, links)
  }
  disk.restore(to, statOf(disk, from))
}

export const clonedMachine = (disk: Disk, layer: SnapshotId, search: ParentSearch, folders: Folders): Machine => {
  const root = layerOf(layer)
  let isThere = false

  function* begin(where: Where): Work<void> {
    if (isThere) return
    const found = yield* search(machineFiles)
    if (found.type !== 'there' || found.stat.type !== 'directory')
      return raise(
        invalidEntry(
          where.name,
          where.offset,
          'none',
          'must not be there: no parent has a utility VM that this layer could change',
        ),
      )
    disk.mkdir(`${root}/UtilityVM`)
    yield* copyTree(disk, found.path, `${root}/${machineFiles}`, new Map())
    isThere = true
  }
  function* replace(entry: LayerEntry, path: string): Work<void> {
    const type = disk.lstat(path)?.type
    if (type === undefined || (type === 'directory' && entry.type === 'directory')) return
    yield* removeTree(disk, path)
    folders.forget()
  }
  function* remove(where: Where): Work<void> {
    yield* begin(where)
    const found = findPath(disk, root, where.name)
    if (found.type !== 'there')
      return raise(
        invalidEntry(where.name, where.offset, 'nothing', 'must not delete what the utility VM of no parent has'),
      )
    yield* removeTree(disk, found.path)
    folders.forget()
  }
  return { begin, replace, remove }
}

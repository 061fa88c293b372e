import { basicInfoOf, isFolder, isPlainFolder, isReparsePoint } from '../formats/filetime.js'
import { copyTo } from './copy-backup.js'
import type { BackupOutput } from './backup-output.js'
import {
  assertNoReparsePoint,
  createToRestore,
  link,
  listBelow,
  look,
  makeFolders,
  openToRestore,
  removeTree,
  restoreFolder,
  type Root,
} from './below.js'
import { isBootFile } from './boot-files.js'
import { layerFolders } from './folders.js'
import { parentOf, refuse, windowsPath, type Where } from './items.js'
import { restoreAt, withBootCopy } from './restore.js'
import { streamsOf, type OwnEntry } from './restore-entry.js'

const machineFiles = 'UtilityVM\\Files'

/** Whether a path is that of the utility VM or below it. */
export const isOfMachine = (path: string): boolean => path === 'UtilityVM' || path.startsWith('UtilityVM\\')

/** Links are cheap, but what is written to in its place must not be a parent's. */
const cloneTree = (from: Root, to: Root, path: string): void => {
  const info = look(from, path)
  if (info === undefined) return
  if (isPlainFolder(info.attributes)) {
    copyTo({ root: from, path, info }, to, path)
    for (const name of listBelow(from, path)) cloneTree(from, to, `${path}\\${name}`)
    restoreFolder(to, path, info)
  } else if (
    isFolder(info.attributes) ||
    isReparsePoint(info.attributes) ||
    isBootFile(path.slice(machineFiles.length + 1))
  )
    copyTo({ root: from, path, info }, to, path)
  else link(from, path, to, path)
}

/** The utility VM of a layer with parents: a clone of the nearest one of a parent, made when the layer first speaks of it. */
export type UtilityVm = {
  /** Whether the layer has one. */
  readonly isThere: () => boolean
  readonly begin: (where: Where) => void
  /** Makes or replaces what an entry is about, and answers where its data goes. */
  readonly add: (entry: OwnEntry, where: Where) => BackupOutput
  /** Makes sure that the folders are there that a link will be in. */
  readonly enter: (path: string, where: Where) => void
  /** Deletes what the parent has. */
  readonly remove: (path: string, where: Where) => void
}

/** `parents`: nearest first. The buffer is used while an output is open. */
export const utilityVm = (root: Root, parents: () => Iterable<Root>, buffer: Uint8Array): UtilityVm => {
  let isThere = false
  const folders = layerFolders(root, (path) => makeFolders(root, path))

  const parentWithOne = (): Root | undefined => {
    for (const parent of parents()) {
      const found = look(parent, machineFiles)
      if (found !== undefined && isPlainFolder(found.attributes)) return parent
    }
    return undefined
  }
  const begin = (where: Where): void => {
    if (isThere) return
    const rule = 'must not be there: no parent has a utility VM that this layer could change'
    const parent = parentWithOne() ?? refuse(where, 'none', rule)
    assertNoReparsePoint(parent, machineFiles)
    makeFolders(root, 'UtilityVM')
    isThere = true
    cloneTree(parent, root, machineFiles)
  }
  const clear = (path: string): void => {
    removeTree(root, path)
    folders.forget()
  }
  return {
    isThere: () => isThere,
    begin,
    add: (entry, where) => {
      begin(where)
      const path = windowsPath(entry.name)
      folders.enter(parentOf(path), where)
      const found = look(root, path)
      const isKept = found !== undefined && entry.type === 'directory' && isPlainFolder(found.attributes)
      if (found !== undefined && !isKept) clear(path)
      const handle = isKept ? openToRestore(root, path) : createToRestore(root, path, isFolder(entry.attributes))
      const info = basicInfoOf(entry.times, entry.attributes)
      const output = restoreAt(root, entry, where, { handle, buffer, info })
      return withBootCopy(root, path, output, () => streamsOf(root.machine, entry, where))
    },
    enter: (path, where) => {
      begin(where)
      folders.enter(path, where)
    },
    remove: (path, where) => {
      begin(where)
      if (look(root, path) === undefined)
        refuse(where, 'nothing', 'must not delete what the utility VM of no parent has')
      clear(path)
    },
  }
}

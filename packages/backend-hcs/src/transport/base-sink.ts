import type { LayerEntry, LinkEntry } from '@varve/core/tar'
import { basicInfoOf, isFolder } from '../formats/filetime.js'
import type { Machine } from '../machine.js'
import { outputLength } from './backup-output.js'
import { closeRoot, createToRestore, link, look, makeFolder, openRoot, openToRestore } from './below.js'
import { currentFile } from './current-file.js'
import { layerFolders } from './folders.js'
import { guarded } from './guard.js'
import { parentOf, refuse, windowsPath, type LayerSink, type Where } from './items.js'
import { folderTimes, restoreAt, withBootCopy } from './restore.js'
import { streamsOf, type OwnEntry } from './restore-entry.js'

/**
 * Fills the folder of a layer without parents, which is there and empty. Its image is not processed: that is done when the
 * layer is sealed.
 */
export const baseSink = (machine: Machine, layer: string): LayerSink => {
  const root = openRoot(machine, layer)
  const buffer = new Uint8Array(outputLength)
  const current = currentFile()
  const times = folderTimes()
  /** Folders that no entry made so far, but something in them. */
  const implied = new Set<string>()
  const folders = layerFolders(root, (path) => {
    makeFolder(root, path)
    implied.add(path)
  })
  let isOver = false

  const addOwn = (entry: OwnEntry, where: Where): void => {
    const path = windowsPath(entry.name)
    folders.enter(parentOf(path), where)
    const info = basicInfoOf(entry.times, entry.attributes)
    if (entry.type === 'directory') times.add(path, info)
    const isThere = entry.type === 'directory' && implied.delete(path)
    const handle = isThere ? openToRestore(root, path) : createToRestore(root, path, isFolder(entry.attributes))
    const output = restoreAt(root, entry, where, { handle, buffer, info })
    current.begin(
      entry,
      where,
      withBootCopy(root, path, output, () => streamsOf(machine, entry, where)),
    )
  }
  const addLink = ({ name, target }: LinkEntry, where: Where): void => {
    const path = windowsPath(name)
    const found = look(root, windowsPath(target))
    if (found === undefined || isFolder(found.attributes))
      refuse(where, target, 'must link to a file that comes before it')
    folders.enter(parentOf(path), where)
    link(root, windowsPath(target), root, path)
  }
  const add = (entry: LayerEntry, where: Where): void => {
    if (entry.type === 'stream') return current.beginStream(entry, where)
    current.end()
    if (entry.type === 'whiteout' || entry.type === 'opaque')
      return refuse(where, entry.type, 'must not delete anything: a layer without parents has nothing to delete')
    if (entry.type === 'link') addLink(entry, where)
    else addOwn(entry, where)
  }
  const finish = (): void => {
    if (isOver) return
    isOver = true
    try {
      current.drop()
    } finally {
      closeRoot(root)
    }
  }
  return {
    add: (entry, offset) => {
      const where = { name: entry.name, offset }
      guarded(where, () => add(entry, where))
    },
    write: current.write,
    close: () => {
      try {
        current.end()
        times.restore(root)
      } finally {
        finish()
      }
    },
    abort: finish,
  }
}

import type { DirectoryEntry } from '@varve/core/tar'
import { basicInfoOf, fileAttributes, isFolder } from '../formats/filetime.js'
import { metadataStreams } from '../formats/backup-builder.js'
import { encodeAttributes, sideFileOfFolder } from '../formats/side-file.js'
import { filled, plainOutput, restoreOutput, type BackupOutput } from './backup-output.js'
import { createPlain, look, makeFolder, type Root } from './below.js'
import { layerFolders } from './folders.js'
import { parentOf, refuse, windowsPath, type Where } from './items.js'
import { streamsOf, type OwnEntry } from './restore-entry.js'

/** Writes the files of a transport folder. */
export type TransportWriter = {
  /** Makes what stands for an entry, and answers where its data goes; undefined where it can have none. */
  readonly add: (entry: OwnEntry, where: Where) => BackupOutput | undefined
  /** Makes sure that a folder is there. */
  readonly enter: (path: string, where: Where) => void
  /** Whether there is an entry that a hard link can point to. */
  readonly hasFile: (path: string) => boolean
  /** Makes what was left for the end. */
  readonly finish: () => void
}

const isInHives = (path: string): boolean => path.startsWith('Hives\\')

/** The buffer is used while an output is open. */
export const transportWriter = (root: Root, buffer: Uint8Array): TransportWriter => {
  const { native } = root.machine
  /** Folders that no entry made so far, but something in them. */
  const implied = new Set<string>()
  /** Folders that lead elsewhere: made last, so that nothing can be written through them. */
  const reparseFolders = new Set<string>()
  const folders = layerFolders(root, (path, where) => {
    if (reparseFolders.has(path)) refuse(where, path, 'must lie in folders only, and not behind a reparse point')
    makeFolder(root, path)
    implied.add(path)
  })

  const sideFile = (path: string, attributes: number, streams: Uint8Array, entry: OwnEntry): BackupOutput => {
    const handle = createPlain(root, path)
    const output = plainOutput(native, handle, buffer)
    return filled(output, () => {
      // Its own attributes stay those of any file: what it says is inside.
      native.SetFileBasicInfo(handle, { ...basicInfoOf(entry.times, 0), attributes: 0 })
      output.write(encodeAttributes(attributes))
      output.write(streams)
    })
  }
  /** Hives are plain files there. */
  const hive = (path: string, entry: OwnEntry): BackupOutput => {
    const handle = createPlain(root, path)
    const output = restoreOutput(native, handle, false, buffer)
    return filled(output, () => {
      native.SetFileBasicInfo(handle, { ...basicInfoOf(entry.times, 0), attributes: 0 })
      output.write(metadataStreams({ extended: entry.extended }))
    })
  }
  const addFolder = (path: string, entry: OwnEntry, where: Where): BackupOutput | undefined => {
    const isPlain = entry.type === 'directory'
    if (!isPlain) reparseFolders.add(path)
    else if (!implied.delete(path)) makeFolder(root, path)
    if (isInHives(path)) return undefined
    return sideFile(sideFileOfFolder(path), entry.attributes, streamsOf(root.machine, entry, where), entry)
  }
  const finishFolder = (path: string): void => {
    if (isInHives(path)) return
    const time = { created: 0n, accessed: 0n, modified: 0n, changed: 0n }
    const entry: DirectoryEntry = { type: 'directory', name: path, attributes: fileAttributes.directory, times: time }
    sideFile(sideFileOfFolder(path), entry.attributes, new Uint8Array(), entry).end()
  }
  return {
    add: (entry, where) => {
      const path = windowsPath(entry.name)
      folders.enter(parentOf(path), where)
      if (isFolder(entry.attributes)) return addFolder(path, entry, where)
      if (isInHives(path)) return hive(path, entry)
      return sideFile(path, entry.attributes, streamsOf(root.machine, entry, where), entry)
    },
    enter: folders.enter,
    hasFile: (path) => {
      const found = look(root, path)
      return found !== undefined && !isFolder(found.attributes)
    },
    finish: () => {
      for (const path of reparseFolders) makeFolder(root, path)
      for (const path of implied) finishFolder(path)
    },
  }
}

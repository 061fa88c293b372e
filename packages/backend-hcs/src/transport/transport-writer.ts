import type { BasicInfo } from '../native/native.js'
import { basicInfoOf, fileAttributes, isFolder, isPlainFolder } from '../formats/filetime.js'
import { metadataStreams } from '../formats/backup-builder.js'
import { encodeAttributes, sideFileOfFolder } from '../formats/side-file.js'
import { filled, outputLength, plainOutput, restoreOutput, type BackupOutput } from './backup-output.js'
import { createPlain, look, makeFolder, openToRead, type Root } from './below.js'
import { layerFolders } from './folders.js'
import { backupInput } from './backup-input.js'
import { readBackup } from './read-backup.js'
import { parentOf, refuse, windowsPath, type Where } from './items.js'
import type { FolderTimes } from './restore.js'
import { shownBy } from './shown.js'
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

const noTimes = { created: 0n, accessed: 0n, modified: 0n, changed: 0n }

const isInHives = (path: string): boolean => path.startsWith('Hives\\')

const metadataOf = (root: Root, path: string): Uint8Array => {
  const input = backupInput(root.machine.native, () => openToRead(root, path), true)
  try {
    return metadataStreams(readBackup(`${root.path}\\${path}`, input, new Uint8Array(outputLength)).summary)
  } finally {
    input.close()
  }
}

/** What makes the side files of a transport folder. */
const sideFiles = (root: Root, buffer: Uint8Array) => {
  const { native } = root.machine
  /** Begins a side file: what it says, attributes too, is inside. Its times are those of its file. */
  const begin = (path: string, info: BasicInfo): BackupOutput => {
    const handle = createPlain(root, path)
    const output = plainOutput(native, handle, buffer)
    return filled(output, () => {
      native.SetFileBasicInfo(handle, { ...info, attributes: 0 })
      output.write(encodeAttributes(info.attributes))
    })
  }
  const ofEntry = (path: string, entry: OwnEntry, where: Where): BackupOutput => {
    const info = { ...basicInfoOf(entry.times, entry.attributes), attributes: entry.attributes }
    const output = begin(path, info)
    return filled(output, () => output.write(streamsOf(root.machine, entry, where)))
  }
  return { begin, ofEntry }
}

/** `parents`: nearest first; `times`: where the folders are noted that no entry made. The buffer is used while an output is open. */
export const transportWriter = (
  root: Root,
  parents: () => Iterable<Root>,
  times: FolderTimes,
  buffer: Uint8Array,
): TransportWriter => {
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

  const side = sideFiles(root, buffer)
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
    return side.ofEntry(sideFileOfFolder(path), entry, where)
  }
  /** A folder that no entry made is that of the nearest parent that has it. */
  const finishFolder = (path: string): void => {
    if (isInHives(path)) return
    const shown = shownBy(parents(), path)
    if (shown !== undefined && isPlainFolder(shown.info.attributes)) {
      const { root: parent, info } = shown
      const streams = metadataOf(parent, path)
      times.add(path, info)
      const output = side.begin(sideFileOfFolder(path), info)
      filled(output, () => output.write(streams))
      return output.end()
    }
    const output = side.begin(sideFileOfFolder(path), { ...noTimes, attributes: fileAttributes.directory })
    output.end()
  }
  return {
    add: (entry, where) => {
      const path = windowsPath(entry.name)
      folders.enter(parentOf(path), where)
      if (isFolder(entry.attributes)) return addFolder(path, entry, where)
      if (isInHives(path)) return hive(path, entry)
      return side.ofEntry(path, entry, where)
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

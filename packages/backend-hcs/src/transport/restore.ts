import type { BasicInfo, Handle } from '../native/native.js'
import { both, filled, restoreOutput, type BackupOutput } from './backup-output.js'
import { restoreFolder, type Root } from './below.js'
import { bootCopy } from './boot-files.js'
import type { Where } from './items.js'
import { streamsOf, type OwnEntry } from './restore-entry.js'

/** Folders of a layer and what they are to look like when everything is in them. */
export type FolderTimes = {
  readonly add: (path: string, info: BasicInfo) => void
  /** Gives it to them, those within others first. */
  readonly restore: (root: Root) => void
}

export const folderTimes = (): FolderTimes => {
  const folders: { readonly path: string; readonly info: BasicInfo }[] = []
  return {
    add: (path, info) => void folders.push({ path, info }),
    restore: (root) => {
      for (const { path, info } of folders.toReversed()) restoreFolder(root, path, info)
    },
  }
}

/** Writes an entry to where it is in the layer, and answers where its data goes. */
export const restoreAt = (
  { machine }: Root,
  entry: OwnEntry,
  where: Where,
  { handle, buffer, info }: { readonly handle: Handle; readonly buffer: Uint8Array; readonly info: BasicInfo },
): BackupOutput => {
  const { native } = machine
  const output = restoreOutput(native, handle, true, buffer)
  return filled(output, () => {
    native.SetFileBasicInfo(handle, info)
    output.write(streamsOf(machine, entry, where))
  })
}

/** The output, and the one for the copy of a file of the utility VM that will be rewritten. */
export const withBootCopy = (
  root: Root,
  path: string,
  output: BackupOutput,
  streams: () => Uint8Array,
): BackupOutput => {
  let copy: BackupOutput | undefined
  filled(output, () => {
    copy = bootCopy(root, path)
    if (copy !== undefined) filled(copy, () => copy?.write(streams()))
  })
  return copy === undefined ? output : both(output, copy)
}

import { backupInput } from './backup-input.js'
import { filled, outputLength, restoreOutput, type BackupOutput } from './backup-output.js'
import { createToRestore, openToRead, type Root } from './below.js'
import { isFolder } from '../formats/filetime.js'
import type { BasicInfo } from '../native/native.js'

/** Writes the backup of what is at a path to an output, and ends that, also when it fails. */
const copyBackup = (from: Root, path: string, output: BackupOutput): void => {
  try {
    const input = backupInput(from.machine.native, () => openToRead(from, path), true)
    try {
      const buffer = new Uint8Array(outputLength)
      for (let length = input.read(buffer); length > 0; length = input.read(buffer))
        output.write(buffer.subarray(0, length))
    } finally {
      input.close()
    }
    output.end()
  } finally {
    output.drop()
  }
}

/** A file, a folder without what is in it, or a reparse point, and where it is. */
export type Copied = { readonly root: Root; readonly path: string; readonly info: BasicInfo }

/** Copies it to where nothing is, with all that Windows knows of it. */
export const copyTo = ({ root: from, path, info }: Copied, to: Root, target: string): void => {
  const { native } = to.machine
  const handle = createToRestore(to, target, isFolder(info.attributes))
  const output = restoreOutput(native, handle, true, new Uint8Array(outputLength))
  filled(output, () => native.SetFileBasicInfo(handle, info))
  copyBackup(from, path, output)
}

import { backupInput } from './backup-input.js'
import { outputLength, type BackupOutput } from './backup-output.js'
import { openToRead, type Root } from './below.js'

/** Writes the backup of what is at a path to an output, and ends that, also when it fails. */
export const copyBackup = (from: Root, path: string, output: BackupOutput): void => {
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

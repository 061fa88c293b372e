import { createToRestore, type Root } from './below.js'
import { outputLength, restoreOutput, type BackupOutput } from './backup-output.js'

/** Files of a utility VM that processing rewrites. */
const bootFiles = ['BCD', 'BCD.LOG', 'BCD.LOG1', 'BCD.LOG2'] as const

/** Their paths below `UtilityVM\Files`. */
const bootFolder = 'EFI\\Microsoft\\Boot'
const paths = new Map(
  bootFiles.map((name) => [`UtilityVM\\Files\\${bootFolder}\\${name}`, `${name.toLowerCase()}.bak`]),
)
const folded: ReadonlySet<string> = new Set(bootFiles.map((name) => `${bootFolder}\\${name}`.toUpperCase()))

/** Whether a path below `UtilityVM\Files` is that of one of them. */
export const isBootFile = (path: string): boolean => folded.has(path.toUpperCase())

/** Where the bytes of such a file go too, so that a layer can be given back as it came; undefined for all others. */
export const bootCopy = (root: Root, path: string): BackupOutput | undefined => {
  const copy = paths.get(path)
  if (copy === undefined) return undefined
  const handle = createToRestore(root, copy, false)
  return restoreOutput(root.machine.native, handle, false, new Uint8Array(outputLength))
}

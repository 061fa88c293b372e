import { win32 } from 'node:path'
import type { FileKind } from '../files.js'
import { metadataStreams } from '../formats/backup-builder.js'
import { isReparsePoint } from '../formats/filetime.js'
import { decodeReparse, encodeReparse, isPlaceholder } from '../formats/reparse.js'
import type { Machine } from '../machine.js'
import { fileInput } from '../transport/backup-input.js'
import { filled, outputLength, restoreOutput } from '../transport/backup-output.js'
import { access, openAt, share, using } from '../transport/below.js'
import { longPath } from '../transport/items.js'
import { readBackup } from '../transport/read-backup.js'
import { orUndo } from './up.js'

/** Whether a folder is in truth a link. Node follows a junction to a volume without a letter, and takes it for a folder. */
export const isLink = (machine: Machine, path: string): boolean => {
  const handle = openAt(machine, longPath(path), share.all, access.readAttributes)
  return using(machine, handle, () => {
    const { attributes, reparseTag } = machine.native.GetFileAttributeTagInfo(handle)
    return isReparsePoint(attributes) && !isPlaceholder(reparseTag)
  })
}

/** What is at a path; undefined when nothing is. */
export const kindAt = (machine: Machine, path: string): FileKind | undefined => {
  const kind = machine.files.kindOf(path)
  return kind === 'directory' && isLink(machine, path) ? 'symlink' : kind
}

/** The target of a symlink or junction as it was given; undefined of a link of another kind. */
export const targetAt = (machine: Machine, path: string): string | undefined => {
  const input = fileInput(machine, longPath(path), false)
  try {
    const { reparse } = readBackup(path, input, new Uint8Array(outputLength)).summary
    return reparse && decodeReparse(reparse)?.target
  } finally {
    input.close()
  }
}

/**
 * Makes a symlink where nothing is. Its target is kept as it is, which node does not do: it makes `a/b` another text. Windows wants
 * to know whether it leads to a folder. False when the target is too long for a symlink.
 */
export const makeSymlink = (machine: Machine, path: string, target: string): boolean => {
  const { native, files } = machine
  const reparse = encodeReparse({ type: 'symlink', target })
  if (reparse === undefined) return false
  const isFolder = !win32.isAbsolute(target) && files.kindOf(win32.join(win32.dirname(path), target)) === 'directory'
  if (isFolder) files.makeFolder(path)
  else files.fillFile(path, new Uint8Array(0))
  orUndo(
    () => {
      const handle = openAt(machine, longPath(path), share.all, access.write)
      const output = restoreOutput(native, handle, false, new Uint8Array(outputLength))
      filled(output, () => output.write(metadataStreams({ reparse }))).end()
    },
    () => (isFolder ? files.removeFolder(path) : files.removeFile(path)),
  )
  return true
}

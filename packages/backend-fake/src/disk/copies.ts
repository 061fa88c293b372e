import * as fs from 'node:fs'
import type { SparseFile } from '../artefacts/vhdx.js'
import { codeOf, readFully, withFile, writeFully } from './handles.js'
import type { HostName } from './host-names.js'

const { COPYFILE_FICLONE, COPYFILE_FICLONE_FORCE } = fs.constants

/** Bytes up to which reading and writing is quicker than asking the host for a copy. */
const tinyFile = 64 * 1024
/** Bytes up to which a file is copied in one go. */
const smallFile = 1024 * 1024
/** Bytes of zeros that can be a hole. */
const holeLength = 4096

/** Codes that say that a file system, not this copy, has no reflinks. */
const withoutReflinks: ReadonlySet<unknown> = new Set(['ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'ENOTTY', 'EINVAL', 'EXDEV'])

/** Answers whether all of `from` could be copied at once. */
export const cloner = (): ((from: HostName, to: HostName, size: number) => boolean) => {
  let hasReflinks = true
  return (from, to, size) => {
    if (size <= tinyFile) {
      fs.writeFileSync(to, fs.readFileSync(from))
      return true
    }
    if (size <= smallFile) {
      fs.copyFileSync(from, to, COPYFILE_FICLONE)
      return true
    }
    if (!hasReflinks) return false
    try {
      fs.copyFileSync(from, to, COPYFILE_FICLONE_FORCE)
      return true
    } catch (cause) {
      if (!withoutReflinks.has(codeOf(cause))) throw cause
      hasReflinks = false
      return false
    }
  }
}

const zeros = new Uint8Array(holeLength)

const isHole = (bytes: Uint8Array, at: number): boolean => {
  const block = bytes.subarray(at, at + holeLength)
  return Buffer.compare(block, zeros.subarray(0, block.length)) === 0
}

/** Writes a part behind what is there; whole blocks of zeros become holes where the file system has them. */
const writeAround = (file: number, bytes: Uint8Array, offset: number): void => {
  let from = 0
  for (let at = 0; at < bytes.length; at += holeLength) {
    if (!isHole(bytes, at)) continue
    writeFully(file, bytes.subarray(from, at), offset + from)
    from = at + holeLength
  }
  if (from < bytes.length) writeFully(file, bytes.subarray(from), offset + from)
  fs.ftruncateSync(file, offset + bytes.length)
}

export const copyRange = (from: HostName, to: HostName, offset: number, length: number): void => {
  const bytes = withFile(from, 'r', (file) => readFully(file, offset, length))
  withFile(to, 'r+', (file) => writeAround(file, bytes, offset))
}

export const writeSparse = (path: HostName, { length, segments }: SparseFile): void =>
  withFile(path, 'w', (file) => {
    for (const { offset, bytes } of segments) writeFully(file, bytes, offset)
    fs.ftruncateSync(file, length)
  })

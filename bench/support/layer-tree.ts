import { closeSync, ftruncateSync, mkdirSync, openSync, writeFileSync, writeSync } from 'node:fs'
import { join } from 'node:path'

/** What a measured layer is made of. */
export type Tree = {
  readonly name: string
  readonly files: number
  /** Bytes of each. */
  readonly size: number
}

const filesPerDirectory = 1_000
const sliceLength = 1 << 20

/** Bytes that compress about as well as programs do, the same each time. */
const bytesOf = (seed: number, length: number): Buffer => {
  const bytes = Buffer.alloc(length)
  let state = seed | 1
  for (let at = 0; at + 4 <= length; at += 4) {
    state = Math.imul(state ^ (state >>> 15), 0x2c1b3c6d)
    bytes.writeUInt32LE((at & 16) === 0 ? state >>> 0 : at >>> 0, at)
  }
  return bytes
}

const writeLarge = (path: string, size: number): void => {
  const file = openSync(path, 'w')
  const slice = bytesOf(size, sliceLength)
  for (let at = 0; at < size; at += sliceLength) writeSync(file, slice, 0, Math.min(sliceLength, size - at))
  closeSync(file)
}

/** Writes the files of a tree below a directory. */
export const writeTree = (directory: string, { files, size }: Tree): void => {
  for (let index = 0; index < files; index++) {
    const folder = join(directory, `d${Math.floor(index / filesPerDirectory)}`)
    if (index % filesPerDirectory === 0) mkdirSync(folder, { recursive: true })
    const path = join(folder, `file-${index}.dll`)
    if (size > sliceLength) writeLarge(path, size)
    else writeFileSync(path, bytesOf(index, size))
  }
}

/** A file of that many bytes that takes no room on the disk. */
export const writeSparse = (path: string, size: number): void => {
  const file = openSync(path, 'w')
  ftruncateSync(file, size)
  closeSync(file)
}

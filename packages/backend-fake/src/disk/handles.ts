import * as fs from 'node:fs'
import type { HostName } from './host-names.js'

export const codeOf = (cause: unknown): unknown => (cause instanceof Error && 'code' in cause ? cause.code : undefined)

export const withFile = <T>(path: HostName, flags: string | number, use: (file: number) => T): T => {
  const file = fs.openSync(path, flags)
  try {
    return use(file)
  } finally {
    fs.closeSync(file)
  }
}

/** A read may answer less than was asked for before the end of a file. */
export const fill = (file: number, offset: number, bytes: Uint8Array): number => {
  let filled = 0
  while (filled < bytes.length) {
    const count = fs.readSync(file, bytes, filled, bytes.length - filled, offset + filled)
    if (count === 0) break
    filled += count
  }
  return filled
}

export const readFully = (file: number, offset: number, length: number): Uint8Array<ArrayBuffer> => {
  const bytes = new Uint8Array(length)
  const filled = fill(file, offset, bytes)
  return filled === length ? bytes : bytes.slice(0, filled)
}

export const writeFully = (file: number, bytes: Uint8Array, offset: number): void => {
  for (let written = 0; written < bytes.length;)
    written += fs.writeSync(file, bytes, written, bytes.length - written, offset + written)
}

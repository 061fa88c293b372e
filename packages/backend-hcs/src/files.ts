import * as fs from 'node:fs'
import { backendFault } from '@varve/core/ports'
import { codes, raise } from './failure.js'

/** `symlink`: also a junction. `other`: what only a host's own tools make. */
export type FileKind = 'file' | 'directory' | 'symlink' | 'other'

/** `modified`: nanoseconds since 1970. `identity`: the same for all names of a file. `allocated`: bytes that are really held. */
export type FileFacts = {
  readonly kind: FileKind
  readonly size: number
  readonly allocated: number
  readonly modified: bigint
  readonly identity: string
  readonly links: number
}

/**
 * The host's files by Windows paths, absolute, for everything that needs no Windows metadata. No call follows a link at the
 * end of a path. A call that can't be done raises a BackendFault.
 */
export type HostFiles = {
  readonly exists: (path: string) => boolean
  /** Undefined when nothing is there. */
  readonly kindOf: (path: string) => FileKind | undefined
  /** Undefined when nothing is there. */
  readonly factsOf: (path: string) => FileFacts | undefined
  /** Bytes of a file that has to be there. */
  readonly sizeOf: (path: string) => number
  /** Names in the order of their UTF-8 bytes. */
  readonly list: (path: string) => readonly string[]
  /**
   * Names of files and folders alone, as `list` has them. What is a link of any kind is not looked at: node follows those of
   * filter drivers, such as what an imported layer has in the place of its parents' files, and Windows refuses that.
   */
  readonly listPlain: (path: string) => readonly string[]
  /** Makes the folder and those above it; one that is there is left alone. */
  readonly makeFolder: (path: string) => void
  /** Removes what is no folder. What is missing is removed. */
  readonly removeFile: (path: string) => void
  /** Removes an empty folder. What is missing is removed. */
  readonly removeFolder: (path: string) => void
  /** Removes whatever is there. What is missing is removed. */
  readonly removeTree: (path: string) => void
  /** Replaces a file at `to`. */
  readonly rename: (from: string, to: string) => void
  readonly readFile: (path: string) => Uint8Array
  /** Fewer bytes than `length` only where the file ends. */
  readonly readPart: (path: string, offset: number, length: number) => Uint8Array
  /** Makes or replaces a file in one durable step: what is there under its name is complete. */
  readonly writeFile: (path: string, bytes: Uint8Array) => void
  /** Creates the file or replaces its content, in place. */
  readonly fillFile: (path: string, bytes: Uint8Array) => void
  /** A second name for a file. */
  readonly link: (existing: string, path: string) => void
}

type Known = { readonly code: number; readonly advice: string }

const denied: Known = { code: codes.accessDenied, advice: 'run elevated, and close what uses it' }
const busy: Known = {
  code: codes.sharingViolation,
  advice: 'another program, often a virus scanner, holds it: close that or leave the root out of its scans',
}
const full: Known = { code: codes.diskFull, advice: 'free some space' }

const known: Readonly<Record<string, Known>> = {
  EACCES: denied,
  EPERM: denied,
  EBUSY: busy,
  ETXTBSY: busy,
  ENOSPC: full,
  EDQUOT: full,
  EROFS: { code: codes.writeProtected, advice: 'make the volume writable' },
  ENOENT: { code: codes.fileNotFound, advice: 'put back what is missing' },
  EEXIST: { code: codes.alreadyExists, advice: 'move away what is there' },
  ENOTEMPTY: { code: codes.notEmpty, advice: 'move away what is in it' },
  ENOTDIR: { code: codes.notADirectory, advice: 'move away the file that is where a folder belongs' },
  EISDIR: { code: codes.accessDenied, advice: 'move away the folder that is where a file belongs' },
  ENAMETOOLONG: { code: codes.nameTooLong, advice: 'use shorter paths' },
  EMFILE: { code: 0x80070004, advice: 'close some files' },
  EIO: { code: 0x8007045d, advice: 'check the disk' },
}

const hostCodeOf = (cause: unknown): string | undefined =>
  cause instanceof Error && 'code' in cause && typeof cause.code === 'string' ? cause.code : undefined

/** Names what was tried by its Windows path; the host's own message may have another. */
const refuse = (what: string, path: string, cause: unknown): never => {
  const code = hostCodeOf(cause)
  if (code === undefined) throw cause
  const { code: number, advice } = known[code] ?? { code: codes.unspecified, advice: 'look into it' }
  return raise(backendFault(`${what} of ${path} failed with ${code}; ${advice}, and try again`, number))
}

const kindIn = (stat: fs.BigIntStats): FileKind => {
  if (stat.isFile()) return 'file'
  if (stat.isDirectory()) return 'directory'
  return stat.isSymbolicLink() ? 'symlink' : 'other'
}

const blockLength = 512n

/** Windows has no block counts. */
const allocatedIn = (stat: fs.BigIntStats): bigint =>
  stat.blocks === undefined ? stat.size : stat.blocks * blockLength

const factsIn = (stat: fs.BigIntStats): FileFacts => ({
  kind: kindIn(stat),
  size: Number(stat.size),
  allocated: Number(allocatedIn(stat)),
  modified: stat.mtimeNs,
  identity: `${stat.dev}:${stat.ino}`,
  links: Number(stat.nlink),
})

/** Undefined also below something that is no folder. */
const statAt = (path: string): fs.BigIntStats | undefined => {
  try {
    return fs.lstatSync(path, { bigint: true, throwIfNoEntry: false })
  } catch (cause) {
    if (hostCodeOf(cause) === 'ENOTDIR') return undefined
    throw cause
  }
}

const withFile = <T>(path: string, flags: string, use: (file: number) => T): T => {
  const file = fs.openSync(path, flags)
  try {
    return use(file)
  } finally {
    fs.closeSync(file)
  }
}

/** A read may answer less than was asked for before the end of a file. */
const readFully = (file: number, offset: number, length: number): Uint8Array => {
  const bytes = new Uint8Array(length)
  let filled = 0
  while (filled < length) {
    const count = fs.readSync(file, bytes, filled, length - filled, offset + filled)
    if (count === 0) break
    filled += count
  }
  return filled === length ? bytes : bytes.slice(0, filled)
}

const writeFully = (file: number, bytes: Uint8Array): void => {
  for (let written = 0; written < bytes.length;)
    written += fs.writeSync(file, bytes, written, bytes.length - written, written)
}

const writeDurably = (path: string, bytes: Uint8Array): void => {
  const part = `${path}.tmp`
  withFile(part, 'w', (file) => {
    writeFully(file, bytes)
    fs.fsyncSync(file)
  })
  fs.renameSync(part, path)
}

/** What is there is opened as it is: Windows makes no hidden file anew. */
const fill = (path: string, bytes: Uint8Array): void =>
  withFile(path, statAt(path)?.isFile() === true ? 'r+' : 'w', (file) => {
    fs.ftruncateSync(file)
    writeFully(file, bytes)
  })

const byBytes = (names: readonly string[]): readonly string[] =>
  names
    .map((name) => ({ name, bytes: Buffer.from(name) }))
    .toSorted((a, b) => Buffer.compare(a.bytes, b.bytes))
    .map(({ name }) => name)

const plainNames = (path: string): readonly string[] =>
  fs
    .readdirSync(path, { withFileTypes: true })
    .filter((entry) => entry.isFile() || entry.isDirectory())
    .map(({ name }) => name)

const removeFile = (path: string): void => {
  if (statAt(path) !== undefined) fs.unlinkSync(path)
}

const removeFolder = (path: string): void => {
  if (statAt(path) !== undefined) fs.rmdirSync(path)
}

/** Files of the host. `hostPath` gives the host's path of a Windows path: the same path on Windows. */
export const hostFiles = (hostPath: (path: string) => string = (path) => path): HostFiles => {
  const on =
    <A extends readonly unknown[], T>(what: string, run: (path: string, ...rest: A) => T) =>
    (path: string, ...rest: A): T => {
      try {
        return run(hostPath(path), ...rest)
      } catch (cause) {
        return refuse(what, path, cause)
      }
    }
  return {
    exists: on('look-up', (path) => statAt(path) !== undefined),
    kindOf: on('look-up', (path) => {
      const stat = statAt(path)
      return stat && kindIn(stat)
    }),
    factsOf: on('look-up', (path) => {
      const stat = statAt(path)
      return stat && factsIn(stat)
    }),
    sizeOf: on('look-up', (path) => fs.lstatSync(path).size),
    list: on('listing', (path) => byBytes(fs.readdirSync(path))),
    listPlain: on('listing', (path) => byBytes(plainNames(path))),
    makeFolder: on('making', (path) => void fs.mkdirSync(path, { recursive: true })),
    removeFile: on('removal', removeFile),
    removeFolder: on('removal', removeFolder),
    removeTree: on('removal', (path) => fs.rmSync(path, { recursive: true, force: true, maxRetries: 3 })),
    rename: on('renaming', (path, to: string) => fs.renameSync(path, hostPath(to))),
    readFile: on('reading', (path) => new Uint8Array(fs.readFileSync(path))),
    readPart: on('reading', (path, offset: number, length: number) =>
      withFile(path, 'r', (file) => readFully(file, offset, length)),
    ),
    writeFile: on('writing', writeDurably),
    fillFile: on('writing', fill),
    link: on('linking', (path, to: string) => fs.linkSync(path, hostPath(to))),
  }
}

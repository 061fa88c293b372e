import * as fs from 'node:fs'
import { dirname } from 'node:path'
import { raise } from '@varve/core/adapter'
import { invalidArgument, type Layout } from '@varve/core/ports'
import type { SparseFile } from '../artefacts/vhdx.js'
import type { Disk, Entry, EntryType, Input, Output, Stat } from '../world/disk.js'
import { hostName, readName, type HostName } from './host-names.js'

const { COPYFILE_FICLONE, COPYFILE_FICLONE_FORCE, O_RDONLY, O_NOFOLLOW } = fs.constants

/** Windows has no flag against symlinks. */
const readOnly = O_RDONLY | (O_NOFOLLOW ?? 0)

/** All that every Node can set of a time, so that it is the same after a copy, and on each of them. */
const wholeMicroseconds = (nanoseconds: bigint): bigint => nanoseconds - (((nanoseconds % 1_000n) + 1_000n) % 1_000n)

/** Bytes up to which reading and writing is quicker than asking the host for a copy. */
const tinyFile = 64 * 1024
/** Bytes up to which a file is copied in one go. */
const smallFile = 1024 * 1024
const blockLength = 512
/** Bytes of zeros that can be a hole. */
const holeLength = 4096

type Kind = {
  readonly isFile: () => boolean
  readonly isDirectory: () => boolean
  readonly isSymbolicLink: () => boolean
}

const typeOf = (kind: Kind): EntryType => {
  if (kind.isFile()) return 'file'
  if (kind.isDirectory()) return 'directory'
  return kind.isSymbolicLink() ? 'symlink' : 'other'
}

const codeOf = (cause: unknown): unknown => (cause instanceof Error && 'code' in cause ? cause.code : undefined)

const statOf = (stat: fs.BigIntStats): Stat => ({
  type: typeOf(stat),
  size: Number(stat.size),
  // Windows has no block counts.
  allocated: Number(stat.blocks ?? stat.size / BigInt(blockLength)) * blockLength,
  mode: Number(stat.mode) & 0o7777,
  uid: Number(stat.uid),
  gid: Number(stat.gid),
  mtime: wholeMicroseconds(stat.mtimeNs),
  ctime: stat.ctimeNs,
  inode: stat.ino,
  links: Number(stat.nlink),
})

/** Undefined also below something that is no directory. */
const statAt = (path: HostName): Stat | undefined => {
  try {
    const stat = fs.lstatSync(path, { bigint: true, throwIfNoEntry: false })
    return stat && statOf(stat)
  } catch (cause) {
    if (codeOf(cause) === 'ENOTDIR') return undefined
    throw cause
  }
}

const withFile = <T>(path: HostName, flags: string | number, use: (file: number) => T): T => {
  const file = fs.openSync(path, flags)
  try {
    return use(file)
  } finally {
    fs.closeSync(file)
  }
}

/** A read may answer less than was asked for before the end of a file. */
const fill = (file: number, offset: number, bytes: Uint8Array): number => {
  let filled = 0
  while (filled < bytes.length) {
    const count = fs.readSync(file, bytes, filled, bytes.length - filled, offset + filled)
    if (count === 0) break
    filled += count
  }
  return filled
}

const exact = { bigint: true } as const

const openInput = <T>(path: HostName, use: (file: Input) => T): T =>
  withFile(path, readOnly, (file) => {
    const { size, nlink, mtimeNs } = fs.fstatSync(file, exact)
    const readInto = (into: Uint8Array): number => fill(file, 0, into)
    return use({ size: Number(size), links: Number(nlink), mtime: wholeMicroseconds(mtimeNs), readInto })
  })

const readFully = (file: number, offset: number, length: number): Uint8Array<ArrayBuffer> => {
  const bytes = new Uint8Array(length)
  const filled = fill(file, offset, bytes)
  return filled === length ? bytes : bytes.slice(0, filled)
}

const writeFully = (file: number, bytes: Uint8Array, offset: number): void => {
  for (let written = 0; written < bytes.length;)
    written += fs.writeSync(file, bytes, written, bytes.length - written, offset + written)
}

const readDirectory = (path: HostName): readonly Entry[] => {
  const entries = fs.readdirSync(path, { withFileTypes: true })
  // A name that is no UTF-8 was decoded into one that names nothing.
  if (!entries.some(({ name }) => name.includes('\ufffd')))
    return entries.map((entry) => ({ name: entry.name, type: typeOf(entry) }))
  return fs
    .readdirSync(path, { withFileTypes: true, encoding: 'buffer' })
    .map((entry) => ({ name: readName(entry.name), type: typeOf(entry) }))
}

/** Codes that say that a file system, not this copy, has no reflinks. */
const withoutReflinks: ReadonlySet<unknown> = new Set(['ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'ENOTTY', 'EINVAL', 'EXDEV'])

/** Answers whether all of `from` could be copied at once. */
const cloner = (): ((from: HostName, to: HostName, size: number) => boolean) => {
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

const copyRange = (from: HostName, to: HostName, offset: number, length: number): void => {
  const bytes = withFile(from, 'r', (file) => readFully(file, offset, length))
  withFile(to, 'r+', (file) => writeAround(file, bytes, offset))
}

const writeSparse = (path: HostName, { length, segments }: SparseFile): void =>
  withFile(path, 'w', (file) => {
    for (const { offset, bytes } of segments) writeFully(file, bytes, offset)
    fs.ftruncateSync(file, length)
  })

/**
 * Seconds as Node takes them: a double, good for about a quarter of a microsecond, which Nodes before 24 cut to whole
 * microseconds towards zero. Half of one more keeps a time that was copied from changing with every copy.
 */
const seconds = (nanoseconds: bigint): number => {
  const microseconds = Number(wholeMicroseconds(nanoseconds) / 1_000n)
  return (microseconds + (microseconds < 0 ? -0.5 : 0.5)) / 1e6
}

const isRoot = process.getuid?.() === 0

/** Some file systems have no owners, and some users may not give files away. */
const giveAway = (path: HostName, { uid, gid }: Stat): void => {
  if (!isRoot) return
  try {
    fs.lchownSync(path, uid, gid)
  } catch (cause) {
    if (!['EPERM', 'EINVAL', 'ENOTSUP', 'ENOSYS'].includes(String(codeOf(cause)))) throw cause
  }
}

const restore = (path: HostName, stat: Stat): void => {
  giveAway(path, stat)
  const modified = seconds(stat.mtime)
  if (stat.type === 'symlink') return fs.lutimesSync(path, modified, modified)
  fs.chmodSync(path, stat.mode)
  fs.utimesSync(path, modified, modified)
}

const setTime = (path: HostName, modified: bigint): void => {
  const time = seconds(modified)
  fs.lutimesSync(path, time, time)
}

const create = (path: HostName): Output => {
  let file: number | undefined = fs.openSync(path, 'wx')
  let written = 0
  const opened = (): number => {
    if (file === undefined) throw new Error(`${String(path)} is closed already`)
    return file
  }
  return {
    write: (bytes) => {
      writeFully(opened(), bytes, written)
      written += bytes.length
    },
    setTime: (modified) => {
      const time = seconds(modified)
      fs.futimesSync(opened(), time, time)
    },
    close: () => {
      if (file === undefined) return
      const closing = file
      file = undefined
      fs.closeSync(closing)
    },
  }
}

/** Not by `recursive`, which calls a read-only file system ENOENT. */
const makeDirectory = (path: HostName, makeParent: () => void): void => {
  try {
    fs.mkdirSync(path)
  } catch (cause) {
    if (codeOf(cause) === 'ENOENT') {
      makeParent()
      fs.mkdirSync(path)
    } else if (statAt(path)?.type !== 'directory') throw cause
  }
}

const makeRoot = (root: string): void =>
  makeDirectory(root, () => {
    if (dirname(root) !== root) makeRoot(dirname(root))
  })

/** The host's own file system below a root. */
/** On NTFS what follows a colon names a stream of the file before it, which no list shows. */
const withoutStream = (path: string): string =>
  path.includes(':') ? raise(invalidArgument('path', path, 'must not contain : on Windows')) : path

export const nodeDisk = (layout: Layout): Disk => {
  const base = `${layout.root}${layout.separator}`
  // Where the host uses `/` too there is nothing to translate.
  const local =
    layout.separator === '/'
      ? (path: string) => path
      : (path: string) => withoutStream(path).replaceAll('/', layout.separator)
  const host = (path: string): HostName => hostName(base + local(path))
  const clone = cloner()
  const mkdir = (path: string): void => {
    if (path === '') makeRoot(layout.root)
    else makeDirectory(host(path), () => mkdir(path.slice(0, Math.max(path.lastIndexOf('/'), 0))))
  }
  return {
    lstat: (path) => statAt(host(path)),
    readdir: (path) => readDirectory(host(path)),
    open: (path, use) => openInput(host(path), use),
    read: (path, offset, length) => withFile(host(path), 'r', (file) => readFully(file, offset, length)),
    readInto: (path, offset, into) => withFile(host(path), 'r', (file) => fill(file, offset, into)),
    create: (path) => create(host(path)),
    write: (path, bytes) => fs.writeFileSync(host(path), bytes),
    append: (path, bytes) => fs.appendFileSync(host(path), bytes),
    writeSparse: (path, file) => writeSparse(host(path), file),
    clone: (from, to, size) => clone(host(from), host(to), size),
    copyRange: (from, to, offset, length) => copyRange(host(from), host(to), offset, length),
    mkdir,
    unlink: (path) => fs.unlinkSync(host(path)),
    rmdir: (path) => fs.rmdirSync(host(path)),
    rename: (from, to) => fs.renameSync(host(from), host(to)),
    link: (existing, path) => fs.linkSync(host(existing), host(path)),
    symlink: (target, path) => fs.symlinkSync(hostName(target), host(path)),
    readlink: (path) => readName(fs.readlinkSync(host(path), { encoding: 'buffer' })),
    restore: (path, stat) => restore(host(path), stat),
    setTime: (path, modified) => setTime(host(path), modified),
    unlock: (path) => {
      if (!isRoot) fs.chmodSync(host(path), 0o700)
    },
  }
}

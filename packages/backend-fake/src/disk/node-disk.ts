import * as fs from 'node:fs'
import { dirname } from 'node:path'
import { raise } from '@varve/core/adapter'
import { invalidArgument, type Layout } from '@varve/core/ports'
import type { Disk, Entry, EntryType, Input, Output, Stat } from '../world/disk.js'
import { cloner, copyRange, writeSparse } from './copies.js'
import { codeOf, fill, readFully, withFile, writeFully } from './handles.js'
import { hostName, readName, type HostName } from './host-names.js'
import { openUnsynced } from './unsynced.js'

const { O_RDONLY, O_NOFOLLOW } = fs.constants

/** Windows has no flag against symlinks. */
const readOnly = O_RDONLY | (O_NOFOLLOW ?? 0)

/** All that every Node can set of a time, so that it is the same after a copy, and on each of them. */
const wholeMicroseconds = (nanoseconds: bigint): bigint => nanoseconds - (nanoseconds % 1_000n)
const blockLength = 512

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

const exact = { bigint: true } as const

const openInput = <T>(path: HostName, use: (file: Input) => T): T =>
  withFile(path, readOnly, (file) => {
    const { size, nlink, mtimeNs } = fs.fstatSync(file, exact)
    const readInto = (into: Uint8Array): number => fill(file, 0, into)
    return use({ size: Number(size), links: Number(nlink), mtime: wholeMicroseconds(mtimeNs), readInto })
  })

const readDirectory = (path: HostName): readonly Entry[] => {
  const entries = fs.readdirSync(path, { withFileTypes: true })
  // A name that is no UTF-8 was decoded into one that names nothing.
  if (!entries.some(({ name }) => name.includes('\ufffd')))
    return entries.map((entry) => ({ name: entry.name, type: typeOf(entry) }))
  return fs
    .readdirSync(path, { withFileTypes: true, encoding: 'buffer' })
    .map((entry) => ({ name: readName(entry.name), type: typeOf(entry) }))
}

/**
 * Seconds as Node takes them: a double, good for about a quarter of a microsecond, which Nodes before 24 cut to whole
 * microseconds towards zero. Half of one more keeps a time that was copied from changing with every copy. As text, because Node takes
 * a negative number for now.
 */
const seconds = (nanoseconds: bigint): string => {
  const microseconds = Number(wholeMicroseconds(nanoseconds) / 1_000n)
  return String((microseconds + (microseconds < 0 ? -0.5 : 0.5)) / 1e6)
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

/** Answers whether it was not there. Not by `recursive`, which calls a read-only file system ENOENT. */
const makeDirectory = (path: HostName, makeParent: () => void): boolean => {
  try {
    fs.mkdirSync(path)
  } catch (cause) {
    if (codeOf(cause) === 'ENOENT') {
      makeParent()
      fs.mkdirSync(path)
    } else if (statAt(path)?.type !== 'directory') throw cause
    else return false
  }
  return true
}

const makeRoot = (root: string): void => {
  makeDirectory(root, () => {
    if (dirname(root) !== root) makeRoot(dirname(root))
  })
}

/** On NTFS what follows a colon names a stream of the file before it, which no list shows. */
const withoutStream = (path: string): string =>
  path.includes(':') ? raise(invalidArgument('path', path, 'must not contain : on Windows')) : path

/** The host's own file system below a root. */
export const nodeDisk = (layout: Layout): Disk => {
  const base = `${layout.root}${layout.separator}`
  // Where the host uses `/` too there is nothing to translate.
  const local =
    layout.separator === '/'
      ? (path: string) => path
      : (path: string) => withoutStream(path).replaceAll('/', layout.separator)
  const host = (path: string): HostName => hostName(base + local(path))
  const clone = cloner()
  const { wrote, named, removed, renamed, sync } = openUnsynced(layout.root, host)
  const mkdir = (path: string): void => {
    if (path === '') return makeRoot(layout.root)
    const makeParent = (): void => mkdir(path.slice(0, Math.max(path.lastIndexOf('/'), 0)))
    if (makeDirectory(host(path), makeParent)) named(path)
  }
  const writing =
    <A extends readonly unknown[], R>(write: (path: HostName, ...rest: A) => R) =>
    (path: string, ...rest: A): R => {
      wrote(path)
      return write(host(path), ...rest)
    }
  const removing = (remove: (path: HostName) => void) => (path: string) => {
    remove(host(path))
    removed(path)
  }
  return {
    lstat: (path) => statAt(host(path)),
    readdir: (path) => readDirectory(host(path)),
    open: (path, use) => openInput(host(path), use),
    read: (path, offset, length) => withFile(host(path), 'r', (file) => readFully(file, offset, length)),
    readInto: (path, offset, into) => withFile(host(path), 'r', (file) => fill(file, offset, into)),
    create: writing(create),
    write: writing((path, bytes) => fs.writeFileSync(path, bytes)),
    append: writing((path, bytes) => fs.appendFileSync(path, bytes)),
    writeSparse: writing(writeSparse),
    clone: (from, to, size) => {
      wrote(to)
      return clone(host(from), host(to), size)
    },
    copyRange: (from, to, offset, length) => {
      wrote(to)
      copyRange(host(from), host(to), offset, length)
    },
    mkdir,
    unlink: removing((path) => fs.unlinkSync(path)),
    rmdir: removing((path) => fs.rmdirSync(path)),
    rename: (from, to) => {
      fs.renameSync(host(from), host(to))
      renamed(from, to)
    },
    link: (existing, path) => {
      fs.linkSync(host(existing), host(path))
      named(path)
    },
    symlink: (target, path) => {
      fs.symlinkSync(hostName(target), host(path))
      named(path)
    },
    readlink: (path) => readName(fs.readlinkSync(host(path), { encoding: 'buffer' })),
    restore: (path, stat) => restore(host(path), stat),
    setTime: (path, modified) => setTime(host(path), modified),
    unlock: (path) => {
      if (!isRoot) fs.chmodSync(host(path), 0o700)
    },
    sync: (others = false) => sync(others),
  }
}

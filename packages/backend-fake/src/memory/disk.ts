import { readSparse, type SparseFile } from '../artefacts/vhdx.js'
import type { Disk, Output, Stat } from '../world/disk.js'
import { newNodes, refuse, type Node, type Nodes } from './nodes.js'

const whole = (bytes: Uint8Array): SparseFile => ({
  length: bytes.length,
  segments: [{ offset: 0, bytes: bytes.slice() }],
})

const longer = (content: SparseFile, bytes: Uint8Array): SparseFile => ({
  length: content.length + bytes.length,
  segments: [...content.segments, { offset: content.length, bytes: bytes.slice() }],
})

const held = (content: SparseFile): number =>
  content.segments.reduce((bytes, segment) => bytes + segment.bytes.length, 0)

const sizeOf = (node: Node): number => {
  if (node.type === 'file') return node.content.length
  return node.type === 'symlink' ? node.target.length : 0
}

const statOf = (node: Node): Stat => ({
  type: node.type,
  size: sizeOf(node),
  allocated: node.type === 'file' ? held(node.content) : 0,
  mode: node.mode,
  uid: 0,
  gid: 0,
  mtime: node.mtime,
  ctime: node.ctime,
  inode: node.number,
  links: node.links,
})

/** The calls that read and write files. */
const contents = ({ newFile, find, fileAt, put, touch, mark }: Nodes) => {
  const set = (path: string, content: SparseFile): void => {
    if (find(path) === undefined) return put(path, newFile(content))
    const file = fileAt(path)
    file.content = content
    touch(file)
  }
  const create = (path: string): Output => {
    const segments: { offset: number; bytes: Uint8Array }[] = []
    const file = newFile({ length: 0, segments })
    put(path, file)
    return {
      write: (bytes) => {
        const { length } = file.content
        segments.push({ offset: length, bytes: bytes.slice() })
        file.content = { length: length + bytes.length, segments }
        touch(file)
      },
      setTime: (modified) => {
        file.mtime = modified
        mark(file)
      },
      close: () => undefined,
    }
  }
  return {
    create,
    open: (path, use) => {
      const file = fileAt(path)
      return use({
        ...statOf(file),
        readInto: (into) => {
          const bytes = readSparse(file.content, 0, into.length)
          into.set(bytes)
          return bytes.length
        },
      })
    },
    readInto: (path, offset, into) => {
      const bytes = readSparse(fileAt(path).content, offset, into.length)
      into.set(bytes)
      return bytes.length
    },
    read: (path, offset, length) => readSparse(fileAt(path).content, offset, length),
    write: (path, bytes) => set(path, whole(bytes)),
    append: (path, bytes) => set(path, longer(fileAt(path).content, bytes)),
    writeSparse: set,
    clone: (from, to) => {
      set(to, fileAt(from).content)
      return true
    },
    copyRange: (from, to, offset, length) =>
      set(to, longer(fileAt(to).content, readSparse(fileAt(from).content, offset, length))),
  } satisfies Partial<Disk>
}

/** The calls that give and take names. */
const names = ({ newDirectory, newSymlink, find, get, directoryAt, fileAt, put, drop }: Nodes) => {
  const mkdir = (path: string): void => {
    const there = find(path)
    if (there?.type === 'directory') return
    if (there !== undefined) refuse('EEXIST', `${path} is a ${there.type}`)
    const above = path.lastIndexOf('/')
    if (above > 0) mkdir(path.slice(0, above))
    put(path, newDirectory())
  }
  const unlink = (path: string): void => {
    if (get(path).type === 'directory') refuse('EISDIR', `${path} is a directory`)
    drop(path)
  }
  const rmdir = (path: string): void => {
    if (directoryAt(path).entries.size > 0) refuse('ENOTEMPTY', `${path} is not empty`)
    drop(path)
  }
  const rename = (from: string, to: string): void => {
    const node = get(from)
    const there = find(to)
    if (there === node) return
    if (there?.type === 'directory') rmdir(to)
    else if (there !== undefined) unlink(to)
    drop(from)
    put(to, node)
  }
  return {
    mkdir,
    unlink,
    rmdir,
    rename,
    link: (existing, path) => put(path, fileAt(existing)),
    symlink: (target, path) => put(path, newSymlink(target)),
  } satisfies Partial<Disk>
}

/** A disk in memory. Copies share their bytes, which are never changed; a VHDX file is rendered when it is read. */
export const memoryDisk = (now: () => bigint): Disk => diskOf(newNodes(now))

export const diskOf = (nodes: Nodes): Disk => {
  const { find, get, directoryAt, mark } = nodes
  return {
    ...contents(nodes),
    ...names(nodes),
    lstat: (path) => {
      const node = find(path)
      return node && statOf(node)
    },
    readdir: (path) => Array.from(directoryAt(path).entries, ([name, { type }]) => ({ name, type })),
    readlink: (path) => {
      const node = get(path)
      return node.type === 'symlink' ? node.target : refuse('EINVAL', `${path} is no symlink`)
    },
    restore: (path, { mode, mtime }) => {
      const node = get(path)
      node.mode = mode
      node.mtime = mtime
      mark(node)
    },
    setTime: (path, modified) => {
      const node = get(path)
      node.mtime = modified
      mark(node)
    },
    unlock: () => undefined,
    sync: () => undefined,
  }
}

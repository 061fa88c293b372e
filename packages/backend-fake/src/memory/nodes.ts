import type { SparseFile } from '../artefacts/vhdx.js'

type Inode = { readonly number: bigint; mtime: bigint; ctime: bigint; mode: number; links: number }
export type Directory = Inode & { readonly type: 'directory'; readonly entries: Map<string, Node> }
export type File = Inode & { readonly type: 'file'; content: SparseFile }
export type Symlink = Inode & { readonly type: 'symlink'; readonly target: string }
export type Node = Directory | File | Symlink

/** Fails as a host would. */
export const refuse = (code: string, what: string): never => {
  throw Object.assign(new Error(`${code}: ${what}`), { code })
}

const namesOf = (path: string): readonly string[] => (path === '' ? [] : path.split('/'))

/** Told of every change of a tree, in order. */
export type Watch = {
  /** A directory has a name more, or one less: `node` is what it names from now on. */
  readonly named: (directory: Directory, name: string, node: Node | undefined) => void
  /** Content, times or mode of a node are others than before. */
  readonly changed: (node: Node) => void
}

const nobody: Watch = { named: () => undefined, changed: () => undefined }

/** A tree of files, directories and symlinks in memory. */
export type Nodes = {
  readonly root: Directory
  readonly newDirectory: () => Directory
  readonly newFile: (content: SparseFile) => File
  readonly newSymlink: (target: string) => Symlink
  readonly find: (path: string) => Node | undefined
  /** What has to be there. */
  readonly get: (path: string) => Node
  readonly directoryAt: (path: string) => Directory
  readonly fileAt: (path: string) => File
  /** Notes that the content of a node changed. */
  readonly touch: (node: Node) => void
  /** Notes that something about a node changed. */
  readonly mark: (node: Node) => void
  /** Gives a node a name that is free. */
  readonly put: (path: string, node: Node) => void
  /** Takes a name away and answers what had it. */
  readonly drop: (path: string) => Node
}

export const newNodes = (now: () => bigint, watch: Watch = nobody): Nodes => {
  let inodes = 0n
  // Every change is later than the one before, whatever the clock says.
  let changes = 0n
  const inode = (mode: number): Inode => ({ number: ++inodes, mtime: now(), ctime: ++changes, mode, links: 0 })
  const newDirectory = (): Directory => ({ ...inode(0o755), type: 'directory', entries: new Map() })
  const root = newDirectory()

  const find = (path: string): Node | undefined => {
    let node: Node | undefined = root
    for (const name of namesOf(path)) node = node?.type === 'directory' ? node.entries.get(name) : undefined
    return node
  }
  const get = (path: string): Node => find(path) ?? refuse('ENOENT', `${path} is missing`)
  const directoryAt = (path: string): Directory => {
    const node = get(path)
    return node.type === 'directory' ? node : refuse('ENOTDIR', `${path} is no directory`)
  }
  const fileAt = (path: string): File => {
    const node = get(path)
    return node.type === 'file' ? node : refuse('EISDIR', `${path} is no file`)
  }
  const placeOf = (path: string): { readonly parent: Directory; readonly name: string } => {
    const at = path.lastIndexOf('/')
    return { parent: directoryAt(path.slice(0, Math.max(at, 0))), name: path.slice(at + 1) }
  }
  const mark = (node: Node): void => {
    node.ctime = ++changes
    watch.changed(node)
  }
  const touch = (node: Node): void => {
    node.mtime = now()
    mark(node)
  }
  const put = (path: string, node: Node): void => {
    const { parent, name } = placeOf(path)
    if (parent.entries.has(name)) refuse('EEXIST', `${path} is there`)
    parent.entries.set(name, node)
    watch.named(parent, name, node)
    touch(parent)
    node.links++
    mark(node)
  }
  const drop = (path: string): Node => {
    const { parent, name } = placeOf(path)
    const node = parent.entries.get(name) ?? refuse('ENOENT', `${path} is missing`)
    parent.entries.delete(name)
    watch.named(parent, name, undefined)
    touch(parent)
    node.links--
    mark(node)
    return node
  }
  return {
    root,
    newDirectory,
    newFile: (content) => ({ ...inode(0o644), type: 'file', content }),
    newSymlink: (target) => ({ ...inode(0o777), type: 'symlink', target }),
    find,
    get,
    directoryAt,
    fileAt,
    touch,
    mark,
    put,
    drop,
  }
}

/**
 * A disk that can lose power.
 *
 * It has two halves: what was written, which everybody reads, and what is durable. `sync` makes them one. When the power goes,
 * what was written since may be lost as a journaling file system (NTFS, ext4, XFS) may lose it:
 *
 * - Changes of names (make, remove, rename, link) reach the journal in the order in which they were made, each as a whole: those
 *   up to some moment survive, those after it don't.
 * - The bytes of a file are written apart from the journal, in any order: each file has its new content, or what it had at the
 *   last sync (nothing, if it is new), or its new content cut off, or zeros of the new length, whatever became of its name.
 * - Times and modes go with the change of a name that came before them; those of a file with its content, if that is lost.
 *
 * What the process has in memory is lost with every crash; the disk loses nothing when only the process ends.
 */
import type { SparseFile } from '../artefacts/vhdx.js'
import { diskOf } from '../memory/disk.js'
import { newNodes, type Directory, type File, type Node, type Watch } from '../memory/nodes.js'
import type { Disk } from '../world/disk.js'
import { randomFrom } from './random.js'

type Inode = Pick<Node, 'mtime' | 'ctime' | 'mode'>
/** A name that was given or taken, or what an inode is from then on. */
type Change =
  | { readonly directory: Directory; readonly name: string; readonly node: Node | undefined }
  | { readonly of: Node; readonly inode: Inode }
/** `content`: of a file. */
type Durable = Inode & { readonly content?: SparseFile }

/** What becomes of a file's unsynced content: 0 keeps it. */
const fates = 4

const nothing: SparseFile = { length: 0, segments: [] }

const cut = ({ length, segments }: SparseFile): SparseFile => {
  const half = length >> 1
  return {
    length: half,
    segments: segments.flatMap(({ offset, bytes }) =>
      offset >= half ? [] : [{ offset, bytes: bytes.subarray(0, half - offset) }],
    ),
  }
}

export type SimulatedDisk = {
  /** The tree as it was written. */
  readonly disk: Disk
  readonly root: Directory
  /** In how many ways the power can go now. */
  readonly losses: () => number
  /** The power goes; `detail` says in which of those ways, and 0 loses nothing. */
  readonly losePower: (detail: number) => void
}

/** Reads choices off a number: exactly where the number can tell all of them, as a seed where it can't. */
const choicesFrom = (detail: number, ways: number): ((limit: number) => number) => {
  if (ways > 0x1_0000_0000) return randomFrom(detail).below
  let rest = detail
  return (limit) => {
    const choice = rest % limit
    rest = Math.floor(rest / limit)
    return choice
  }
}

/** A directory as it would be after the power went at the last sync. */
type DurableOf = (directory: Directory) => Map<string, Node>

/** Makes a tree what is durable of it. */
const restore = (directory: Directory, durableOf: DurableOf): void => {
  directory.entries.clear()
  for (const [name, node] of durableOf(directory)) {
    directory.entries.set(name, node)
    node.links++
    if (node.type === 'directory') restore(node, durableOf)
  }
}

const forgetLinks = (directory: Directory, durableOf: DurableOf, seen = new Set<Directory>()): void => {
  if (seen.has(directory)) return
  seen.add(directory)
  for (const node of [...directory.entries.values(), ...durableOf(directory).values()]) {
    node.links = 0
    if (node.type === 'directory') forgetLinks(node, durableOf, seen)
  }
}

const inodeOf = ({ mtime, ctime, mode }: Inode): Inode => ({ mtime, ctime, mode })

const contentOf = (node: Node): { readonly content?: SparseFile } =>
  node.type === 'file' ? { content: node.content } : {}

/** What becomes of a node. `before`: what it was at the last sync; `now`: with what the journal has of it. */
const meet = (node: Node, fate: number | undefined, before: Durable | undefined, now: Durable | undefined): void => {
  if (fate === 1) return void Object.assign(node, before ?? { content: nothing })
  if (now !== undefined) Object.assign(node, inodeOf(now))
  if (node.type !== 'file') return
  const { content } = node
  if (fate === 2) node.content = cut(content)
  else if (fate === 3) node.content = { length: content.length, segments: [] }
}

/** Follows the changes of a tree and knows what of it is durable. */
const openHalves = () => {
  const entries = new WeakMap<Directory, Map<string, Node>>()
  const inodes = new WeakMap<Node, Durable>()
  let changed = new Set<Node>()
  let effects: Change[][] = []
  let together: Change[] | undefined

  const durableOf: DurableOf = (directory) => {
    const known = entries.get(directory) ?? new Map<string, Node>()
    entries.set(directory, known)
    return known
  }
  const make = (surviving: readonly (readonly Change[])[]): void => {
    for (const change of surviving.flat())
      if ('of' in change) inodes.set(change.of, { ...inodes.get(change.of), ...change.inode })
      else if (change.node === undefined) durableOf(change.directory).delete(change.name)
      else durableOf(change.directory).set(change.name, change.node)
  }
  const keep = (): void => {
    for (const node of changed) inodes.set(node, { ...inodeOf(node), ...contentOf(node) })
    effects = []
    changed = new Set()
  }
  const unsynced = (): readonly File[] =>
    [...changed]
      .filter((node) => node.type === 'file')
      .filter((file) => (inodes.get(file)?.content ?? nothing) !== file.content)
  const losses = (): number => (effects.length + 1) * fates ** unsynced().length
  const watch: Watch = {
    named: (directory, name, node) => {
      const change = { directory, name, node }
      if (together === undefined) effects.push([change])
      else together.push(change)
    },
    changed: (node) => {
      changed.add(node)
      // The journal has it together with the change of a name that came with it.
      const last = together ?? effects.at(-1)
      if (last === undefined) effects.push([{ of: node, inode: inodeOf(node) }])
      else last.push({ of: node, inode: inodeOf(node) })
    },
  }
  return {
    watch,
    losses,
    sync: (): void => {
      make(effects)
      keep()
    },
    /** The changes of names that `change` makes survive all or none. */
    asOne: (change: () => void): void => {
      together = []
      try {
        change()
      } finally {
        if (together.length > 0) effects.push(together)
        together = undefined
      }
    },
    lose: (root: Directory, detail: number): void => {
      const choose = choicesFrom(detail, losses())
      const lost = choose(effects.length + 1)
      const fatesOf = new Map<Node, number>(unsynced().map((file) => [file, choose(fates)]))
      const before = new Map(Array.from(changed, (node) => [node, inodes.get(node)]))
      make(effects.slice(0, effects.length - lost))
      for (const node of changed) meet(node, fatesOf.get(node), before.get(node), inodes.get(node))
      forgetLinks(root, durableOf)
      restore(root, durableOf)
      keep()
    },
  }
}

export const simulatedDisk = (now: () => bigint): SimulatedDisk => {
  const { watch, losses, sync, asOne, lose } = openHalves()
  const nodes = newNodes(now, watch)
  const inner = diskOf(nodes)
  return {
    root: nodes.root,
    losses,
    losePower: (detail) => lose(nodes.root, detail),
    disk: { ...inner, sync, rename: (from, to) => asOne(() => inner.rename(from, to)) },
  }
}

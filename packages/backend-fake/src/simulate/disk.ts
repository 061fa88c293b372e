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
 * - Times and mode of a file go with its content, if that changed; others survive.
 *
 * What the process has in memory is lost with every crash; the disk loses nothing when only the process ends.
 */
import type { SparseFile } from '../artefacts/vhdx.js'
import { diskOf } from '../memory/disk.js'
import { newNodes, type Directory, type File, type Node, type Watch } from '../memory/nodes.js'
import type { Disk } from '../world/disk.js'
import { randomFrom } from './random.js'

type Inode = Pick<Node, 'mtime' | 'ctime' | 'mode'>
type Entry = { readonly directory: Directory; readonly name: string; readonly node: Node | undefined }

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

/** Follows the changes of a tree and knows what of it is durable. */
const openHalves = () => {
  const entries = new WeakMap<Directory, Map<string, Node>>()
  const contents = new WeakMap<File, Inode & { readonly content: SparseFile }>()
  let changed = new Set<File>()
  let effects: Entry[][] = []
  let together: Entry[] | undefined

  const durableOf: DurableOf = (directory) => {
    const known = entries.get(directory) ?? new Map<string, Node>()
    entries.set(directory, known)
    return known
  }
  const settle = (surviving: readonly (readonly Entry[])[]): void => {
    for (const { directory, name, node } of surviving.flat())
      if (node === undefined) durableOf(directory).delete(name)
      else durableOf(directory).set(name, node)
    for (const file of changed) {
      const { content, mtime, ctime, mode } = file
      contents.set(file, { content, mtime, ctime, mode })
    }
    effects = []
    changed = new Set()
  }
  const unsynced = (): readonly File[] =>
    [...changed].filter((file) => (contents.get(file)?.content ?? nothing) !== file.content)
  const losses = (): number => (effects.length + 1) * fates ** unsynced().length
  const meet = (file: File, fate: number): void => {
    const { content } = file
    if (fate === 1) Object.assign(file, contents.get(file) ?? { content: nothing })
    else if (fate === 2) file.content = cut(content)
    else if (fate === 3) file.content = { length: content.length, segments: [] }
  }
  const watch: Watch = {
    named: (directory, name, node) => {
      const entry = { directory, name, node }
      if (together === undefined) effects.push([entry])
      else together.push(entry)
    },
    changed: (node) => {
      if (node.type === 'file') changed.add(node)
    },
  }
  return {
    watch,
    losses,
    sync: () => settle(effects),
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
      for (const file of unsynced()) meet(file, choose(fates))
      forgetLinks(root, durableOf)
      settle(effects.slice(0, effects.length - lost))
      restore(root, durableOf)
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

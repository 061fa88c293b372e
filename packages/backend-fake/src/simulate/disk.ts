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
/** A directory's name means `node` from now on, or nothing. */
export type Entry = { readonly directory: Directory; readonly name: string; readonly node: Node | undefined }

/** In how many ways a file's unsynced content can end: 0 keeps it. */
export const fates = 4

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

/** What is left of a file's content, where `durable` was durable. */
export const contentAfter = (fate: number, content: SparseFile, durable: SparseFile): SparseFile => {
  if (fate === 1) return durable
  if (fate === 2) return cut(content)
  return fate === 3 ? { length: content.length, segments: [] } : content
}

/** What a loss of power would find. */
export type Unsynced = {
  /** Changes of names that are not durable, in order; each is kept or lost as a whole. */
  readonly changes: readonly (readonly Entry[])[]
  /** Files whose content is not durable, in the order in which `detail` tells what becomes of them. */
  readonly files: readonly { readonly file: File; readonly durable: SparseFile }[]
  /** The names that directories would have if the last so many changes of names were lost. */
  readonly namesAfter: (lost: number) => (directory: Directory) => ReadonlyMap<string, Node>
}

export type SimulatedDisk = {
  /** The tree as it was written. */
  readonly disk: Disk
  readonly root: Directory
  /** In how many ways the power can go now. */
  readonly losses: () => number
  readonly unsynced: () => Unsynced
  /**
   * The power goes; `detail` says in which of those ways, and 0 loses nothing: the changes of names that are lost, plus their
   * number and 1 times the fates of the files as digits to the base `fates`, the first file's last. Where a number below 2^32
   * can't tell all ways, such a number is a seed, and one from 2^32 on tells exactly when 2^32 is taken off.
   */
  readonly losePower: (detail: number) => void
}

/** Details below are seeds where they can't tell all ways. */
export const seeds = 0x1_0000_0000

/** Reads choices off a number: exactly where the number can tell all of them, as a seed where it can't. */
const choicesFrom = (detail: number, ways: number): ((limit: number) => number) => {
  if (ways > seeds && detail < seeds) return randomFrom(detail).below
  let rest = ways > seeds ? detail - seeds : detail
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

/** The names that directories would have once these changes are made. */
const namesAfter = (changes: Unsynced['changes'], durableOf: DurableOf): ReturnType<Unsynced['namesAfter']> => {
  const changed = new Map<Directory, Map<string, Node>>()
  for (const { directory, name, node } of changes.flat()) {
    const names = changed.get(directory) ?? new Map(durableOf(directory))
    changed.set(directory, names)
    if (node === undefined) names.delete(name)
    else names.set(name, node)
  }
  return (directory) => changed.get(directory) ?? durableOf(directory)
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
    const before = contents.get(file)
    if (fate === 1) Object.assign(file, before ?? { content: nothing })
    else if (fate > 1) file.content = contentAfter(fate, file.content, before?.content ?? nothing)
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
    unsynced: (): Unsynced => ({
      changes: effects,
      files: unsynced().map((file) => ({ file, durable: contents.get(file)?.content ?? nothing })),
      namesAfter: (lost) => namesAfter(effects.slice(0, effects.length - lost), durableOf),
    }),
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
  const { watch, losses, unsynced, sync, asOne, lose } = openHalves()
  const nodes = newNodes(now, watch)
  const inner = diskOf(nodes)
  return {
    root: nodes.root,
    losses,
    unsynced,
    losePower: (detail) => lose(nodes.root, detail),
    disk: { ...inner, sync, rename: (from, to) => asOne(() => inner.rename(from, to)) },
  }
}

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
export type Change =
  | { readonly directory: Directory; readonly name: string; readonly node: Node | undefined }
  | { readonly of: Node; readonly inode: Inode }
/** `content`: of a file. */
type Durable = Inode & { readonly content?: SparseFile }

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

/** A tree as it would be. */
export type Left = {
  readonly names: (directory: Directory) => ReadonlyMap<string, Node>
  readonly ctime: (node: Node) => bigint
}

/** What a loss of power would find. */
export type Pending = {
  /** What is not durable apart from contents, in order; each is kept or lost as a whole. */
  readonly changes: readonly (readonly Change[])[]
  /** Files whose content is not durable, in the order in which `detail` tells what becomes of them. */
  readonly files: readonly { readonly file: File; readonly durable: SparseFile }[]
  /** What would be left if the last so many changes were lost. */
  readonly after: (lost: number) => Left
}

export type SimulatedDisk = {
  /** The tree as it was written. */
  readonly disk: Disk
  readonly root: Directory
  /** Changes of names, and files with content, that are not durable. */
  readonly unsynced: () => { readonly names: number; readonly files: number }
  /** The power goes, and with it the last so many changes of names. `fate` says what becomes of each file: 0 to 3, 0 keeps it. */
  readonly lose: (names: number, fate: (file: number) => number) => void
  /** In how many ways the power can go now. */
  readonly losses: () => number
  readonly pending: () => Pending
  /**
   * The power goes; `detail` says in which of those ways, and 0 loses nothing: how many changes are lost, plus one more than their
   * number times the fates of the files as digits to the base `fates`, the first file's last. Where a number below `seeds` can't
   * tell all ways, such a number is a seed, and one from `seeds` on tells exactly when `seeds` is taken off.
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

const inodeOf = ({ mtime, ctime, mode }: Inode): Inode => ({ mtime, ctime, mode })

const contentOf = (node: Node): { readonly content?: SparseFile } =>
  node.type === 'file' ? { content: node.content } : {}

/** What becomes of a node. `before`: what it was at the last sync; `now`: with what the journal has of it. */
const meet = (node: Node, fate: number | undefined, before: Durable | undefined, now: Durable | undefined): void => {
  if (fate === 1) return void Object.assign(node, before ?? { content: nothing })
  if (now !== undefined) Object.assign(node, inodeOf(now))
  if (node.type === 'file' && fate !== undefined && fate > 1)
    node.content = contentAfter(fate, node.content, before?.content ?? nothing)
}

type Renamed = Extract<Change, { readonly name: string }>

const rename = (names: Map<string, Node>, { name, node }: Renamed): void => {
  if (node === undefined) names.delete(name)
  else names.set(name, node)
}

const leftAfter = (
  { durableOf, inodes }: { readonly durableOf: DurableOf; readonly inodes: WeakMap<Node, Durable> },
  all: Pending['changes'],
  lost: number,
): Left => {
  const names = new Map<Directory, Map<string, Node>>()
  const ctimes = new Map<Node, bigint>()
  for (const change of all.slice(0, all.length - lost).flat()) {
    if ('of' in change) {
      ctimes.set(change.of, change.inode.ctime)
      continue
    }
    const { directory } = change
    const changed = names.get(directory) ?? new Map(durableOf(directory))
    names.set(directory, changed)
    rename(changed, change)
  }
  return {
    names: (directory) => names.get(directory) ?? durableOf(directory),
    ctime: (node) => ctimes.get(node) ?? inodes.get(node)?.ctime ?? node.ctime,
  }
}

const filesIn = (nodes: ReadonlySet<Node>): readonly File[] => [...nodes].filter((node) => node.type === 'file')

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
      else rename(durableOf(change.directory), change)
  }
  const keep = (): void => {
    for (const node of changed) inodes.set(node, { ...inodeOf(node), ...contentOf(node) })
    effects = []
    changed = new Set()
  }
  const contentBefore = (file: File): SparseFile => inodes.get(file)?.content ?? nothing
  const unsynced = () => filesIn(changed).filter((file) => contentBefore(file) !== file.content)
  const watch: Watch = {
    named: (directory, name, node) => {
      if (together === undefined) effects.push([{ directory, name, node }])
      else together.push({ directory, name, node })
    },
    changed: (node) => {
      changed.add(node)
      // The journal has it together with the change of a name that came with it.
      const change = { of: node, inode: inodeOf(node) }
      const last = together ?? effects.at(-1)
      if (last === undefined) effects.push([change])
      else last.push(change)
    },
  }
  return {
    watch,
    pending: (): Pending => ({
      changes: effects,
      files: unsynced().map((file) => ({ file, durable: contentBefore(file) })),
      after: (lost) => leftAfter({ durableOf, inodes }, effects, lost),
    }),
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
    lose: (root: Directory, names: number, fate: (file: number) => number): void => {
      const fatesOf = new Map<Node, number>(unsynced().map((file, at) => [file, fate(at)]))
      const before = new Map(Array.from(changed, (node) => [node, inodes.get(node)]))
      make(effects.slice(0, effects.length - names))
      for (const node of changed) meet(node, fatesOf.get(node), before.get(node), inodes.get(node))
      forgetLinks(root, durableOf)
      restore(root, durableOf)
      keep()
    },
  }
}

export const simulatedDisk = (now: () => bigint): SimulatedDisk => {
  const { watch, pending, sync, asOne, lose } = openHalves()
  const nodes = newNodes(now, watch)
  const inner = diskOf(nodes)
  const unsynced = () => {
    const { changes, files } = pending()
    return { names: changes.length, files: files.length }
  }
  const losses = (): number => {
    const { names, files } = unsynced()
    return (names + 1) * fates ** files
  }
  return {
    root: nodes.root,
    unsynced,
    losses,
    pending,
    lose: (names, fate) => lose(nodes.root, names, fate),
    losePower: (detail) => {
      const choose = choicesFrom(detail, losses())
      const names = choose(unsynced().names + 1)
      lose(nodes.root, names, () => choose(fates))
    },
    disk: { ...inner, sync, rename: (from, to) => asOne(() => inner.rename(from, to)) },
  }
}

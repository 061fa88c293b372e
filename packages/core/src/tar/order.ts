import { foldName } from '../model/names.js'
import type { LayerEntry } from './entry.js'
import { folderAttribute } from './judge.js'
import { problem, type Problem } from './problem.js'
import { copyHash, emptyHash, extend, kinds, seenNames, type Kind, type NameHash, type SeenNames } from './seen.js'

/** Judges each entry by those before it: what is below what, what a link points to, what bears a name that is taken. */
export type LayerOrder = {
  /** Why the entry can't come now, or undefined. */
  readonly add: (entry: LayerEntry) => Problem | undefined
  /** Bytes held of the names seen so far. */
  readonly bytes: () => number
}

const words: Readonly<Record<Kind, string>> = {
  [kinds.none]: 'nothing',
  [kinds.directory]: 'a folder',
  [kinds.implied]: 'a folder',
  [kinds.file]: 'a file',
  [kinds.symlink]: 'a symlink',
  [kinds.reparseFolder]: 'a junction or a symlink',
  [kinds.link]: 'a hard link',
  [kinds.deleted]: 'a deletion',
  [kinds.stream]: 'an alternate stream',
  [kinds.opaque]: 'a deletion of all there is below',
  [kinds.awaited]: 'the target of an earlier hard link',
  [kinds.crowded]: 'one of too many names with like hashes',
}

const kindOf = (entry: LayerEntry): Kind => {
  switch (entry.type) {
    case 'directory':
      return kinds.directory
    case 'file':
      return kinds.file
    case 'junction':
      return kinds.reparseFolder
    case 'symlink':
      return (entry.attributes & folderAttribute) === 0 ? kinds.symlink : kinds.reparseFolder
    case 'link':
      return kinds.link
    case 'whiteout':
      return kinds.deleted
    case 'opaque':
      return kinds.opaque
    case 'stream':
      return kinds.stream
  }
}

/** The name under which an entry is known: nothing else bears it. */
const keyOf = (entry: LayerEntry): string => {
  if (entry.type === 'opaque') return `${entry.name}/`
  return entry.type === 'stream' ? `${entry.name}:${entry.stream}` : entry.name
}

const isFolder = (kind: Kind): boolean => kind === kinds.directory || kind === kinds.implied

const endOfPart = (path: string, from: number): number => {
  const slash = path.indexOf('/', from)
  return slash < 0 ? path.length : slash
}

type State = {
  readonly seen: SeenNames
  /** Without parents: a hard link has nowhere else to point to, and nothing is there to be deleted. */
  readonly isBase: boolean
  /** How many folders may be implied by what is in them. */
  readonly mostImplied: number
  implied: number
  /** Entries of one folder mostly follow one another: the one entered last. */
  folder: string
  readonly folderHash: NameHash
}

const misspelled = ({ seen }: State, path: string): Problem | undefined =>
  seen.isSpelledAlike()
    ? undefined
    : problem(path, 'must spell names as earlier entries do, upper and lower case alike')

const imply = (state: State, path: string): Problem | undefined => {
  if (++state.implied > state.mostImplied)
    return problem(path, `must need no more than ${state.mostImplied} folders that have no entry`)
  state.seen.put(kinds.implied)
  return undefined
}

/** Makes sure that all above an entry are folders, also those that no entry made. */
const enter = (state: State, path: string): Problem | undefined => {
  if (path === state.folder) return undefined
  const above = emptyHash()
  for (let from = 0; from < path.length;) {
    const to = endOfPart(path, from)
    extend(above, path, Math.max(0, from - 1), to)
    const kind = state.seen.look(above)
    const name = path.slice(0, to)
    const fault = isFolder(kind)
      ? misspelled(state, name)
      : kind === kinds.none
        ? imply(state, name)
        : problem(name, `must not be below ${words[kind]}`)
    if (fault !== undefined) return fault
    from = to + 1
  }
  state.folder = path
  copyHash(above, state.folderHash)
  return undefined
}

const pointsTo = (state: State, target: string, kind: Kind): Problem | undefined => {
  if (kind === kinds.file || kind === kinds.symlink || kind === kinds.link) return misspelled(state, target)
  if (isFolder(kind) || kind === kinds.reparseFolder) return problem(target, 'must not link to a folder')
  if (kind === kinds.crowded) return problem(target, `must not link to ${words[kind]}`)
  if (state.isBase) return problem(target, 'must link to a file that comes before it')
  if (kind === kinds.none) state.seen.put(kinds.awaited)
  return undefined
}

const link = (state: State, name: string, target: string): Problem | undefined => {
  if (target.length === name.length && foldName(target) === foldName(name))
    return problem(target, 'must not link to itself')
  const path = emptyHash()
  for (let from = 0; ;) {
    const to = endOfPart(target, from)
    extend(path, target, Math.max(0, from - 1), to)
    const kind = state.seen.look(path)
    if (to === target.length) return pointsTo(state, target, kind)
    const above = target.slice(0, to)
    if (isFolder(kind)) {
      const fault = misspelled(state, above)
      if (fault !== undefined) return fault
    } else if (kind !== kinds.none && kind !== kinds.deleted)
      return problem(above, `must not link to what would be below ${words[kind]}`)
    from = to + 1
  }
}

const add = (state: State, entry: LayerEntry): Problem | undefined => {
  if (state.isBase && (entry.type === 'whiteout' || entry.type === 'opaque'))
    return problem(entry.type, 'must not delete anything: a layer without parents has nothing to delete')
  const key = keyOf(entry)
  const fault =
    (entry.type === 'link' ? link(state, entry.name, entry.target) : undefined) ??
    enter(state, key.slice(0, Math.max(0, key.lastIndexOf('/'))))
  if (fault !== undefined) return fault
  const hash = { ...state.folderHash }
  extend(hash, key, state.folder.length, key.length)
  const kind = state.seen.look(hash)
  const own = kindOf(entry)
  if (kind === kinds.awaited) return problem(key, 'must come before the hard links to it')
  if (kind === kinds.implied && own === kinds.directory) {
    const otherwise = misspelled(state, key)
    if (otherwise !== undefined) return otherwise
  } else if (kind !== kinds.none) return problem(key, `must not have the name of ${words[kind]} before it`)
  state.seen.put(own)
  return undefined
}

/** An order of nothing so far. `entries` is also how many folders may be implied by what is in them. */
export const layerOrder = ({ isBase, entries }: { isBase: boolean; entries: number }): LayerOrder => {
  const seen = seenNames()
  const state: State = { seen, isBase, mostImplied: entries, implied: 0, folder: '', folderHash: emptyHash() }
  return { add: (entry) => add(state, entry), bytes: seen.bytes }
}

import { foldName, type SnapshotId } from '@varve/core/ports'
import type { DirectoryEntry, EntryTimes } from '@varve/core/tar'
import { allTimes, isOfType, rowsNamed } from './carried-rows.js'
import { ownPlaces } from './delta.js'
import type { Entry, EntryType, Stat } from './disk.js'
import { putStreams } from './export-table.js'
import type { Packer } from './packer.js'
import { isBelowAnother, nameOf, pathIn, readTable, type TableRow } from './table.js'
import { statOf } from './tree.js'
import type { Work } from './work.js'
import { filesOf, tableOf, type World } from './world.js'

/** Bytes up to which a file is read at once. */
const smallFile = 64 * 1024

const attributes = { file: 0x20, directory: 0x10, symlink: 0x420, other: 0 } as const

/** What a layer that no tar was applied to says of its entries, by path below `Files`. */
type Walk = {
  readonly world: World
  readonly packer: Packer
  /** The host's directory. */
  readonly files: string
  readonly streams: string
  readonly rows: ReadonlyMap<string, TableRow>
  /** Names that are deleted, by the path of their folder. */
  readonly deleted: Map<string, readonly string[]>
  /** First names of files that have several. */
  readonly links: Map<bigint, string>
}

/** Surrogates stand for what comes after all single units. */
const rank = (unit: number): number => {
  if (unit < 0xd800) return unit
  return unit < 0xe000 ? unit + 0x2000 : unit - 0x800
}

/** In the order of the bytes of their UTF-8 form. */
export const byBytes = (a: string, b: string): number => {
  const length = Math.min(a.length, b.length)
  for (let at = 0; at < length; at++) {
    const difference = rank(a.charCodeAt(at)) - rank(b.charCodeAt(at))
    if (difference !== 0) return difference
  }
  return a.length - b.length
}

type Windows = {
  readonly attributes: number
  readonly times: EntryTimes
}

/** What Windows knows of an entry: what its row says, or what follows from the host's own. */
const windowsOf = (type: EntryType, mtime: bigint, row: TableRow | undefined): Windows => {
  if (row === undefined || !isOfType(row.entry, type) || !('times' in row.entry))
    return { attributes: attributes[type], times: allTimes(mtime) }
  const { type: _type, name: _name, ...windows } = row.entry
  return windows
}

function* putFile(walk: Walk, path: string, stat: Stat): Work<void> {
  const { packer, files, links } = walk
  const name = nameOf(path)
  const row = walk.rows.get(path)
  const windows = windowsOf('file', stat.mtime, row)
  const first = links.get(stat.inode)
  if (first !== undefined) {
    const { attributes: bits, times } = windows
    return yield* packer.put({ type: 'link', name, attributes: bits, times, target: first })
  }
  if (stat.links > 1) links.set(stat.inode, name)
  const { size } = stat
  const file = { type: 'file', name, size, hasData: size > 0 } as const
  const body = { path: `${files}/${path}`, size, isWhole: true }
  // Most files have no row, and copying what a row may have takes its time.
  if (row === undefined)
    return yield* packer.put({ ...file, attributes: windows.attributes, times: windows.times }, body)
  yield* packer.put({ ...windows, ...file }, body)
  if (isOfType(row.entry, 'file')) yield* putStreams(packer, name, row.streams, walk.streams)
}

/**
 * Puts a file that has no more to it than its name and its bytes, as most have, without a step; answers whether it was one that
 * is small enough.
 */
const putPlain = ({ world, packer, files, rows }: Walk, path: string): boolean => {
  if (rows.has(path)) return false
  const at = `${files}/${path}`
  return world.disk.open(at, (input) => {
    const { size, links, mtime } = input
    if (links > 1 || size > smallFile) return false
    const file = { type: 'file', name: nameOf(path), size, hasData: size > 0 } as const
    return packer.putSmall({ ...file, attributes: attributes.file, times: allTimes(mtime) }, at, input)
  })
}

function* putOther(walk: Walk, path: string, type: 'directory' | 'symlink', mtime: bigint): Work<void> {
  const { world, packer, files, rows } = walk
  const row = rows.get(path)
  const named = { ...windowsOf(type, mtime, row), name: nameOf(path) }
  if (type === 'directory') yield* packer.put({ ...named, type })
  else {
    const kind = row?.entry.type === 'junction' ? 'junction' : 'symlink'
    yield* packer.put({ ...named, type: kind, target: world.disk.readlink(`${files}/${path}`) })
  }
  if (row !== undefined && isOfType(row.entry, type)) yield* putStreams(packer, nameOf(path), row.streams, walk.streams)
}

/** Deletions of a folder's names. What stands again under such a name hides what was there, a folder only if it says so. */
function* putDeletions({ packer, deleted }: Walk, folder: string, own: readonly Entry[]): Work<readonly string[]> {
  const names = deleted.get(folder)
  if (names === undefined) return []
  deleted.delete(folder)
  const byFold = new Map(own.map((entry) => [foldName(entry.name), entry]))
  const opaque: string[] = []
  for (const name of names.toSorted(byBytes)) {
    const again = byFold.get(foldName(name))
    if (again?.type === 'directory') opaque.push(again.name)
    else if (again === undefined) yield* packer.put({ type: 'whiteout', name: nameOf(below(folder, name)) })
  }
  return opaque
}

const below = (folder: string, name: string): string => (folder === '' ? name : `${folder}/${name}`)

const isRecycled = (path: string): boolean => foldName(path) === '$RECYCLE.BIN'

function* putFolder(walk: Walk, folder: string): Work<void> {
  const { disk } = walk.world
  const directory = folder === '' ? walk.files : `${walk.files}/${folder}`
  const entries = disk.readdir(directory)
  const opaque = new Set(yield* putDeletions(walk, folder, entries))
  for (const { name, type } of entries.toSorted((a, b) => byBytes(a.name, b.name))) {
    const path = below(folder, name)
    if (folder === '' && isRecycled(path)) continue
    if (type === 'file' && putPlain(walk, path)) {
      const due = walk.packer.stepDue()
      if (due !== undefined) yield due
      continue
    }
    const stat = statOf(disk, `${walk.files}/${path}`)
    if (stat.type === 'file') yield* putFile(walk, path, stat)
    else if (stat.type !== 'other') yield* putOther(walk, path, stat.type, stat.mtime)
    if (stat.type !== 'directory') continue
    if (opaque.has(name)) yield* walk.packer.put({ type: 'opaque', name: nameOf(path) })
    yield* putFolder(walk, path)
  }
}

const grouped = (deleted: readonly string[]): Map<string, readonly string[]> => {
  const groups = new Map<string, string[]>()
  for (const path of deleted) {
    const at = Math.max(0, path.lastIndexOf('/'))
    const [folder, name] = [path.slice(0, at), path.slice(at === 0 ? 0 : at + 1)]
    const group = groups.get(folder)
    if (group === undefined) groups.set(folder, [name])
    else group.push(name)
  }
  return groups
}

/** The folder `Files` of a layer that was never written to is that of its nearest parent. */
function* rootOf(world: World, parents: readonly SnapshotId[]): Work<DirectoryEntry> {
  const { disk } = world
  const parent = parents.find((layer) => disk.lstat(filesOf(layer)) !== undefined)
  const mtime = parent === undefined ? 0n : statOf(disk, filesOf(parent)).mtime
  const rows = parent === undefined ? undefined : yield* rowsNamed(world, tableOf(parent), new Set([foldName('Files')]))
  return { ...windowsOf('directory', mtime, rows?.get(foldName('Files'))), type: 'directory', name: 'Files' }
}

/** Puts what a layer has of its own: its `Files`, and with parents what it deletes, and `Hives`. */
export function* putOwn(world: World, id: SnapshotId, parents: readonly SnapshotId[], packer: Packer): Work<void> {
  const { files, table, streams } = ownPlaces(world, id)
  const rows = new Map<string, TableRow>()
  const deleted = new Set<string>()
  yield* readTable(world, table, (row) => {
    const path = pathIn(row.entry.name) ?? ''
    if (row.entry.type === 'whiteout') deleted.add(path)
    else rows.set(path, row)
  })
  let { times } = yield* rootOf(world, parents)
  if (files === undefined) yield* packer.put(yield* rootOf(world, parents))
  else {
    const walk: Walk = {
      world,
      packer,
      files,
      streams,
      rows,
      deleted: grouped([...deleted].filter((path) => !isBelowAnother(path, deleted))),
      links: new Map(),
    }
    const { mtime } = statOf(world.disk, files)
    times = windowsOf('directory', mtime, rows.get('')).times
    yield* putOther(walk, '', 'directory', mtime)
    yield* putFolder(walk, '')
    for (const folder of [...walk.deleted.keys()].toSorted(byBytes)) yield* putDeletions(walk, folder, [])
  }
  if (parents.length > 0)
    yield* packer.put({ type: 'directory', name: 'Hives', attributes: attributes.directory, times })
}

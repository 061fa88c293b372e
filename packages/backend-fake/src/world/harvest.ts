import type { SnapshotId } from '@varve/core/ports'
import { carriedRows, type Taken } from './carried-rows.js'
import { finishHarvest } from './delta.js'
import type { Disk, Stat } from './disk.js'
import { isUnchanged, readManifest, type Row } from './manifest.js'
import { rowWriter } from './rows.js'
import { isBelowAnother, lineOfRow, nameOf, readDeletions } from './table.js'
import { copyEntry, statOf, type Links } from './tree.js'
import { sparingly, step, type Work } from './work.js'
import { deltaFilesOf, deltaTableOf, filesOf, halfDeltaOf, mountOf, newDeltaOf, type World } from './world.js'

type Harvest = {
  readonly disk: Disk
  /** The merged tree. */
  readonly tree: string
  /** Content of the delta that the tree was made with. */
  readonly before: string
  /** Content of the delta being made. */
  readonly to: string
  /** Rows of entries not met yet. */
  readonly manifest: Map<string, Row>
  readonly hidden: Set<string>
  /**
   * Of these, those that were hidden before the tree was made. The manifest does not know them, so they are kept below others, too:
   * the harvest may be cut and made again, of a tree in which their folder is there again.
   */
  readonly earlier: ReadonlySet<string>
  /** What the delta takes and a layer had before. */
  readonly taken: Taken[]
  /** Of these, files with several names, by inode. */
  readonly linked: Map<bigint, Taken>
  /** Names that files with several were given since. */
  readonly named: { readonly path: string; readonly inode: bigint }[]
  readonly links: Links
  readonly isDue: () => boolean
}

/** A directory of the tree on the way down, made in the delta once something in it belongs there. */
type Folder = {
  readonly path: string
  readonly above: Folder | undefined
  readonly stat: Stat
  readonly layer: SnapshotId | undefined
  isMade: boolean
}

const take = (harvest: Harvest, path: string, stat: Stat, layer: SnapshotId | undefined): void => {
  const { type, mtime, inode } = stat
  const at = path.slice(1)
  const hasNames = type === 'file' && stat.links > 1
  if (layer !== undefined && layer !== 0) {
    const one = { path: at, from: at, type, modified: mtime, layer }
    harvest.taken.push(one)
    if (hasNames) harvest.linked.set(inode, one)
  } else if (hasNames) harvest.named.push({ path: at, inode })
}

/** What the delta takes; a new name has what its file has. */
const allTaken = ({ taken, linked, named }: Harvest): readonly Taken[] => [
  ...taken,
  ...named.flatMap(({ path, inode }) => {
    const file = linked.get(inode)
    return file === undefined ? [] : [{ ...file, path }]
  }),
]

const make = (harvest: Harvest, folder: Folder): void => {
  if (folder.isMade) return
  if (folder.above !== undefined) make(harvest, folder.above)
  harvest.disk.mkdir(harvest.to + folder.path)
  take(harvest, folder.path, folder.stat, folder.layer)
  folder.isMade = true
}

/** An entry that the delta had before and that nobody touched. A second name is cheaper than a copy, and both are ours alone. */
function* carry(harvest: Harvest, path: string, stat: Stat): Work<void> {
  const { disk, before, to, tree, links } = harvest
  const type = disk.lstat(before + path)?.type
  if (stat.type !== 'file' || type !== 'file') return yield* copyEntry(disk, tree + path, to + path, stat, links)
  disk.link(before + path, to + path)
  yield step
}

function* harvestEntry(harvest: Harvest, above: Folder, path: string, stat: Stat): Work<void> {
  const { disk, manifest, hidden, tree, to, links } = harvest
  const key = path.slice(1)
  const row = manifest.get(key)
  manifest.delete(key)
  const isSame = row !== undefined && isUnchanged(row, stat)
  const isParents = isSame && row.origin === 'parents'
  // Of another type than before: one row hides all that was below it.
  if (row !== undefined && row.origin !== 'own' && row.type !== stat.type) hidden.add(key)
  if (stat.type === 'directory') {
    const folder: Folder = { path, above, stat, layer: row?.layer, isMade: false }
    if (!isParents) make(harvest, folder)
    yield* harvestFolder(harvest, folder)
    if (folder.isMade) disk.restore(to + path, stat)
  } else if (!isParents) {
    make(harvest, above)
    take(harvest, path, stat, row?.layer)
    if (isSame) yield* carry(harvest, path, stat)
    else yield* copyEntry(disk, tree + path, to + path, stat, links)
  }
}

function* harvestFolder(harvest: Harvest, folder: Folder): Work<void> {
  for (const { name } of harvest.disk.readdir(harvest.tree + folder.path)) {
    const path = `${folder.path}/${name}`
    const stat = harvest.disk.lstat(harvest.tree + path)
    if (stat !== undefined) yield* harvestEntry(harvest, folder, path, stat)
    if (harvest.isDue()) yield step
  }
}

/** Paths hidden before this tree was made. A harvest that was cut may have added others, which are found anew. */
const stillHidden = (deleted: readonly string[], manifest: ReadonlyMap<string, Row>): readonly string[] =>
  deleted.filter((path) => (manifest.get(path)?.origin ?? 'own') === 'own')

/** The layer whose `Files` the root of the tree was made after. */
const rootLayer = ({ disk }: World, id: SnapshotId, parents: readonly SnapshotId[]): SnapshotId | undefined => {
  if (disk.lstat(deltaFilesOf(id)) !== undefined) return id
  return parents.find((parent) => disk.lstat(filesOf(parent)) !== undefined)
}

function* writeTable(world: World, harvest: Harvest, parents: readonly SnapshotId[], half: string): Work<void> {
  const { hidden, earlier } = harvest
  const rows = yield* carriedRows(world, allTaken(harvest), parents, `${half}/streams`)
  const deleted = [...hidden].filter((path) => earlier.has(path) || !isBelowAnother(path, hidden))
  if (rows.length + deleted.length === 0) return
  const table = rowWriter(world.disk, `${half}/deleted.ndjson`)
  for (const path of deleted)
    yield* table.add(lineOfRow({ entry: { type: 'whiteout', name: nameOf(path) }, streams: [] }))
  for (const row of rows) yield* table.add(row)
  yield* table.flush()
}

/** Makes a new delta of what differs between the merged tree and its manifest, and lets it replace the old one. */
export function* harvestTree(world: World, id: SnapshotId, parents: readonly SnapshotId[]): Work<void> {
  const { disk } = world
  const manifest = yield* readManifest(world, id)
  const deleted = yield* readDeletions(world, deltaTableOf(id))
  const half = halfDeltaOf(id)
  const tree = mountOf(id)
  const root = statOf(disk, tree)
  const earlier = new Set(stillHidden(deleted, manifest))
  const harvest: Harvest = {
    disk,
    tree,
    before: deltaFilesOf(id),
    to: `${half}/Files`,
    manifest,
    hidden: new Set(earlier),
    earlier,
    taken: [],
    linked: new Map(),
    named: [],
    links: new Map(),
    isDue: sparingly(),
  }
  const top: Folder = { path: '', above: undefined, stat: root, layer: rootLayer(world, id, parents), isMade: false }
  make(harvest, top)
  yield* harvestFolder(harvest, top)
  disk.restore(harvest.to, root)
  for (const [path, { origin }] of manifest) if (origin !== 'own') harvest.hidden.add(path)
  yield* writeTable(world, harvest, parents, half)
  // What has the new delta's name is taken for complete, also after the power went.
  disk.sync()
  yield step
  disk.rename(half, newDeltaOf(id))
  yield step
  yield* finishHarvest(world, id)
}

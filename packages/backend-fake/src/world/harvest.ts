import type { SnapshotId } from '@varve/core/ports'
import { finishHarvest } from './delta.js'
import type { Disk, Stat } from './disk.js'
import { isUnchanged, readManifest, type Row } from './manifest.js'
import { readDeletions, writeDeletions } from './rows.js'
import { copyEntry, type Links } from './tree.js'
import { sparingly, step, type Work } from './work.js'
import { deltaDeletionsOf, deltaFilesOf, deltaOf, mountOf, newDeltaOf, type World } from './world.js'

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
  readonly links: Links
  readonly isDue: () => boolean
}

/** A directory of the tree on the way down, made in the delta once something in it belongs there. */
type Folder = { readonly path: string; readonly above: Folder | undefined; isMade: boolean }

const make = (harvest: Harvest, folder: Folder): void => {
  if (folder.isMade) return
  if (folder.above !== undefined) make(harvest, folder.above)
  harvest.disk.mkdir(harvest.to + folder.path)
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
    const folder: Folder = { path, above, isMade: false }
    if (!isParents) make(harvest, folder)
    yield* harvestFolder(harvest, folder)
    if (folder.isMade) disk.restore(to + path, stat)
  } else if (!isParents) {
    make(harvest, above)
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

const isBelowAnother = (path: string, hidden: ReadonlySet<string>): boolean => {
  for (let at = path.lastIndexOf('/'); at > 0; at = path.lastIndexOf('/', at - 1))
    if (hidden.has(path.slice(0, at))) return true
  return false
}

/** Makes a new delta of what differs between the merged tree and its manifest, and lets it replace the old one. */
export function* harvestTree(world: World, id: SnapshotId): Work<void> {
  const { disk } = world
  const manifest = yield* readManifest(world, id)
  const deleted = yield* readDeletions(disk, deltaDeletionsOf(id))
  const hidden = new Set(stillHidden(deleted, manifest))
  const half = `${deltaOf(id)}.tmp`
  const to = `${half}/Files`
  const tree = mountOf(id)
  const root = disk.lstat(tree)
  disk.mkdir(to)
  const harvest: Harvest = {
    disk,
    tree,
    before: deltaFilesOf(id),
    to,
    manifest,
    hidden,
    links: new Map(),
    isDue: sparingly(),
  }
  yield* harvestFolder(harvest, { path: '', above: undefined, isMade: true })
  if (root !== undefined) disk.restore(to, root)
  for (const [path, { origin }] of manifest) if (origin !== 'own') hidden.add(path)
  yield* writeDeletions(
    disk,
    `${half}/deleted.ndjson`,
    [...hidden].filter((path) => !isBelowAnother(path, hidden)),
  )
  disk.rename(half, newDeltaOf(id))
  yield step
  yield* finishHarvest(world, id)
}

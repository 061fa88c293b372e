import * as E from 'fp-ts/lib/Either.js'
import { diskPaths, layerNamed, ownerFile, sidecarNamed, traceNamed, type Trace } from '@varve/core/adapter'
import { readSidecar, type Found, type FoundDisk, type LayerParts, type SnapshotId } from '@varve/core/ports'
import { examineVhdx } from '@varve/core/vhdx'
import { baseFiles } from './base.js'
import { ownerOf } from './owner.js'
import { step, type Work } from './work.js'
import { layerOf, mountOf, retiredMountOf, retiredOf, sidecarOf, type World } from './world.js'

/** What is beside `snapshots` and `meta`. */
const traces: readonly Trace[] = [
  ['mounts', /^(?:rm-)?(\d+)$/, { role: 'attachment', shows: true }],
  ['mounts', /^(\d+)\.(?:tmp|part|gone|probe)$/, { role: 'temporary' }],
  ['scratch', /^(\d+)(?:\.new|\.seal)?$/, { role: 'content' }],
  ['scratch', /^(\d+)\.(?:tmp|part)$/, { role: 'temporary' }],
  ['tables', /^(\d+)\.(?:ndjson|streams)$/, { role: 'content' }],
]

const foreign = (path: string): Found => ({ role: 'foreign', path })

const traceAt = ({ disk }: World, directory: string, name: string): Found => {
  const path = `${directory}/${name}`
  const found = traceNamed(traces, directory, name)
  if (found !== undefined) return found
  const [, shown] = (directory === 'mounts' ? /^(\d+)\.ndjson$/.exec(name) : undefined) ?? []
  if (shown === undefined) return foreign(path)
  const id = Number(shown)
  // A manifest without its tree is that of one that was never completed, or is gone.
  const isWhole = [mountOf(id), retiredMountOf(id)].some((tree) => disk.lstat(tree) !== undefined)
  return isWhole ? { role: 'attachment', path, id, shows: false } : { role: 'temporary', path, id }
}

/** What is at a path below `mounts`, `scratch` or `tables`. */
export const roleOf = (world: World, path: string): Found['role'] => {
  const [directory = '', name = '', ...below] = path.split('/')
  return below.length === 0 ? traceAt(world, directory, name).role : 'foreign'
}

const namesIn = ({ disk }: World, directory: string): readonly string[] =>
  disk.lstat(directory)?.type === 'directory' ? disk.readdir(directory).map(({ name }) => name) : []

/** Everything in the root by its name; what layers and sidecars hold is looked up one by one. */
export function* survey(world: World): Work<readonly Found[]> {
  const owner: readonly Found[] =
    world.disk.lstat(ownerFile) === undefined ? [] : [{ role: 'owner', path: ownerFile, log: ownerOf(world) }]
  yield step
  return [
    ...owner,
    ...namesIn(world, 'snapshots').map(layerNamed),
    ...namesIn(world, 'meta').map((name) => sidecarNamed(name) ?? foreign(`meta/${name}`)),
    ...['mounts', 'scratch', 'tables'].flatMap((directory) =>
      namesIn(world, directory).map((name) => traceAt(world, directory, name)),
    ),
    ...namesIn(world, 'quarantine').map((name): Found => ({ role: 'quarantined', path: `quarantine/${name}` })),
  ]
}

const diskAt = ({ disk }: World, layer: string, path: string): readonly FoundDisk[] => {
  const at = `${layer}/${path}`
  const stat = disk.lstat(at)
  if (stat === undefined) return []
  if (stat.type !== 'file') return [{ path, problem: { kind: 'damaged', message: 'it is no file' } }]
  const size = examineVhdx((offset, length) => disk.read(at, offset, length), stat.size)
  return [E.isRight(size) ? { path, virtualSize: String(size.right) } : { path, problem: size.left }]
}

/** What is in the directory of a layer; undefined where it is none. */
function* partsOf(world: World, id: SnapshotId, retired: boolean): Work<LayerParts | undefined> {
  const { disk } = world
  const layer = retired ? retiredOf(id) : layerOf(id)
  if (disk.lstat(layer)?.type !== 'directory') return undefined
  const disks: FoundDisk[] = []
  for (const path of diskPaths) {
    disks.push(...diskAt(world, layer, path))
    yield step
  }
  return {
    names: namesIn(world, layer).toSorted(),
    hasFiles: disk.lstat(`${layer}/Files`)?.type === 'directory',
    hasUtilityVm: disk.lstat(`${layer}/UtilityVM/Files`)?.type === 'directory',
    missingBaseFiles: baseFiles.filter((path) => disk.lstat(`${layer}/${path}`)?.type !== 'file'),
    disks,
  }
}

const sidecarTextOf = ({ disk }: World, id: SnapshotId): string => {
  const path = sidecarOf(id)
  const stat = disk.lstat(path)
  return stat?.type === 'file' ? new TextDecoder().decode(disk.read(path, 0, stat.size)) : ''
}

/** What was found under a name, with what is in it. */
export function* look(world: World, found: Found): Work<Found> {
  if (found.role === 'layer') return { ...found, parts: yield* partsOf(world, found.id, found.retired) }
  yield step
  if (found.role !== 'sidecar') return found
  const told = readSidecar(sidecarTextOf(world, found.id))
  return { ...found, log: told?.log, sidecar: told?.sidecar }
}

import { checkOwner, layersNamed, ownerBytes, ownerFile } from '@varve/core/adapter'
import type { FoundLayer, SnapshotId } from '@varve/core/ports'
import { ownerOf } from './owner.js'
import { forgetAdditions } from './seal-note.js'
import { isNotedCommitted } from './sidecar.js'
import { placeSafely, removeTree } from './tree.js'
import { step, type Work } from './work.js'
import {
  deltaOf,
  halfBuilt,
  layerOf,
  manifestOf,
  mountOf,
  newDeltaOf,
  retiredMountOf,
  retiredOf,
  sealNoteOf,
  sidecarOf,
  streamsOf,
  tableOf,
  type World,
} from './world.js'

const directories = ['snapshots', 'scratch', 'mounts', 'meta', 'tables'] as const

function* removeHalfBuilt({ disk }: World): Work<void> {
  for (const directory of ['scratch', 'mounts'])
    for (const { name } of disk.readdir(directory))
      if (halfBuilt.test(name)) yield* removeTree(disk, `${directory}/${name}`)
}

/** Notes of seals that were done, and forgot them when the power went. */
const forgetDone = (world: World): void => {
  for (const { name } of world.disk.readdir('scratch')) {
    const [, id] = /^(\d+)\.seal$/.exec(name) ?? []
    if (id !== undefined && isNotedCommitted(world, Number(id))) forgetAdditions(world, Number(id))
  }
}

/** Takes the root for a log and answers which layers it holds. Nobody is attached to anything yet. */
export function* claim(world: World, log: string): Work<readonly FoundLayer[]> {
  const { disk, layout, attached } = world
  const owner = ownerOf(world)
  checkOwner(layout, { hasFile: disk.lstat(ownerFile) !== undefined, owner }, log)
  for (const directory of directories) disk.mkdir(directory)
  if (owner === undefined) yield* placeSafely(disk, 0, ownerFile, ownerBytes(log))
  world.log = log
  attached.clear()
  yield* removeHalfBuilt(world)
  forgetDone(world)
  return layersNamed(disk.readdir('snapshots').map(({ name }) => name))
}

const freeName = ({ disk }: World, name: string): string => {
  for (let n = 1; ; n++) if (disk.lstat(`quarantine/${name}-${n}`) === undefined) return `${name}-${n}`
}

/** Everything that is kept of a layer beside its directory, and how that is called behind the directory's name in quarantine. */
const belongings = (id: SnapshotId) =>
  [
    [deltaOf(id), '.scratch'],
    [newDeltaOf(id), '.scratch.new'],
    [mountOf(id), '.mount'],
    [retiredMountOf(id), '.rm-mount'],
    [manifestOf(id), '.mount.ndjson'],
    [tableOf(id), '.deleted.ndjson'],
    [streamsOf(id), '.streams'],
    [sealNoteOf(id), '.seal'],
    [sidecarOf(id), '.json'],
  ] as const

/**
 * Moves a layer to a name in quarantine, with all that is kept of it elsewhere; a retired one goes alone where its id has another
 * directory, whose that is. The directory moves last, because it is what makes a move that was cut be found and finished.
 */
export function* moveLayer({ disk }: World, { id, retired }: FoundLayer, name: string): Work<void> {
  const from = retired ? retiredOf(id) : layerOf(id)
  const isOther = retired && disk.lstat(layerOf(id)) !== undefined
  disk.mkdir('quarantine')
  for (const [path, suffix] of [...(isOther ? [] : belongings(id)), [from, ''] as const]) {
    if (disk.lstat(path) !== undefined) disk.rename(path, `quarantine/${name}${suffix}`)
    yield step
  }
}

/** Moves directories that no record claims out of the way; answers their new names. */
export function* quarantine(world: World, layers: readonly FoundLayer[]): Work<readonly string[]> {
  const names: string[] = []
  for (const layer of layers) {
    const { id, retired } = layer
    const name = freeName(world, retired ? `rm-${id}` : String(id))
    yield* moveLayer(world, layer, name)
    names.push(name)
  }
  return names
}

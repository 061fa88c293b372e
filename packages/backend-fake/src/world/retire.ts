import type { DestroyLayer, Result, RetireLayer, SnapshotId } from '@varve/core/ports'
import { dropTree, removeDropped } from './detach.js'
import { partOf, removeTree } from './tree.js'
import { step, type Work } from './work.js'
import {
  deltaOf,
  halfDeltaOf,
  layerOf,
  mountOf,
  newDeltaOf,
  retiredOf,
  sealNoteOf,
  sidecarOf,
  streamsOf,
  tableOf,
  type World,
} from './world.js'

/** Renames the directory; what was written in a merged tree and not detached is dropped, its deletion left to Destroy. */
export function* retireLayer(world: World, { layer }: RetireLayer): Work<Result> {
  const { disk, attached } = world
  if (disk.lstat(layerOf(layer)) !== undefined) disk.rename(layerOf(layer), retiredOf(layer))
  yield step
  attached.delete(layer)
  if (disk.lstat(mountOf(layer)) !== undefined) yield* dropTree(world, layer)
  return { type: 'LayerRetired' }
}

/** Deletes everything that bears the layer's id. */
export function* removeTraces(world: World, id: SnapshotId): Work<void> {
  const { disk, attached } = world
  attached.delete(id)
  yield* removeDropped(world, id)
  yield* removeTree(disk, mountOf(id))
  const traces = [
    retiredOf(id),
    layerOf(id),
    deltaOf(id),
    newDeltaOf(id),
    halfDeltaOf(id),
    partOf(id),
    sealNoteOf(id),
    tableOf(id),
    streamsOf(id),
    sidecarOf(id),
  ]
  for (const path of traces) yield* removeTree(disk, path)
}

export function* destroyLayer(world: World, { layer }: DestroyLayer): Work<Result> {
  yield* removeTraces(world, layer)
  return { type: 'LayerDestroyed' }
}

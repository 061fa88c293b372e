import type { DestroyLayer, Result, RetireLayer, SnapshotId } from '@varve/core/ports'
import { removeDropped } from './detach.js'
import { partOf, removeTree } from './tree.js'
import { step, type Work } from './work.js'
import {
  deltaOf,
  halfDeltaOf,
  layerOf,
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

/** Renames the directory and the merged tree, if there is one: what was written there is dropped with the layer. */
export function* retireLayer(world: World, { layer }: RetireLayer): Work<Result> {
  const { disk, attached } = world
  if (disk.lstat(layerOf(layer)) !== undefined) disk.rename(layerOf(layer), retiredOf(layer))
  // In the same step: what is written to an attached layer must not make its directory anew.
  attached.delete(layer)
  yield step
  if (disk.lstat(mountOf(layer)) !== undefined) disk.rename(mountOf(layer), retiredMountOf(layer))
  yield step
  return { type: 'LayerRetired' }
}

/** Gives layers back the names that a retire took from them which then failed: their records are there still. */
export function* bringBack({ disk }: World, ids: readonly SnapshotId[]): Work<void> {
  const renames = ids.flatMap((id) => [
    [retiredOf(id), layerOf(id)] as const,
    [retiredMountOf(id), mountOf(id)] as const,
  ])
  for (const [retired, name] of renames) {
    if (disk.lstat(name) !== undefined || disk.lstat(retired) === undefined) continue
    disk.rename(retired, name)
    yield step
  }
}

/** Deletes everything that bears the layer's id. */
export function* removeTraces(world: World, id: SnapshotId): Work<void> {
  const { disk, attached } = world
  attached.delete(id)
  yield* removeDropped(world, id)
  yield* removeTree(disk, mountOf(id))
  const traces = [
    retiredMountOf(id),
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

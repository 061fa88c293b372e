import type { DetachLayer, Result, SnapshotId } from '@varve/core/ports'
import { finishHarvest, unseal } from './delta.js'
import { harvestTree } from './harvest.js'
import { removeTree } from './tree.js'
import { usageOf } from './usage.js'
import { step, type Work } from './work.js'
import { manifestOf, mountOf, type World } from './world.js'

/** Moves a merged tree aside; half of one must never be taken for a tree that somebody deleted files from. */
export function* dropTree({ disk }: World, id: SnapshotId): Work<void> {
  yield* removeTree(disk, `${mountOf(id)}.gone`)
  disk.rename(mountOf(id), `${mountOf(id)}.gone`)
  yield step
}

/** Deletes what is left of merged trees that are not in use. */
export function* removeDropped({ disk }: World, id: SnapshotId): Work<void> {
  const tree = mountOf(id)
  for (const left of [`${tree}.gone`, `${tree}.tmp`, `${tree}.probe`, manifestOf(id)]) yield* removeTree(disk, left)
}

function* takeIn(world: World, id: SnapshotId, parents: readonly SnapshotId[]): Work<void> {
  yield* finishHarvest(world, id)
  yield* unseal(world, id)
  if (world.disk.lstat(mountOf(id)) === undefined) return
  yield* harvestTree(world, id, parents)
  yield* dropTree(world, id)
}

/** Takes what was written in a merged tree into the layer's delta. Parentless: it was written in the layer itself. */
export function* detachLayer(world: World, { layer, parents }: DetachLayer): Work<Result> {
  const root = world.attached.get(layer)
  world.attached.delete(layer)
  if (parents.length > 0) {
    try {
      yield* takeIn(world, layer, parents)
    } catch (cause) {
      if (root !== undefined && world.disk.lstat(root) !== undefined) world.attached.set(layer, root)
      throw cause
    }
    yield* removeDropped(world, layer)
  }
  return { type: 'LayerDetached', usage: yield* usageOf(world, layer) }
}

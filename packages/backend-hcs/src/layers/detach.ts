import type { DetachLayer, Result, SnapshotId } from '@varve/core/ports'
import { unmarkAttached } from './mark.js'
import { mayBeUp, takeDown, unbind } from './up.js'
import { usageOf } from './usage.js'
import { layerOf, mountOf, type World } from './world.js'

/** As long as something is bound the layer counts as attached, so that nobody writes into the bare mount folder. */
export const takeAway = (world: World, layer: SnapshotId): void => {
  const isUp = mayBeUp(world, layer)
  if (isUp) unbind(world, layer)
  unmarkAttached(world, layer)
  if (isUp) takeDown(world, layer, layerOf(world, layer))
}

/** Takes away what attach has made; what was written is in the layer. */
export const detachLayer = (world: World, { layer, parents }: DetachLayer): Result => {
  // It may be up although somebody has deleted its mount folder.
  if (parents.length > 0) world.machine.files.makeFolder(mountOf(world, layer))
  takeAway(world, layer)
  return { type: 'LayerDetached', usage: usageOf(world, layer) }
}

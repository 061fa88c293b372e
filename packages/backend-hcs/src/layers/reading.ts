import { layerDescriptors, type SnapshotId } from '@varve/core/ports'
import { baseSource } from '../transport/base-source.js'
import type { LayerSource } from '../transport/items.js'
import { exportedSource } from '../transport/transport-source.js'
import { bringUp, orUndo, takeDown } from './up.js'
import { layerOf, outgoingOf, type World } from './world.js'

/**
 * Uses what a layer holds over its parents. It is activated meanwhile; having been prepared once, a disk that nobody has used
 * yet is a complete one. Everything is closed and the layer down again when this ends.
 */
const readOver = <T>(
  world: World,
  layer: SnapshotId,
  parents: readonly SnapshotId[],
  use: (source: LayerSource) => T,
): T => {
  const path = layerOf(world, layer)
  bringUp(world, layer, path, parents)
  const answer = orUndo(
    () => {
      world.machine.native.UnprepareLayer(path)
      const descriptors = layerDescriptors(world.layout, parents)
      return use(exportedSource(world.machine, { layer: path, folder: outgoingOf(world, layer), parents: descriptors }))
    },
    () => takeDown(world, layer, path),
  )
  takeDown(world, layer, path)
  return answer
}

/** Uses the content of a layer that is not attached, as it goes into a tar. Whoever begins to read it ends that. */
export const readLayer = <T>(
  world: World,
  layer: SnapshotId,
  parents: readonly SnapshotId[],
  use: (source: LayerSource) => T,
): T =>
  parents.length === 0 ? use(baseSource(world.machine, layerOf(world, layer))) : readOver(world, layer, parents, use)

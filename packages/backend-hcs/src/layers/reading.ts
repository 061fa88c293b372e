import { layerDescriptors, type SnapshotId } from '@varve/core/ports'
import { baseSource } from '../transport/base-source.js'
import type { LayerSource } from '../transport/items.js'
import { exportedSource } from '../transport/transport-source.js'
import { bringUp, orUndo, takeDown } from './up.js'
import { layerOf, outgoingOf, type World } from './world.js'

/** Uses what a parentless layer holds; what `use` leaves unread is closed. */
const readBase = <T>(world: World, layer: SnapshotId, use: (source: LayerSource) => T): T => {
  const source = baseSource(world.machine, layerOf(world, layer))
  try {
    return use(source)
  } finally {
    source.return()
  }
}

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
      const source = exportedSource(world.machine, {
        layer: path,
        folder: outgoingOf(world, layer),
        parents: layerDescriptors(world.layout, parents),
      })
      try {
        return use(source)
      } finally {
        source.return()
      }
    },
    () => takeDown(world, layer, path),
  )
  takeDown(world, layer, path)
  return answer
}

/** Uses the content of a layer that is not attached, as it goes into a tar. */
export const readLayer = <T>(
  world: World,
  layer: SnapshotId,
  parents: readonly SnapshotId[],
  use: (source: LayerSource) => T,
): T => (parents.length === 0 ? readBase(world, layer, use) : readOver(world, layer, parents, use))

import { backendFault, type DestroyLayer, type Result, type RetireLayer, type SnapshotId } from '@varve/core/ports'
import { codeOf, codes, raise } from '../failure.js'
import { dropBootFiles } from './boot-files.js'
import { takeAway } from './detach.js'
import { attempts, pauseBetween, takeDown } from './up.js'
import { wipeTemporary } from './wipe.js'
import { layerOf, retiredOf, sealNoteOf, sidecarOf, type World } from './world.js'

/** MOVEFILE_REPLACE_EXISTING */
const replacing = 1

/**
 * Renames a layer's folder. Access is denied while its disk is attached, as a crash may have left it; for a moment after that, too, and
 * while a virus scanner looks at it.
 */
export const moveLayer = (world: World, id: SnapshotId, from: string, to: string): void => {
  for (let attempt = 1; ; attempt++) {
    try {
      return world.machine.native.MoveFileExW(from, to, replacing)
    } catch (cause) {
      if (attempt === attempts || codeOf(cause) !== codes.accessDenied) throw cause
      if (attempt === 1) takeDown(world, id, from)
      else world.pause(pauseBetween)
    }
  }
}

/** Renames the folder; what was written while it was attached goes with it. */
export const retireLayer = (world: World, { layer }: RetireLayer): Result => {
  takeAway(world, layer)
  const path = layerOf(world, layer)
  if (world.machine.files.exists(path)) moveLayer(world, layer, path, retiredOf(world, layer))
  return { type: 'LayerRetired' }
}

/** Gives layers their names back that a retire had renamed when it failed. */
export const bringBack = (world: World, layers: readonly SnapshotId[]): void => {
  const { files } = world.machine
  for (const layer of layers) {
    const [path, retired] = [layerOf(world, layer), retiredOf(world, layer)]
    if (!files.exists(path) && files.exists(retired)) moveLayer(world, layer, retired, path)
  }
}

/** By the platform, which deletes what an access list forbids to anybody. */
const destroy = ({ machine: { native, files } }: World, path: string): void => {
  if (!files.exists(path)) return
  native.DestroyLayer(path)
  if (!files.exists(path)) return
  raise(
    backendFault(
      `DestroyLayer has left ${path} behind; close what uses it, and it is tried again`,
      codes.sharingViolation,
    ),
  )
}

/** Deletes everything that bears the layer's id. */
export const removeTraces = (world: World, layer: SnapshotId): void => {
  takeAway(world, layer)
  const { files } = world.machine
  destroy(world, retiredOf(world, layer))
  destroy(world, layerOf(world, layer))
  wipeTemporary(world, layer)
  dropBootFiles(world, layer)
  files.removeFile(sealNoteOf(world, layer))
  files.removeFile(sidecarOf(world, layer))
}

export const destroyLayer = (world: World, { layer }: DestroyLayer): Result => {
  removeTraces(world, layer)
  return { type: 'LayerDestroyed' }
}

import { backendFault, type Result, type SealLayer } from '@varve/core/ports'
import { checkBase, convertToBase } from './base.js'
import { finishHarvest, ownContent } from './delta.js'
import { codes, raise } from './failure.js'
import { checkNames } from './names-check.js'
import { notedTemplates, writeSidecar } from './sidecar.js'
import { removeTree } from './tree.js'
import { usageOf } from './usage.js'
import { step, type Work } from './work.js'
import {
  deletionsOf,
  deltaDeletionsOf,
  deltaFilesOf,
  deltaOf,
  filesOf,
  layerOf,
  shownPath,
  type World,
} from './world.js'

/** A scratch's delta becomes the layer's `Files`; `sandbox.vhdx` stays, as a later export needs it. */
function* takeDelta({ disk }: World, { layer }: SealLayer): Work<void> {
  disk.mkdir(`${layerOf(layer)}/Hives`)
  yield step
  if (disk.lstat(deltaDeletionsOf(layer)) !== undefined) disk.rename(deltaDeletionsOf(layer), deletionsOf(layer))
  yield step
  if (disk.lstat(deltaFilesOf(layer)) !== undefined) disk.rename(deltaFilesOf(layer), filesOf(layer))
  else disk.mkdir(filesOf(layer))
  yield step
  yield* removeTree(disk, deltaOf(layer))
}

function* convert(world: World, intent: SealLayer): Work<Readonly<Record<string, string>>> {
  const { layer, parents } = intent
  yield* finishHarvest(world, layer)
  if (parents.length === 0) checkBase(world, layer)
  yield* checkNames(world, intent, yield* ownContent(world, layer))
  if (parents.length === 0) return yield* convertToBase(world, layer)
  yield* takeDelta(world, intent)
  return {}
}

/** Turns a scratch into a layer. A parentless one that gains a parent here has its delta in `Files` already. */
export function* sealLayer(world: World, intent: SealLayer): Work<Result> {
  const { layer, name, parents, purpose, profile, labels } = intent
  if (world.disk.lstat(layerOf(layer)) === undefined) {
    const shown = shownPath(world, layerOf(layer))
    raise(
      backendFault(
        `SealLayer of layer ${layer}: ${shown} is missing; put it back or remove the snapshot`,
        codes.fileNotFound,
      ),
    )
  }
  const made = purpose === 'unpack' ? {} : yield* convert(world, intent)
  const templates = { ...notedTemplates(world, layer), ...made }
  yield* writeSidecar(world, { id: layer, kind: 'Committed', name, parents, purpose, profile, labels, templates })
  return { type: 'LayerSealed', usage: yield* usageOf(world, layer) }
}

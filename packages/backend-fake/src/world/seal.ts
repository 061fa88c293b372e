import type { Result, SealLayer, SnapshotId } from '@varve/core/ports'
import { checkBase, convertToBase } from './base.js'
import type { Control } from './control.js'
import { finishHarvest, movesOf, ownContent, unseal } from './delta.js'
import { removeDropped } from './detach.js'
import { checkNames } from './names-check.js'
import { needDirectory } from './need.js'
import { forgetAdditions, noteAdditions, removeAdditions } from './seal-note.js'
import { isNotedCommitted, notedTemplates, writeSidecar } from './sidecar.js'
import { partOf, removeTree } from './tree.js'
import { undoable } from './undo.js'
import { usageOf } from './usage.js'
import { step, type Work } from './work.js'
import { deltaFilesOf, deltaOf, filesOf, layerOf, mountOf, type World } from './world.js'

/** A scratch's delta becomes the layer's `Files`; `sandbox.vhdx` stays, as a later export needs it. */
function* takeDelta(world: World, id: SnapshotId): Work<void> {
  const { disk } = world
  const hasContent = disk.lstat(deltaFilesOf(id)) !== undefined
  const additions = [`${layerOf(id)}/Hives`, ...(hasContent ? [] : [filesOf(id)])]
  yield* noteAdditions(world, id, additions)
  disk.mkdir(`${layerOf(id)}/Hives`)
  yield step
  for (const [delta, sealed] of movesOf(id)) {
    if (disk.lstat(delta) !== undefined) disk.rename(delta, sealed)
    yield step
  }
  disk.mkdir(filesOf(id))
  yield* removeTree(disk, deltaOf(id))
}

function* convertScratch(world: World, intent: SealLayer): Work<Readonly<Record<string, string>>> {
  const { layer, key, parents } = intent
  yield* finishHarvest(world, layer)
  if (parents.length === 0) {
    needDirectory(world, `SealLayer of layer ${layer}`, filesOf(layer))
    checkBase(world, layer)
  }
  const asking = { asked: `commit of ${JSON.stringify(key)}`, again: 'commit', parents }
  yield* checkNames(world, asking, yield* ownContent(world, layer))
  if (parents.length === 0) return yield* convertToBase(world, layer)
  yield* takeDelta(world, layer)
  return {}
}

function* convertApplied(world: World, { layer, applied, parents }: SealLayer): Work<Readonly<Record<string, string>>> {
  if (!applied || parents.length > 0) return {}
  checkBase(world, layer)
  return yield* convertToBase(world, layer)
}

function* seal(world: World, intent: SealLayer): Work<Result> {
  const { layer, name, parents, purpose, profile, labels } = intent
  const made = yield* purpose === 'unpack' ? convertApplied(world, intent) : convertScratch(world, intent)
  const templates = { ...notedTemplates(world, layer), ...made }
  const usage = yield* usageOf(world, layer)
  yield* writeSidecar(world, { id: layer, kind: 'Committed', name, parents, purpose, profile, labels, templates })
  // Of an attach that failed when it was done.
  yield* removeTree(world.disk, mountOf(layer))
  yield* removeDropped(world, layer)
  yield step
  world.disk.sync()
  forgetAdditions(world, layer)
  return { type: 'LayerSealed', usage }
}

/** The layer as it was before its seal, which has added to it and moved its delta. */
function* undoSeal(world: World, { layer, parents, purpose, madeParentless }: SealLayer): Work<void> {
  yield* removeTree(world.disk, partOf(layer))
  yield* removeAdditions(world, layer)
  if (purpose === 'scratch' && parents.length > 0 && !madeParentless) yield* unseal(world, layer)
}

/** Turns a scratch into a layer. A parentless one that gains a parent here has its delta in `Files` already. */
export function* sealLayer(world: World, intent: SealLayer, { isCancelled }: Control): Work<Result> {
  const { layer } = intent
  const what = `SealLayer of layer ${layer}`
  needDirectory(world, what, layerOf(layer))
  return yield* undoable({
    what,
    work: seal(world, intent),
    isCancelled,
    sync: () => world.disk.sync(),
    isTooLate: () => isNotedCommitted(world, layer),
    undo: () => undoSeal(world, intent),
  })
}

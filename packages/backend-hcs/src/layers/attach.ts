import type { AttachLayer, Result } from '@varve/core/ports'
import { isAttached, markAttached } from './mark.js'
import { needFolder } from './need.js'
import { undoSeal } from './seal-undo.js'
import { bind, bringUp, orUndo, putDown, takeDown, unbind } from './up.js'
import { filesOf, layerOf, mountOf, type World } from './world.js'

/** Binds, and marks the layer as attached. */
const show = (world: World, { layer, kind }: AttachLayer, target: string): void => {
  bind(world, layer, target, kind === 'View')
  orUndo(
    () => markAttached(world, layer, kind),
    () => unbind(world, layer),
  )
}

/** The inside of `Files`: as it is, or bound so that nobody can write. */
const attachFiles = (world: World, what: string, intent: AttachLayer): void => {
  const { layer, kind } = intent
  const { files } = world.machine
  needFolder(world, what, filesOf(world, layer))
  if (kind === 'Active') return markAttached(world, layer, kind)
  files.makeFolder(mountOf(world, layer))
  orUndo(
    () => show(world, intent, filesOf(world, layer)),
    () => files.removeFolder(mountOf(world, layer)),
  )
}

/** The layer's own disk, through which the parents are seen. */
const attachDisk = (world: World, what: string, intent: AttachLayer): void => {
  const { layer, parents } = intent
  const path = layerOf(world, layer)
  for (const parent of parents) needFolder(world, what, layerOf(world, parent))
  bringUp(world, layer, path, parents)
  orUndo(
    () => show(world, intent, world.machine.native.GetLayerMountPath(path)),
    () => takeDown(world, layer, path),
  )
}

/** Shows the content of a layer at its mount folder, that of a parentless one that can be written in its own `Files`. */
export const attachLayer = (world: World, intent: AttachLayer): Result => {
  const { layer, parents } = intent
  const what = `AttachLayer of layer ${layer}`
  const path = layerOf(world, layer)
  needFolder(world, what, path)
  if (!isAttached(world, layer)) {
    putDown(world, layer, path)
    undoSeal(world, { layer, isParentless: parents.length === 0, purpose: 'scratch', applied: false })
    if (parents.length === 0) attachFiles(world, what, intent)
    else attachDisk(world, what, intent)
  }
  return { type: 'LayerAttached' }
}

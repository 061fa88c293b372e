import type { AttachLayer, Result } from '@varve/core/ports'
import { finishHarvest, ownContent } from './delta.js'
import type { Disk } from './disk.js'
import { writeManifest } from './manifest.js'
import { parentsView, withOwn, type Merged } from './merge.js'
import { needDirectory } from './need.js'
import { removeAdditions } from './seal-note.js'
import { copyEntry, removeTree, statOf, type Links } from './tree.js'
import { step, type Work } from './work.js'
import { filesOf, layerOf, mountOf, type World } from './world.js'

/** Fills `to` with what the view shows below `view`. */
function* copyView(disk: Disk, view: Merged, to: string, links: Links): Work<void> {
  for (const child of view.children.values()) {
    const stat = statOf(disk, child.at)
    const path = `${to}/${child.name}`
    yield* copyEntry(disk, child.at, path, stat, links)
    if (stat.type !== 'directory') continue
    yield* copyView(disk, child, path, links)
    disk.restore(path, stat)
  }
}

function* buildTree(world: World, { layer, parents }: AttachLayer): Work<void> {
  const { disk } = world
  const tree = mountOf(layer)
  const half = `${tree}.tmp`
  yield* removeTree(disk, half)
  const below = yield* parentsView(world, parents)
  const view = yield* withOwn(world, below, layer, yield* ownContent(world, layer))
  disk.mkdir(half)
  yield* copyView(disk, view, half, new Map())
  if (view.at !== '') disk.restore(half, statOf(disk, view.at))
  yield* writeManifest(world, layer, view, half)
  // What has the tree's name is taken for complete, also after the power went.
  disk.sync()
  yield step
  disk.rename(half, tree)
  yield step
}

/**
 * Parentless: the inside of `Files`. With parents: a copy of everything the layer and its parents show, complete when it
 * has its name; what was written there before a crash is still in it.
 */
export function* attachLayer(world: World, intent: AttachLayer): Work<Result> {
  const { layer, parents } = intent
  const what = `AttachLayer of layer ${layer}`
  needDirectory(world, what, layerOf(layer))
  if (parents.length === 0) {
    needDirectory(world, what, filesOf(layer))
    yield* removeAdditions(world, layer)
    world.attached.set(layer, filesOf(layer))
    return { type: 'LayerAttached' }
  }
  for (const parent of parents) needDirectory(world, what, layerOf(parent))
  yield* finishHarvest(world, layer)
  if (world.disk.lstat(mountOf(layer)) === undefined) yield* buildTree(world, intent)
  world.attached.set(layer, mountOf(layer))
  return { type: 'LayerAttached' }
}

import * as E from 'fp-ts/lib/Either.js'
import { layerDescriptors, type Failure, type ImportLayer, type Result, type SnapshotId } from '@varve/core/ports'
import { layerDecoder, type LayerItem } from '@varve/core/tar'
import { raise } from '../failure.js'
import type { LayerSink } from '../transport/items.js'
import { baseSink } from '../transport/base-sink.js'
import { transportSink } from '../transport/transport-sink.js'
import { dropBootFiles } from './boot-files.js'
import { checkCancelled, undoable } from './cancel.js'
import type { Control } from './control.js'
import { needFolder } from './need.js'
import { counter, pour } from './pour.js'
import { removeNote } from './seal-note.js'
import { usageOf } from './usage.js'
import { lasting } from './volume.js'
import { wipe, wipeTemporary } from './wipe.js'
import { incomingOf, layerOf, type World } from './world.js'

/** Removes what a tar brought into a layer. */
const emptyLayer = (world: World, layer: SnapshotId): void => {
  const { files } = world.machine
  const path = layerOf(world, layer)
  wipeTemporary(world, layer)
  removeNote(world, layer)
  dropBootFiles(world, layer)
  for (const name of files.list(path)) wipe(world, `${path}\\${name}`)
}

const openSink = (world: World, { layer, parents }: ImportLayer, beforeImport: () => void): LayerSink => {
  const path = layerOf(world, layer)
  if (parents.length === 0) return baseSink(world.machine, path)
  return transportSink(world.machine, {
    layer: path,
    folder: incomingOf(world, layer),
    parents: layerDescriptors(world.layout, parents),
    beforeImport,
  })
}

const given = <T>(either: E.Either<Failure, T>): T => (E.isLeft(either) ? raise(either.left) : either.right)

/** The items of a tar, to its very end; answers how many entries it had. */
function* received({ parents, limits }: ImportLayer, { take }: Control): Generator<LayerItem, number, undefined> {
  const decoder = layerDecoder({ isBase: parents.length === 0, entries: limits.entries })
  for (;;) {
    const arrival = take()
    if (arrival.type === 'failed') raise(arrival.failure)
    else if (arrival.type === 'end') return given(decoder.end()).entries
    else yield* given(decoder.push(arrival.bytes))
  }
}

const fillLayer = (world: World, what: string, intent: ImportLayer, control: Control): Result => {
  const { layer } = intent
  const check = (): void => checkCancelled(what, control)
  emptyLayer(world, layer)
  check()
  const sink = openSink(world, intent, check)
  try {
    let entries = 0
    function* counted(): Generator<LayerItem, void, undefined> {
      entries = yield* received(intent, control)
    }
    pour(counted(), sink, check, counter(control))
    check()
    sink.close()
    return { type: 'LayerImported', usage: usageOf(world, layer), entries }
  } finally {
    sink.abort()
  }
}

/** Fills a layer from a tar. A run that fails leaves it empty; one that was cut is begun anew. */
export const importLayer = (world: World, intent: ImportLayer, control: Control): Result => {
  const { layer } = intent
  const what = `ImportLayer of layer ${layer}`
  needFolder(world, what, layerOf(world, layer))
  return undoable(
    what,
    () => lasting(world, fillLayer(world, what, intent, control)),
    () => emptyLayer(world, layer),
  )
}

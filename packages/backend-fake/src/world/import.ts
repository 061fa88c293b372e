import * as E from 'fp-ts/lib/Either.js'
import { backendFault, type Failure, type ImportLayer, type Result, type SnapshotId } from '@varve/core/ports'
import { layerDecoder, type LayerItem } from '@varve/core/tar'
import type { Control, Inlet } from './control.js'
import { codes, raise } from './failure.js'
import { openSink, type LayerSink } from './sink.js'
import { removeTree } from './tree.js'
import { undoable } from './undo.js'
import { usageOf } from './usage.js'
import { waiting, type Work } from './work.js'
import { halfDeltaOf, layerOf, shownPath, streamsOf, tableOf, type World } from './world.js'

/** Removes what a tar brought into a layer, and what is beside it. */
function* emptyLayer({ disk }: World, id: SnapshotId): Work<void> {
  for (const path of [tableOf(id), streamsOf(id), halfDeltaOf(id)]) yield* removeTree(disk, path)
  for (const { name } of disk.readdir(layerOf(id))) yield* removeTree(disk, `${layerOf(id)}/${name}`)
}

const given = <T>(either: E.Either<Failure, T>): T => (E.isLeft(either) ? raise(either.left) : either.right)

function* receive(inlet: Inlet): Work<Uint8Array | undefined> {
  for (;;) {
    const arrival = inlet.take()
    if (arrival === undefined) yield waiting
    else if (arrival.type === 'failed') raise(arrival.failure)
    else return arrival.type === 'bytes' ? arrival.bytes : undefined
  }
}

function* put(sink: LayerSink, items: readonly LayerItem[]): Work<void> {
  for (const item of items) {
    if (item.type === 'entry') yield* sink.add(item.entry, item.offset)
    else {
      sink.write(item.bytes)
      yield { files: 0, bytes: item.bytes.length }
    }
  }
}

function* fillLayer(world: World, intent: ImportLayer, inlet: Inlet): Work<Result> {
  const { layer, parents, limits } = intent
  yield* emptyLayer(world, layer)
  const decoder = layerDecoder({ isBase: parents.length === 0, entries: limits.entries })
  const sink = yield* openSink(world, intent)
  try {
    for (;;) {
      const bytes = yield* receive(inlet)
      if (bytes === undefined) break
      yield* put(sink, given(decoder.push(bytes)))
    }
    const { entries } = given(decoder.end())
    yield* sink.close()
    return { type: 'LayerImported', usage: yield* usageOf(world, layer), entries }
  } finally {
    sink.abort()
  }
}

/** Fills a layer from a tar. A run that fails leaves it empty; one that was cut is begun anew. */
export function* importLayer(world: World, intent: ImportLayer, { isCancelled, inlet }: Control): Work<Result> {
  const { layer } = intent
  const what = `ImportLayer of layer ${layer}`
  if (world.disk.lstat(layerOf(layer))?.type !== 'directory') {
    const shown = shownPath(world, layerOf(layer))
    raise(backendFault(`${what}: ${shown} is no directory; put it back or remove the snapshot`, codes.fileNotFound))
  }
  const none = (): never => raise(backendFault(`${what}: no tar was given; give one`, codes.invalidParameter))
  return yield* undoable({
    what,
    work: fillLayer(world, intent, inlet ?? { take: none }),
    isCancelled,
    sync: () => world.disk.sync(),
    isTooLate: () => false,
    undo: () => emptyLayer(world, layer),
  })
}

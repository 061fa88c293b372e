import * as E from 'fp-ts/lib/Either.js'
import { backendFault, type ExportedLayer, type SnapshotId } from '@varve/core/ports'
import { layerEncoder, type LayerItem } from '@varve/core/tar'
import { codes, raise } from '../failure.js'
import { checkStopped } from './cancel.js'
import type { Control } from './control.js'
import { isAttached } from './mark.js'
import { needFolder } from './need.js'
import { counter } from './pour.js'
import { readLayer } from './reading.js'
import { wipe } from './wipe.js'
import { filesOf, layerOf, replacedFilesOf, scratchOf, type World } from './world.js'

const chunkLength = 256 * 1024

/** Hands bytes on in whole chunks. */
const chunks = ({ put }: Control) => {
  let chunk = new Uint8Array(chunkLength)
  let filled = 0
  const handOn = (): void => {
    if (filled > 0) put(filled === chunkLength ? chunk : chunk.slice(0, filled))
    chunk = new Uint8Array(chunkLength)
    filled = 0
  }
  const add = (bytes: Uint8Array): void => {
    for (let from = 0; from < bytes.length;) {
      const part = bytes.subarray(from, from + chunkLength - filled)
      chunk.set(part, filled)
      filled += part.length
      from += part.length
      if (filled === chunkLength) handOn()
    }
  }
  return { add, handOn }
}

/** Whether there is anything in it that a tar could have: not in an unpack layer that nothing was applied to. */
const hasContent = (world: World, layer: SnapshotId): boolean =>
  [filesOf(world, layer), scratchOf(world, layer)].some((path) => world.machine.files.exists(path))

/** The Windows layer tar of a layer that is not attached, as chunks. `epoch`: every time in it. */
export const exportLayer = (
  world: World,
  { id, parents }: ExportedLayer,
  epoch: bigint | undefined,
  control: Control,
): void => {
  const what = `export of layer ${id}`
  if (isAttached(world, id)) raise(backendFault(`${what}: it is attached; detach it first`, codes.sharingViolation))
  needFolder(world, what, layerOf(world, id))
  const encoder = layerEncoder(epoch === undefined ? {} : { epoch })
  const { add, handOn } = chunks(control)
  const count = counter(control)
  const put = (item: LayerItem): void => {
    checkStopped(what, control)
    if (item.type === 'bytes') add(item.bytes)
    else {
      const header = encoder.entry(item.entry)
      add(E.isLeft(header) ? raise(header.left) : header.right)
    }
    count(item)
  }
  if (hasContent(world, id))
    readLayer(world, id, parents, (source) => {
      for (const item of source) put(item)
    })
  wipe(world, replacedFilesOf(world, id))
  add(encoder.end())
  handOn()
}

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
import { filesOf, layerOf, scratchOf, type World } from './world.js'

/** Whether there is anything in it that a tar could have: not in an unpack layer that nothing was applied to. */
const hasContent = (world: World, layer: SnapshotId): boolean =>
  [filesOf(world, layer), scratchOf(world, layer)].some((path) => world.machine.files.exists(path))

/** The Windows layer tar of a layer that is not attached. `epoch`: every time in it. */
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
  const count = counter(control)
  const put = (item: LayerItem): void => {
    checkStopped(what, control)
    if (item.type === 'bytes') control.put(item.bytes)
    else {
      const header = encoder.entry(item.entry)
      control.put(E.isLeft(header) ? raise(header.left) : header.right)
    }
    count(item)
  }
  if (hasContent(world, id))
    readLayer(world, id, parents, (source) => {
      for (const item of source) put(item)
    })
  control.put(encoder.end())
}

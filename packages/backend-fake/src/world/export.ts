import { backendFault, type ExportedLayer, type SnapshotId } from '@varve/core/ports'
import type { Control } from './control.js'
import { ownContent } from './delta.js'
import { putApplied } from './export-table.js'
import { putOwn } from './export-walk.js'
import { codes, raise } from './failure.js'
import { checkNames } from './names-check.js'
import { needDirectory } from './need.js'
import { packer } from './packer.js'
import { isNotedCommitted } from './sidecar.js'
import { isApplied } from './table.js'
import type { Work } from './work.js'
import { filesOf, layerOf, tableOf, type World } from './world.js'

/** Whether there is anything in it that a tar could have: not in an unpack layer that nothing was applied to. */
const hasContent = ({ disk }: World, id: SnapshotId): boolean =>
  [filesOf(id), `${layerOf(id)}/sandbox.vhdx`].some((path) => disk.lstat(path) !== undefined)

const refuse = (id: SnapshotId, why: string, code: number): never =>
  raise(backendFault(`export of layer ${id}: ${why}`, code))

/**
 * The Windows layer tar of a layer, into the outlet: of one that a tar was applied to, that tar; of another, what it has of its
 * own. `epoch`: every time in it.
 */
export function* exportLayer(
  world: World,
  { id, parents }: ExportedLayer,
  epoch: bigint | undefined,
  { outlet }: Control,
): Work<void> {
  if (outlet === undefined)
    return refuse(id, 'there is nobody to take it; ask for it as a stream', codes.invalidParameter)
  if (world.attached.has(id)) refuse(id, 'it is attached; detach it first', codes.sharingViolation)
  needDirectory(world, `export of layer ${id}`, layerOf(id))
  const tar = packer(world, outlet, epoch)
  if (isApplied(world.disk, tableOf(id))) yield* putApplied(world, id, tar)
  else if (hasContent(world, id)) {
    if (!isNotedCommitted(world, id))
      yield* checkNames(
        world,
        { asked: `export of layer ${id}`, again: 'export', parents },
        yield* ownContent(world, id),
      )
    yield* putOwn(world, id, parents, tar)
  }
  yield* tar.end()
}

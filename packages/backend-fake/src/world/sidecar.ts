import { fieldsIn, sidecarBytes, templatesIn, type Fields, type Sidecar } from '@varve/core/adapter'
import type { SnapshotId } from '@varve/core/ports'
import { placeSafely } from './tree.js'
import type { Work } from './work.js'
import { sidecarOf, type World } from './world.js'

export function* writeSidecar(world: World, sidecar: Sidecar): Work<void> {
  yield* writeSidecarOf(world, world.log, sidecar)
}

/** Of a layer of that log. */
export function* writeSidecarOf({ disk }: World, log: string, sidecar: Sidecar): Work<void> {
  yield* placeSafely(disk, sidecar.id, sidecarOf(sidecar.id), sidecarBytes(log, sidecar))
}

const readSidecar = ({ disk }: World, id: SnapshotId): Fields => {
  const found = disk.lstat(sidecarOf(id))
  return found?.type === 'file' ? fieldsIn(disk.read(sidecarOf(id), 0, found.size)) : {}
}

/** Whether the layer was sealed to the end. */
export const isNotedCommitted = (world: World, id: SnapshotId): boolean =>
  readSidecar(world, id)['kind'] === 'Committed'

/** The templates noted when the layer was made; none where the sidecar is lost or damaged. */
export const notedTemplates = (world: World, id: SnapshotId): Sidecar['templates'] =>
  templatesIn(readSidecar(world, id))

import { ownerFile, ownerIn, sidecarBytes, templatesIn, type Fields, type Sidecar } from '@varve/core/adapter'
import { pathOf, type SnapshotId } from '@varve/core/ports'
import { readFields } from './fields.js'
import { sidecarOf, type World } from './world.js'

export const ownerFileOf = ({ layout }: World): string => pathOf(layout, ownerFile)

/** UUID of the log that the root was claimed for; undefined where nothing says it. */
export const ownerOf = (world: World): string | undefined => {
  const { files } = world.machine
  const path = ownerFileOf(world)
  return files.kindOf(path) === 'file' ? ownerIn(files.readFile(path)) : undefined
}

const write = (world: World, id: SnapshotId, fields: Fields, log = ownerOf(world) ?? ''): void =>
  world.machine.files.writeFile(sidecarOf(world, id), sidecarBytes(log, fields))

/** `log`: default the one that the root was claimed for. */
export const writeSidecar = (world: World, sidecar: Sidecar, log?: string): void =>
  write(world, sidecar.id, sidecar, log)

/** Whether the layer was sealed to the end. */
export const isNotedCommitted = (world: World, id: SnapshotId): boolean =>
  readFields(world, sidecarOf(world, id))['kind'] === 'Committed'

/** Takes back that it was sealed: the seal failed after all. What else the sidecar says then is left to `driverBackend`. */
export const noteActive = (world: World, id: SnapshotId): void => {
  if (!isNotedCommitted(world, id)) return
  write(world, id, { ...readFields(world, sidecarOf(world, id)), kind: 'Active' })
}

/** The templates noted when the layer was made; none where the sidecar is lost or damaged. */
export const notedTemplates = (world: World, id: SnapshotId): Sidecar['templates'] =>
  templatesIn(readFields(world, sidecarOf(world, id)))

import { failedPrecondition, type SnapshotId } from '@varve/core/ports'
import { raise } from '../failure.js'
import { attachedMarkOf, filesOf, mountOf, type World } from './world.js'

type Kind = 'Active' | 'View'

export const isAttached = (world: World, id: SnapshotId): boolean =>
  world.machine.files.exists(attachedMarkOf(world, id))

export const markAttached = (world: World, id: SnapshotId, kind: Kind): void =>
  world.machine.files.fillFile(attachedMarkOf(world, id), new TextEncoder().encode(kind))

export const unmarkAttached = (world: World, id: SnapshotId): void =>
  world.machine.files.removeFile(attachedMarkOf(world, id))

/** Where the content of an attached layer is. */
export type Root = { readonly path: string; readonly isReadOnly: boolean }

export const attachedRoot = (world: World, id: SnapshotId): Root => {
  const { files } = world.machine
  if (!isAttached(world, id)) raise(failedPrecondition(`layer ${id} is not attached`))
  const kind = new TextDecoder().decode(files.readFile(attachedMarkOf(world, id)))
  const path = files.exists(mountOf(world, id)) ? mountOf(world, id) : filesOf(world, id)
  return { path, isReadOnly: kind === 'View' }
}

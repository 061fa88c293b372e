import type { SnapshotId } from '@varve/core/ports'
import { removeTree } from '../transport/below.js'
import { lastOf, parentOf } from '../transport/items.js'
import { withRoot } from './root.js'
import { incomingOf, outgoingOf, replacedFilesOf, type World } from './world.js'

/** Removes what is at `path`, whoever owns it and whatever its access list says. What is missing is removed. */
export const wipe = ({ machine }: World, path: string): void => {
  if (!machine.files.exists(path)) return
  withRoot(machine, parentOf(path), (root) => removeTree(root, lastOf(path)))
}

/** Removes everything that was made for a layer on the way. */
export const wipeTemporary = (world: World, id: SnapshotId): void => {
  for (const path of [incomingOf(world, id), outgoingOf(world, id), replacedFilesOf(world, id)]) wipe(world, path)
}

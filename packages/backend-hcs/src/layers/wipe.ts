import { openRoot, closeRoot, removeTree } from '../transport/below.js'
import { lastOf, parentOf } from '../transport/items.js'
import type { World } from './world.js'

/** Removes what is at `path`, whoever owns it and whatever its access list says. What is missing is removed. */
export const wipe = ({ machine }: World, path: string): void => {
  if (!machine.files.exists(path)) return
  const root = openRoot(machine, parentOf(path))
  try {
    removeTree(root, lastOf(path))
  } finally {
    closeRoot(root)
  }
}

import type { Machine } from '../machine.js'
import { closeRoot, openRoot, type Root } from '../transport/below.js'

/** Works below a folder. */
export const withRoot = <T>(machine: Machine, folder: string, use: (root: Root) => T): T => {
  const root = openRoot(machine, folder)
  try {
    return use(root)
  } finally {
    closeRoot(root)
  }
}

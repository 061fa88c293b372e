import { closeRoot, openRoot, type Root } from './below.js'
import type { Machine } from '../machine.js'

/** Folders that are opened when they are first needed, and closed together. */
export type Roots = {
  readonly open: (folder: string) => Root
  /** Closes one of them before the others. */
  readonly close: (folder: string) => void
  readonly closeAll: () => void
}

export const rootsOn = (machine: Machine): Roots => {
  const roots = new Map<string, Root>()
  const close = (folder: string): void => {
    const root = roots.get(folder)
    roots.delete(folder)
    if (root !== undefined) closeRoot(root)
  }
  const closeAll = (): void => {
    const [folder] = roots.keys()
    if (folder === undefined) return
    try {
      close(folder)
    } finally {
      closeAll()
    }
  }
  return {
    open: (folder) => {
      const root = roots.get(folder) ?? openRoot(machine, folder)
      roots.set(folder, root)
      return root
    },
    close,
    closeAll,
  }
}

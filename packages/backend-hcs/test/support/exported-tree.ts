import { foldName } from '@varve/core/ports'
import type { Whole } from './arbitrary-layer.js'
import { parentLayer } from './layers.js'
import { treeOf, type Leaf } from './trees.js'

/** What ExportLayer finds of a layer that was imported: without links, with all that is deleted by name, and all folders. */
export const exportedTree = (all: readonly Whole[]): ReadonlyMap<string, unknown> => {
  const below = treeOf(parentLayer)
  const tree = new Map<string, Leaf>(treeOf(all, below))
  const whiteouts = new Set<string>()
  const isOwn = (path: string): boolean => {
    const folded = foldName(path)
    return [...tree].some(([name, leaf]) => foldName(name) === folded && leaf.entry.type !== 'whiteout')
  }
  const hide = (path: string): void => {
    for (const name of below.keys()) {
      if (name.slice(0, Math.max(0, name.lastIndexOf('/'))) !== path) continue
      if (!isOwn(name)) whiteouts.add(name)
      else hide(name)
    }
  }
  for (const { entry } of all) {
    if (entry.type === 'opaque') hide(entry.name)
    if (entry.type === 'whiteout') whiteouts.add(entry.name)
  }
  for (const [name, leaf] of tree) if (leaf.entry.type === 'opaque' || leaf.entry.type === 'whiteout') tree.delete(name)
  const isHidden = (path: string): boolean => [...whiteouts].some((name) => path.startsWith(`${name}/`))
  const found = new Map<string, unknown>()
  for (const [name, leaf] of tree) found.set(name, { ...leaf, name: '' })
  for (const name of whiteouts) {
    if (isHidden(name)) continue
    found.set(name, 'whiteout')
    const names = name.split('/')
    for (let length = 2; length < names.length; length++) {
      const above = names.slice(0, length).join('/')
      const parent = below.get(above)
      if (!isOwn(above) && parent !== undefined) found.set(above, { ...parent, name: '' })
    }
  }
  // Its times are those of the hives.
  found.delete('Files')
  return new Map([...found].toSorted(([a], [b]) => (a < b ? -1 : 1)))
}

/** What came of an export, to be compared with that. */
export const comparable = (all: readonly Whole[]): ReadonlyMap<string, unknown> => {
  const found = new Map<string, unknown>()
  for (const [name, leaf] of treeOf(all.filter(({ entry }) => !entry.name.startsWith('Hives'))))
    found.set(name, leaf.entry.type === 'whiteout' ? 'whiteout' : { ...leaf, name: '' })
  found.delete('Files')
  return found
}

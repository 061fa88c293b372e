import { foldName } from '@varve/core/ports'
import type { LayerItem } from '@varve/core/tar'
import { lastOf, parentOf } from './items.js'

/** The paths that a layer deletes, handed out folder by folder in the order in which a layer is read. */
export type Deletions = {
  /**
   * Those of names in a folder of the layer, which has these names of its own. What stands there again hides what was there; a
   * folder only if it says so, which is answered by its name.
   */
  readonly inFolder: (
    folder: string,
    own: readonly string[],
    isFolder: (name: string) => boolean,
  ) => { items: readonly LayerItem[]; opaque: ReadonlySet<string> }
  /** Those in folders that the layer does not have. */
  readonly left: () => readonly LayerItem[]
}

const byBytes = (a: string, b: string): number => Buffer.compare(Buffer.from(a), Buffer.from(b))

const whiteout = (folder: string, name: string): LayerItem => ({
  type: 'entry',
  entry: { type: 'whiteout', name: `${folder}\\${name}`.replaceAll('\\', '/') },
  offset: 0,
})

/** Windows compares names without regard to case, and so the folders of paths may be spelled otherwise than in the layer. */
export const deletionsOf = (paths: readonly string[]): Deletions => {
  const groups = new Map<string, string[]>()
  /** Folders on the way to what is deleted, by their folded paths, as they are spelled. */
  const spelled = new Map<string, string>()
  const onTheWay = new Set<string>()
  for (const path of paths) {
    const folder = foldName(parentOf(path))
    for (let above = folder; above !== '' && !onTheWay.has(above); above = parentOf(above)) onTheWay.add(above)
    const names = groups.get(folder)
    if (names === undefined) groups.set(folder, [lastOf(path)])
    else names.push(lastOf(path))
  }
  const spellingOf = (path: string): string => {
    const folded = foldName(path)
    const known = spelled.get(folded)
    if (known !== undefined) return known
    const above = parentOf(path)
    const spelling = above === '' ? path : `${spellingOf(above)}\\${lastOf(path)}`
    spelled.set(folded, spelling)
    return spelling
  }
  const take = (folded: string): readonly string[] => {
    const names = [...new Map((groups.get(folded) ?? []).map((name) => [foldName(name), name])).values()]
    groups.delete(folded)
    return names.toSorted(byBytes)
  }
  return {
    inFolder: (folder, own, isFolder) => {
      const folded = foldName(folder)
      if (onTheWay.has(folded)) spelled.set(folded, folder)
      const standing = new Map(own.map((name) => [foldName(name), name]))
      const opaque = new Set<string>()
      const items: LayerItem[] = []
      for (const name of take(folded)) {
        const again = standing.get(foldName(name))
        if (again === undefined) items.push(whiteout(folder, name))
        else if (isFolder(again)) opaque.add(again)
      }
      return { items, opaque }
    },
    left: () => {
      const originals = new Map(paths.toReversed().map((path) => [foldName(parentOf(path)), parentOf(path)]))
      const folders = [...groups.keys()].map((folded) => spellingOf(originals.get(folded) ?? folded))
      return folders.toSorted(byBytes).flatMap((folder) => take(foldName(folder)).map((name) => whiteout(folder, name)))
    },
  }
}

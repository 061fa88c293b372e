import type { Disk } from '../world/disk.js'
import { deltaFilesOf, deltaTableOf, filesOf, mountOf, retiredMountOf, retiredOf, tableOf } from '../world/world.js'
import type { Layer } from './model.js'

const textAt = (disk: Disk, path: string): string | undefined => {
  const stat = disk.lstat(path)
  return stat?.type === 'file' ? new TextDecoder().decode(disk.read(path, 0, stat.size)) : undefined
}

/** Paths that a layer hides from those below it. */
const hiddenBy = (disk: Disk, tables: readonly string[]): readonly string[] =>
  tables.flatMap((table) =>
    (textAt(disk, table) ?? '')
      .split('\n')
      .filter((line) => line.endsWith('"deleted":true}'))
      .map((line) => (JSON.parse(line) as { readonly path: string }).path),
  )

const isAt = (folder: string, path: string): boolean => path === folder || path.startsWith(`${folder}/`)

/** What a layer shows at a path, read off the disk by no code of the world's own; undefined: nothing. */
export const shownAt = (disk: Disk, layer: Layer, path: string): string | undefined => {
  const { id, parents, attachedBy } = layer
  // A removal that failed may have renamed both.
  const folders = [filesOf(id), `${retiredOf(id)}/Files`, deltaFilesOf(id)]
  if (attachedBy !== undefined && parents.length > 0) {
    const tree = disk.lstat(mountOf(id)) === undefined ? retiredMountOf(id) : mountOf(id)
    if (disk.lstat(tree) !== undefined) return textAt(disk, `${tree}/${path}`)
  }
  const lookIn = (places: readonly string[], tables: readonly string[]) => ({
    found: places.map((folder) => textAt(disk, `${folder}/${path}`)).find((text) => text !== undefined),
    isHidden: hiddenBy(disk, tables).some((hidden) => isAt(hidden, path)),
  })
  const own = lookIn(folders, [tableOf(id), deltaTableOf(id)])
  if (own.found !== undefined || own.isHidden) return own.found
  for (const parent of parents) {
    const { found, isHidden } = lookIn([filesOf(parent), `${retiredOf(parent)}/Files`], [tableOf(parent)])
    if (found !== undefined || isHidden) return found
  }
  return undefined
}

import { invalidEntry } from '@varve/core/ports'
import type { Disk } from './disk.js'
import { raise } from './failure.js'
import { findChild } from './find.js'

/** An entry of a tar, for messages. */
export type Where = { readonly name: string; readonly offset: number }

const typeName = { file: 'a file', directory: 'a folder', symlink: 'a symlink', other: 'a socket, pipe or device' }

/** The folders of a layer on the way to its entries. */
export type Folders = {
  /**
   * The host's path of a folder of the layer, made if it is missing. What is no folder is never passed through, whatever it
   * points to.
   */
  readonly enter: (folder: string, where: Where) => string
  /** Something was removed: nothing is known to be a folder any more. */
  readonly forget: () => void
}

/** `hasOther`: whether names below it may be there in another spelling, as those of a utility VM that was copied from a parent. */
export const layerFolders = (disk: Disk, root: string, hasOther: (folder: string) => boolean): Folders => {
  let names: readonly string[] = []
  let paths: string[] = []
  let folder = ''

  const forget = (): void => {
    names = []
    paths = []
    folder = ''
  }
  const enterOne = (above: string, name: string, where: Where): string => {
    const path = hasOther(where.name) ? (findChild(disk, above, name) ?? `${above}/${name}`) : `${above}/${name}`
    const type = disk.lstat(path)?.type
    if (type === undefined) disk.mkdir(path)
    else if (type !== 'directory')
      raise(
        invalidEntry(
          where.name,
          where.offset,
          typeName[type],
          `must lie in folders only, and not below ${name}, which is none`,
        ),
      )
    return path
  }
  const enter = (path: string, where: Where): string => {
    if (path === '') return root
    if (path === folder) return paths.at(-1) ?? root
    const wanted = path.split('/')
    let common = 0
    while (common < wanted.length && wanted[common] === names[common]) common++
    const entered = paths.slice(0, common)
    // What fails half-way must not be taken for known.
    forget()
    for (const name of wanted.slice(common)) entered.push(enterOne(entered.at(-1) ?? root, name, where))
    names = wanted
    paths = entered
    folder = path
    return entered.at(-1) ?? root
  }
  return { enter, forget }
}

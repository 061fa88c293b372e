import { isPlainFolder } from '../formats/filetime.js'
import { look, type Root } from './below.js'
import { refuse, type Where } from './items.js'

/** The folders of a layer on the way to its entries. */
export type Folders = {
  /** Makes sure that a path and all above it are folders. What is no folder is never passed through, whatever it points to. */
  readonly enter: (path: string, where: Where) => void
  /** Something was removed: nothing is known to be a folder any more. */
  readonly forget: () => void
}

/** `make` makes a folder that is missing. */
export const layerFolders = (root: Root, make: (path: string, where: Where) => void): Folders => {
  /** What was entered last, and all above it. */
  let entered = ''
  const isEntered = (path: string): boolean =>
    entered.startsWith(path) && (entered.length === path.length || entered[path.length] === '\\')

  const enterOne = (path: string, where: Where): void => {
    if (isEntered(path)) return
    const found = look(root, path)
    if (found === undefined) make(path, where)
    else if (!isPlainFolder(found.attributes))
      refuse(where, path, 'must lie in folders only, and not below what is none or leads elsewhere')
    entered = path
  }
  return {
    enter: (path, where) => {
      if (path === '' || isEntered(path)) return
      for (let at = path.indexOf('\\'); at >= 0; at = path.indexOf('\\', at + 1)) enterOne(path.slice(0, at), where)
      enterOne(path, where)
    },
    forget: () => {
      entered = ''
    },
  }
}

import { codeOf, codes } from '../failure.js'
import { isPlainFolder, isReparsePoint } from '../formats/filetime.js'
import { isPlaceholder } from '../formats/reparse.js'
import type { BasicInfo } from '../native/native.js'
import { look, tagAt, type Root } from './below.js'

/** An entry that layers show together, and the one of them that has it. */
export type ShownEntry = { readonly root: Root; readonly info: BasicInfo }

/** `below`: it is left to the layers below. */
type Found = ShownEntry | 'hidden' | 'below'

const standsForOther = (root: Root, path: string, { attributes }: BasicInfo): boolean =>
  isReparsePoint(attributes) && isPlaceholder(tagAt(root, path))

const lookStraight = (root: Root, path: string): BasicInfo | undefined => {
  try {
    return look(root, path)
  } catch (cause) {
    if (codeOf(cause) === codes.reparseEncountered) return undefined
    throw cause
  }
}

/**
 * A folder that a layer has of its own holds something for each name that the layers below it have there, if it is only a
 * placeholder: what is missing in it is deleted. What is below a placeholder is not looked for in it.
 */
const findIn = (root: Root, path: string): Found => {
  const straight = lookStraight(root, path)
  if (straight !== undefined) return standsForOther(root, path, straight) ? 'below' : { root, info: straight }
  const names = path.split('\\')
  for (let count = 1; count < names.length; count++) {
    const above = names.slice(0, count).join('\\')
    const info = look(root, above)
    // A layer without content.
    if (info === undefined) return count === 1 ? 'below' : 'hidden'
    if (standsForOther(root, above, info)) return 'below'
    if (!isPlainFolder(info.attributes)) return 'hidden'
  }
  return 'hidden'
}

/** What layers, nearest first, show at a path; undefined for nothing. */
export const shownBy = (layers: Iterable<Root>, path: string): ShownEntry | undefined => {
  for (const root of layers) {
    const found = findIn(root, path)
    if (found !== 'below') return found === 'hidden' ? undefined : found
  }
  return undefined
}

import * as E from 'fp-ts/lib/Either.js'
import { type InvalidArgument, invalidArgument } from './fault.js'

const prefix = 'parentLayerPaths='

const escaped = (character: string): string => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`

/**
 * The mount option that names the parents' directories, nearest first, the base layer last. Byte for byte what containerd
 * writes: Go's JSON also escapes `&`, `<`, `>`, U+2028 and U+2029.
 */
export const parentLayerPathsOption = (paths: readonly string[]): string =>
  prefix + JSON.stringify(paths).replace(/[&<>\u2028\u2029]/g, escaped)

const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

const isPathList = (value: unknown): value is readonly string[] =>
  Array.isArray(value) && value.every((path) => typeof path === 'string' && path !== '')

/**
 * The parents' directories that mount options name, nearest first. No such option, `null` and `[]` all mean none; of several
 * the last one counts, but each must be readable. `field` is where the options stand, for the InvalidArgument.
 */
export const readParentLayerPaths = (
  options: readonly string[],
  field = 'options',
): E.Either<InvalidArgument, readonly string[]> => {
  let paths: readonly string[] = []
  for (const [index, option] of options.entries()) {
    if (!option.startsWith(prefix)) continue
    const found = parsed(option.slice(prefix.length))
    if (found !== null && !isPathList(found)) {
      const rule = `must be ${prefix} and a JSON array of non-empty paths, or null`
      return E.left(invalidArgument(`${field}[${index}]`, option, rule))
    }
    paths = found ?? []
  }
  return E.right(paths)
}

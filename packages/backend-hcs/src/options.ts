import { win32 } from 'node:path'
import * as E from 'fp-ts/lib/Either.js'
import { backendFault, shown, type BackendFault, type Layout } from '@varve/core/ports'
import { codes } from './failure.js'

/** Given to `hcsBackend`. Anything else is a BackendFault when the backend is opened. */
export type HcsBackendOptions = {
  /** A folder on an NTFS volume of this machine, absolute or relative to the working directory at the call. */
  readonly root: string
}

const refuse = (problem: string): E.Either<BackendFault, never> => E.left(backendFault(problem, codes.invalidParameter))

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** Without the `\\?\` that long paths are written with: it is put there where it is needed. */
const plainPath = (path: string): string => path.replace(/^\\\\\?\\(?=[A-Za-z]:\\)/, '')

const layoutOf = (root: string): Layout => {
  const absolute = plainPath(win32.resolve(root))
  return { root: absolute.endsWith('\\') ? absolute.slice(0, -1) : absolute, separator: '\\' }
}

/** Where the caller wants the layers, if the options are well-formed. A relative root is resolved here, once. */
export const readOptions = (options: HcsBackendOptions): E.Either<BackendFault, Layout> => {
  const found: unknown = options
  const given = 'give { root }'
  if (!isObject(found)) return refuse(`the options of hcsBackend must be an object, found ${shown(found)}; ${given}`)
  const unknownKey = Object.keys(found).find((key) => key !== 'root')
  if (unknownKey !== undefined)
    return refuse(`the options of hcsBackend have an unknown option ${shown(unknownKey)}; ${given}`)
  const { root } = found
  if (typeof root !== 'string' || root === '' || root.includes('\0'))
    return refuse(`the options of hcsBackend: root must be the path of a folder, found ${shown(root)}; ${given}`)
  return E.right(layoutOf(root))
}

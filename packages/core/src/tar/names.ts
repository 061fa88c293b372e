import { foldName, nameProblem } from '../model/names.js'
import type { LayerEntry } from './entry.js'
import { problem, type Problem } from './problem.js'

/** UTF-16 units in the longest path that Windows takes. */
export const longestPath = 32_767

/** Begins the name of an entry that deletes; and the whole of that of one that deletes all there is in its directory. */
export const whiteoutPrefix = '.wh.'
export const opaqueName = '.wh..wh..opq'

const sidecarEnding = foldName('.$wcidirs$')

/** ASCII units that need no second look within a name: neither reserved nor part of a rule about beginnings and endings. */
const plain = ((): Uint8Array => {
  const table = new Uint8Array(128)
  const units = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_. ()[]{}+,;=@!#%&~^'
  for (const unit of units) table[unit.charCodeAt(0)] = 1
  return table
})()

const deviceLetters = 'ACLNPaclnp'

/** Whether the name is one of the many that break no rule. */
const isPlain = (path: string, from: number, to: number): boolean => {
  if (to - from > 255 || to === from) return false
  let stem = -1
  for (let at = from; at < to; at++) {
    const unit = path.charCodeAt(at)
    if (unit > 0x7f || plain[unit] === 0) return false
    if (stem < 0 && (unit === 0x2e || unit === 0x20)) stem = at - from
  }
  const last = path.charCodeAt(to - 1)
  if (last === 0x2e || last === 0x20 || stem === 0) return false
  const length = stem < 0 ? to - from : stem
  return (length !== 3 && length !== 4) || !deviceLetters.includes(path.charAt(from))
}

/** Why a layer can't have `path.slice(from, to)` as a name within a path, or undefined. */
const partProblem = (path: string, from: number, to: number): Problem | undefined => {
  if (isPlain(path, from, to)) return undefined
  const name = path.slice(from, to)
  const fault = nameProblem(name)
  if (fault !== undefined) return problem(name, `must not have a name that ${fault}`)
  if (name.startsWith(whiteoutPrefix))
    return problem(name, `must not have a name that starts with ${whiteoutPrefix}, which means a deletion`)
  return foldName(name).endsWith(sidecarEnding)
    ? problem(name, 'must not have a name that ends with .$wcidirs$, which the system keeps for itself')
    : undefined
}

const partsProblem = (path: string): Problem | undefined => {
  for (let from = 0; from <= path.length;) {
    const slash = path.indexOf('/', from)
    const to = slash < 0 ? path.length : slash
    const fault = partProblem(path, from, to)
    if (fault !== undefined) return fault
    from = to + 1
  }
  return undefined
}

/** Which part of a layer a path is in: `root`, `hives` or `files` is below one of these; `top` is one of them. */
type Place = 'top' | 'files' | 'hives'

const placeOf = (path: string): Place | undefined => {
  if (path.startsWith('Files/') || path.startsWith('UtilityVM/Files/')) return 'files'
  if (path.startsWith('Hives/')) return 'hives'
  return path === 'Files' || path === 'Hives' || path === 'UtilityVM' || path === 'UtilityVM/Files' ? 'top' : undefined
}

/** Why a path is none that a layer can have, or undefined. */
export const pathProblem = (path: string): Problem | undefined => {
  if (path === '') return problem(path, 'must have a name')
  if (path.startsWith('/')) return problem(path, 'must not have an absolute name')
  if (path.length > longestPath)
    return problem(path, `must have a name of at most ${longestPath} UTF-16 units, not ${path.length}`)
  return partsProblem(path) ?? (placeOf(path) === undefined ? outside(path) : undefined)
}

const outside = (path: string): Problem => problem(path, 'must lie in Files, Hives or UtilityVM/Files')

const streamMarks = /[\0:\\/]/

const streamProblem = (stream: string): Problem | undefined => {
  if (stream === '') return problem(stream, 'must have a stream with a name')
  if (streamMarks.test(stream)) return problem(stream, 'must have a stream whose name has no :, \\, / or NUL')
  return stream.length > 255 || /[\ud800-\udfff]/u.test(stream)
    ? problem(stream, 'must have a stream whose name is valid Unicode of at most 255 UTF-16 units')
    : undefined
}

const targetProblem = (target: string): Problem | undefined => {
  const fault = pathProblem(target)
  if (fault !== undefined) return problem(fault.value, `must link to a name that a layer can have: it ${fault.rule}`)
  return placeOf(target) === 'files' ? undefined : problem(target, 'must link to a file below Files or UtilityVM/Files')
}

/** Why an entry can't have the names it has, whatever comes before it, or undefined. */
export const namesProblem = (entry: LayerEntry): Problem | undefined => {
  const { type, name } = entry
  const fault = pathProblem(name)
  if (fault !== undefined) return fault
  const place = placeOf(name)
  if (type === 'directory') return undefined
  if (type === 'stream') return streamProblem(entry.stream)
  if (type === 'opaque')
    return name === 'Hives' || name === 'UtilityVM' || place === 'hives'
      ? problem(name, 'must not delete what is outside of Files and UtilityVM/Files')
      : undefined
  if (type === 'whiteout')
    return place === 'files' ? undefined : problem(name, 'must not delete what is not below Files or UtilityVM/Files')
  if (place === 'top') return problem(type, `must be a folder, as ${name} is one in every layer`)
  if (type === 'file') return undefined
  if (place === 'hives') return problem(type, 'must be a file or a folder, as all is in Hives')
  return type === 'link' ? targetProblem(entry.target) : undefined
}

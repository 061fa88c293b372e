import type { EntryTimes, LayerEntry, SecurityDescriptor } from './entry.js'
import { extendedNameProblem, longestExtended } from './pax.js'
import { namesProblem } from './names.js'
import { problem, type Problem } from './problem.js'
import { isWellFormed } from './text.js'
import { earliest, latest } from './time.js'

/** FILE_ATTRIBUTE_DIRECTORY. */
export const folderAttribute = 0x10

const attributesProblem = (
  entry: Exclude<LayerEntry, { type: 'stream' | 'whiteout' | 'opaque' }>,
): Problem | undefined => {
  const { type, attributes } = entry
  const isFolder = (attributes & folderAttribute) !== 0
  if (type === 'directory')
    return isFolder ? undefined : problem(attributes, 'must have the attribute 0x10, as a folder does')
  if (type !== 'symlink' && type !== 'junction')
    return isFolder ? problem(attributes, 'must not have the attribute 0x10, which is that of folders') : undefined
  return entry.target === '' || entry.target.includes('\0') || !isWellFormed(entry.target)
    ? problem(entry.target, 'must have a target in Unicode without NUL')
    : undefined
}

/** Why an entry can be in no layer, whatever comes before it, or undefined. What parsing sees to is not looked at. */
export const entryProblem = (entry: LayerEntry): Problem | undefined =>
  namesProblem(entry) ??
  (entry.type === 'stream' || entry.type === 'whiteout' || entry.type === 'opaque'
    ? undefined
    : attributesProblem(entry))

const timesProblem = ({ created, accessed, modified, changed }: EntryTimes): Problem | undefined => {
  const bad = [created, accessed, modified, changed].find((time) => time < earliest || time > latest)
  return bad === undefined ? undefined : problem(bad, 'must have times that a FILETIME holds')
}

const securityProblem = (security: SecurityDescriptor): Problem | undefined => {
  if ('bytes' in security)
    return security.bytes.length > 0 ? undefined : problem(0, 'must have a security descriptor of some bytes, or none')
  const { sddl } = security
  return sddl === '' || sddl.includes('\0') || !isWellFormed(sddl)
    ? problem(sddl, 'must have a security descriptor as text without NUL, or none')
    : undefined
}

const extendedProblem = (extended: Readonly<Record<string, Uint8Array>>): Problem | undefined => {
  for (const [name, { length }] of Object.entries(extended)) {
    const fault = extendedNameProblem(name)
    if (fault !== undefined) return fault
    if (length > longestExtended)
      return problem(length, `must have at most ${longestExtended} bytes in the extended attribute ${name}`)
  }
  return undefined
}

/** Why an entry can't be written, or undefined: a tar has no form for it, or it is one that is refused when read. */
export const unwritable = (entry: LayerEntry): Problem | undefined => {
  const fault = entryProblem(entry)
  if (fault !== undefined || entry.type === 'whiteout' || entry.type === 'opaque') return fault
  if (entry.type === 'file' || entry.type === 'stream') {
    const { size } = entry
    if (!Number.isSafeInteger(size) || size < 0) return problem(size, 'must have a size from 0 to 2^53 - 1')
    if (entry.type === 'stream') return undefined
    if (size > 0 && !entry.hasData) return problem(size, 'must have data if it has a size')
  }
  const { attributes } = entry
  if (attributes !== attributes >>> 0) return problem(attributes, 'must have attributes of 32 bits, without a sign')
  if (entry.type === 'link') return timesProblem(entry.times)
  return (
    timesProblem(entry.times) ??
    (entry.security === undefined ? undefined : securityProblem(entry.security)) ??
    (entry.extended === undefined ? undefined : extendedProblem(entry.extended))
  )
}

import { invalidArgument, type InvalidArgument } from './fault.js'
import { hasFields } from './read-once.js'
import { textProblem, utf8Length } from './text.js'

/** Bytes of UTF-8, key and value together (containerd's metadata layer). */
export const labelPairLimit = 4_096
/** Labels of one snapshot. */
export const labelCountLimit = 1_024
/** Bytes of UTF-8 of all labels of one snapshot. */
export const labelBytesLimit = 262_144

const pairFault = (key: string, value: unknown): InvalidArgument | undefined => {
  const field = `labels.${key.length <= 128 ? key : `${key.slice(0, 128)}…`}`
  if (typeof value !== 'string') return invalidArgument(field, value, 'must be a string')
  if (key === '' && value !== '') return invalidArgument('labels', key, 'must not hold a value under an empty key')
  const problem = textProblem(key) ?? (value === '__proto__' ? undefined : textProblem(value))
  if (problem !== undefined) return invalidArgument(field, textProblem(key) === undefined ? value : key, problem)
  if (utf8Length(key) + utf8Length(value) > labelPairLimit) {
    return invalidArgument(field, value, `must have at most ${labelPairLimit} bytes of UTF-8, key and value together`)
  }
  return undefined
}

/** What is wrong with labels, or undefined. */
export const labelsFault = (labels: unknown): InvalidArgument | undefined => {
  if (!hasFields(labels)) {
    return invalidArgument('labels', labels, 'must be an object of strings')
  }
  const count = Object.keys(labels).length
  if (count > labelCountLimit) {
    return invalidArgument('labels', `${count} labels`, `must be at most ${labelCountLimit} labels`)
  }
  let bytes = 0
  for (const [key, value] of Object.entries(labels)) {
    const fault = pairFault(key, value)
    if (fault !== undefined) return fault
    bytes += utf8Length(key) + utf8Length(value as string)
  }
  return bytes <= labelBytesLimit
    ? undefined
    : invalidArgument('labels', `${bytes} bytes`, `must have at most ${labelBytesLimit} bytes of UTF-8 in all`)
}

import * as E from 'fp-ts/lib/Either.js'
import { invalidArgument, type InvalidArgument } from './fault.js'

type Fields = Readonly<Record<string, unknown>>

/** No field may hold as many entries as this; what holds more is refused by its count, and a copy of it would take long. */
const copyLimit = 10_000

/** Whether an object holds what it holds in fields of its own: an array, a Map or a Set does not. */
export const hasFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !(Symbol.iterator in value)

const copied = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.length > copyLimit ? value : [...(value as readonly unknown[])]
  if (!hasFields(value)) return value
  return Object.keys(value).length > copyLimit ? value : { ...value }
}

/**
 * The fields of an object of the caller's, each read once, so that what was checked is what is kept whatever the caller
 * changes meanwhile. The objects and arrays named in `within` are copied too.
 */
export const readOnce = (
  name: string,
  value: unknown,
  within: readonly string[] = [],
): E.Either<InvalidArgument, Fields> => {
  if (typeof value !== 'object' || value === null) return E.left(invalidArgument(name, value, 'must be an object'))
  try {
    const fields: Record<string, unknown> = { ...value }
    for (const field of within) if (Object.hasOwn(fields, field)) fields[field] = copied(fields[field])
    return E.right(fields)
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    return E.left(invalidArgument(name, value, `must have fields that can be read (${reason})`))
  }
}

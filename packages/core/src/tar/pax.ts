import * as E from 'fp-ts/lib/Either.js'
import type { SecurityDescriptor } from './entry.js'
import { fromBase64 } from './base64.js'
import { problem, type Problem } from './problem.js'
import { isAscii, textOf } from './text.js'
import { parseTime } from './time.js'

/** Bytes of the longest block of records, and of the longest GNU long name; the reference's own limit. */
export const longestRecords = 2 ** 20

/** What the records before an entry say of it. */
export type Records = {
  readonly path?: string
  readonly linkpath?: string
  readonly size?: number
  readonly modified?: bigint
  readonly accessed?: bigint
  readonly changed?: bigint
  readonly created?: bigint
  readonly attributes?: number
  readonly security?: SecurityDescriptor
  readonly isMountPoint?: true
  readonly extended?: Readonly<Record<string, Uint8Array>>
}

export const keys = {
  created: 'LIBARCHIVE.creationtime',
  attributes: 'MSWINDOWS.fileattr',
  mountPoint: 'MSWINDOWS.mountpoint',
  rawSecurity: 'MSWINDOWS.rawsd',
  security: 'MSWINDOWS.sd',
  extended: 'MSWINDOWS.xattr.',
  accessed: 'atime',
  changed: 'ctime',
  target: 'linkpath',
  modified: 'mtime',
  path: 'path',
  size: 'size',
} as const

/** Bytes in the longest value of an extended attribute, and in its longest name. */
export const longestExtended = 0xffff
export const longestExtendedName = 255

/** Why no extended attribute has this name, or undefined. */
export const extendedNameProblem = (name: string): Problem | undefined =>
  name.length >= 1 && name.length <= longestExtendedName && /^[ -<>-~]*$/.test(name)
    ? undefined
    : problem(name, 'must have extended attributes whose names are 1 to 255 printable ASCII characters other than =')

type Draft = { -readonly [Key in keyof Records]: Records[Key] } & { extended?: Record<string, Uint8Array> }

/** Says whether the value is well formed. */
type Reader = (value: string, into: Draft) => boolean

const time =
  (field: 'created' | 'accessed' | 'changed' | 'modified'): Reader =>
  (value, into) => {
    const parsed = parseTime(value)
    if (parsed !== undefined) into[field] = parsed
    return parsed !== undefined
  }

const path =
  (field: 'path' | 'linkpath'): Reader =>
  (value, into) => {
    into[field] = value
    return !value.includes('\0')
  }

/** Decimal digits as a number up to `most`, undefined where they are no such number. */
const decimal = (value: string, most: number): number | undefined => {
  const number = /^\d+$/.test(value) ? Number(value) : Infinity
  return number <= most ? number : undefined
}

/** What has an empty value keeps what the header says, as in the reference. */
const emptyIsNone =
  (reader: Reader): Reader =>
  (value, into) =>
    value === '' || reader(value, into)

const readers: readonly (readonly [key: string, form: string, reader: Reader])[] = [
  [keys.created, 'a time', time('created')],
  [keys.accessed, 'a time', emptyIsNone(time('accessed'))],
  [keys.changed, 'a time', emptyIsNone(time('changed'))],
  [keys.modified, 'a time', emptyIsNone(time('modified'))],
  [keys.path, 'a name without NUL', emptyIsNone(path('path'))],
  [keys.target, 'a name without NUL', emptyIsNone(path('linkpath'))],
  [
    keys.size,
    'a decimal number of bytes up to 2^53 - 1',
    emptyIsNone((value, into) => {
      into.size = decimal(value, Number.MAX_SAFE_INTEGER) ?? -1
      return into.size >= 0
    }),
  ],
  [
    keys.attributes,
    'a decimal number of 32 bits',
    (value, into) => {
      into.attributes = decimal(value, 0xffff_ffff) ?? -1
      return into.attributes >= 0
    },
  ],
  [
    keys.mountPoint,
    'there or not',
    (_, into) => {
      into.isMountPoint = true
      return true
    },
  ],
  [
    keys.rawSecurity,
    'a security descriptor in base64',
    (value, into) => {
      const bytes = fromBase64(value)
      if (bytes !== undefined) into.security = { bytes }
      return bytes !== undefined && bytes.length > 0
    },
  ],
  [
    keys.security,
    'a security descriptor as text',
    (value, into) => {
      into.security ??= { sddl: value }
      return value !== '' && !value.includes('\0')
    },
  ],
]

const known = new Map(readers.map(([key, form, reader], index) => [key, { form, reader, bit: 1 << index }] as const))

const isSparse = (key: string): boolean => key.startsWith('GNU.sparse.') || key === 'SCHILY.realsize'

const addExtended = (key: string, value: string, into: Draft): Problem | undefined => {
  const name = key.slice(keys.extended.length)
  const bytes = fromBase64(value)
  if (bytes === undefined) return problem(value, `must have ${key} in base64`)
  if (bytes.length > longestExtended)
    return problem(bytes.length, `must have at most ${longestExtended} bytes in ${key}`)
  into.extended ??= {}
  if (Object.hasOwn(into.extended, name)) return problem(key, 'must have each record once')
  // Assigning would not do for an attribute called __proto__.
  Object.defineProperty(into.extended, name, { value: bytes, enumerable: true, writable: true, configurable: true })
  return extendedNameProblem(name)
}

/** Where a record is in its block: from its key to behind its value, and behind its line feed. */
type Place = { readonly key: number; readonly equals: number; readonly end: number }

const badLine = (bytes: Uint8Array, from: number): Problem =>
  problem(
    textOf(bytes, from, Math.min(bytes.length, from + 64)) ?? 'bytes that are no UTF-8',
    'must have extended records of the form "length key=value", each as long as it says',
  )

const placeAt = (bytes: Uint8Array, from: number): Place | undefined => {
  let length = 0
  let at = from
  for (; at < bytes.length && at < from + 8; at++) {
    const digit = (bytes[at] ?? 0) - 0x30
    if (digit < 0 || digit > 9) break
    length = length * 10 + digit
  }
  const end = from + length
  if (at === from || bytes[at] !== 0x20 || end > bytes.length || bytes[end - 1] !== 0x0a) return undefined
  const equals = bytes.indexOf(0x3d, at + 1)
  return equals <= at + 1 || equals >= end ? undefined : { key: at + 1, equals, end }
}

/**
 * The records of one extended header. Those that mean nothing to a layer are passed over; a sparse file's are refused, because
 * its bytes are not what they seem, and so is a second record of the same meaning.
 */
export const parseRecords = (bytes: Uint8Array): E.Either<Problem, Records> => {
  const into: Draft = {}
  // Of text that is all ASCII each unit is one byte, so that the whole is decoded at once.
  const whole = isAscii(bytes) ? textOf(bytes, 0, bytes.length) : undefined
  const part = (from: number, to: number): string | undefined => whole?.slice(from, to) ?? textOf(bytes, from, to)
  let met = 0
  for (let at = 0; at < bytes.length;) {
    const place = placeAt(bytes, at)
    if (place === undefined) return E.left(badLine(bytes, at))
    at = place.end
    const key = part(place.key, place.equals)
    if (key === undefined || key.includes('\0')) return E.left(badLine(bytes, place.key))
    if (isSparse(key)) return E.left(problem(key, 'must not be sparse'))
    const isExtended = key.startsWith(keys.extended)
    const wanted = known.get(key)
    if (wanted === undefined && !isExtended) continue
    const value = part(place.equals + 1, place.end - 1)
    if (value === undefined) return E.left(problem(key, 'must have records in UTF-8'))
    if (wanted === undefined) {
      const fault = addExtended(key, value, into)
      if (fault !== undefined) return E.left(fault)
      continue
    }
    if ((met & wanted.bit) !== 0) return E.left(problem(key, 'must have each record once'))
    met |= wanted.bit
    if (!wanted.reader(value, into)) return E.left(problem(value, `must have as ${key} ${wanted.form}`))
  }
  return E.right(into)
}

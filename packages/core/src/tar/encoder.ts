import * as E from 'fp-ts/lib/Either.js'
import { invalidEntry, type InvalidEntry } from '../model/fault.js'
import { toBase64 } from './base64.js'
import { bodySizeOf, type EntryTimes, type LayerEntry } from './entry.js'
import * as headers from './header.js'
import { folderAttribute, unwritable } from './judge.js'
import { opaqueName, whiteoutPrefix } from './names.js'
import { keys, longestRecords } from './pax.js'
import { problem, type Problem } from './problem.js'
import { isAsciiText, putText, utf8Length } from './text.js'
import { formatTime } from './time.js'

export type EncodeOptions = {
  /** Every time is this one, in nanoseconds since 1970. */
  readonly epoch?: bigint
}

/** Writes a layer's tar, all but the bodies: the bytes of an entry go between what is answered for it and for the next. */
export type LayerEncoder = {
  /** The padding of the body before, and the entry's headers. A Left leaves the tar as it was. */
  readonly entry: (entry: LayerEntry) => E.Either<InvalidEntry, Uint8Array>
  /**
   * The same over whatever stands in `bytes` from `at` on, for many small entries in one buffer. Answers where the headers end;
   * `at` where they find no room, and then nothing is written.
   */
  readonly into: (entry: LayerEntry, bytes: Uint8Array, at: number) => E.Either<InvalidEntry, number>
  /** The padding of the body before, and the two blocks that end a tar. */
  readonly end: () => Uint8Array
}

/** What an alternate stream follows: it repeats the mode and the times. */
type Owner = { readonly name: string; readonly mode: number; readonly times: EntryTimes }

const { types, fields } = headers

const typeOf = (entry: LayerEntry): number => {
  if (entry.type === 'directory') return types.directory
  if (entry.type === 'link') return types.link
  return entry.type === 'symlink' || entry.type === 'junction' ? types.symlink : types.file
}

const modeOf = (entry: LayerEntry): number => {
  if (entry.type === 'file') return entry.hasData ? headers.fileMode : 0
  if (entry.type === 'directory') return headers.directoryMode
  if (entry.type === 'link') return headers.linkMode
  if (entry.type !== 'symlink' && entry.type !== 'junction') return 0
  return headers.reparseMode | ((entry.attributes & folderAttribute) === 0 ? 0 : headers.directoryMode)
}

const nameOf = (entry: LayerEntry): string => {
  if (entry.type === 'stream') return `${entry.name}:${entry.stream}`
  if (entry.type === 'opaque') return `${entry.name}/${opaqueName}`
  if (entry.type !== 'whiteout') return entry.name
  const last = entry.name.lastIndexOf('/') + 1
  return entry.name.slice(0, last) + whiteoutPrefix + entry.name.slice(last)
}

/** Whether a field holds the text as it is. */
const fitsField = (text: string): boolean => text.length <= fields.name.length && isAsciiText(text)

/** A record; its length counts its own digits. */
const record = (key: string, value: string): string => {
  const rest = key.length + utf8Length(value) + 3
  const digits = String(rest).length
  const length = String(rest + digits).length === digits ? rest + digits : rest + digits + 1
  return `${length} ${key}=${value}\n`
}

const securityRecords = (entry: LayerEntry): string => {
  if (!('security' in entry) || entry.security === undefined) return ''
  return 'bytes' in entry.security
    ? record(keys.rawSecurity, toBase64(entry.security.bytes))
    : record(keys.security, entry.security.sddl)
}

const extendedRecords = (entry: LayerEntry): string => {
  if (!('extended' in entry) || entry.extended === undefined) return ''
  const attributes = Object.entries(entry.extended).sort(([a], [b]) => (a < b ? -1 : 1))
  return attributes.map(([name, value]) => record(keys.extended + name, toBase64(value))).join('')
}

/** What an entry's headers are made of. `modified` as text, of which the field has the whole seconds. */
type Written = {
  readonly entry: LayerEntry
  readonly name: string
  readonly target: string | undefined
  readonly size: number
  readonly mode: number
  readonly times: EntryTimes
  readonly modified: string
}

const isWindows = (entry: LayerEntry): entry is Exclude<LayerEntry, { type: 'stream' | 'whiteout' | 'opaque' }> =>
  'attributes' in entry

const secondsOf = (modified: string): number => (modified.startsWith('-') ? -1 : Math.floor(Number(modified)))

/** The records of an entry, sorted by their keys as the reference sorts them. */
const recordsOf = ({ entry, name, target, size, times, modified }: Written): string => {
  const isExact = !modified.includes('.') && headers.fits(secondsOf(modified), fields.modified)
  return [
    isWindows(entry) ? record(keys.created, formatTime(times.created)) : '',
    isWindows(entry) ? record(keys.attributes, String(entry.attributes)) : '',
    entry.type === 'junction' ? record(keys.mountPoint, '1') : '',
    securityRecords(entry),
    extendedRecords(entry),
    record(keys.accessed, formatTime(times.accessed)),
    record(keys.changed, formatTime(times.changed)),
    target === undefined || fitsField(target) ? '' : record(keys.target, target),
    isExact ? '' : record(keys.modified, modified),
    fitsField(name) ? '' : record(keys.path, name),
    headers.fits(size, fields.size) ? '' : record(keys.size, String(size)),
  ].join('')
}

/** Where a long name of a whiteout is cut for the prefix field, undefined where it can't be. */
const prefixLength = (name: string): number | undefined => {
  if (name.length <= fields.name.length || !isAsciiText(name)) return undefined
  const slash = name.lastIndexOf('/', fields.prefix.length)
  return slash <= 0 || name.length - slash - 1 > fields.name.length ? undefined : slash
}

/** The name of the header in front of an entry's records. */
const titleOf = (name: string): string => {
  const last = name.lastIndexOf('/') + 1
  const title = `${name.slice(0, last)}PaxHeaders.0/${name.slice(last)}`
  const ascii = isAsciiText(title) ? title : Array.from(title, (unit) => (unit <= '\x7f' ? unit : '')).join('')
  return ascii.slice(0, fields.name.length).replace(/\/+$/, '')
}

/** What goes before an entry's body: zeros up to a block, a header with records if there are any, the entry's own header. */
type Headers = {
  readonly records: string
  /** Bytes of the records. */
  readonly recordsLength: number
  readonly name: string
  readonly own: headers.HeaderFields
}

const lengthOf = ({ recordsLength }: Headers): number =>
  recordsLength === 0 ? headers.blockSize : 2 * headers.blockSize + recordsLength + headers.paddingOf(recordsLength)

/** Writes over `padding` bytes and as many as the headers have. */
const putHeaders = (bytes: Uint8Array, start: number, padding: number, written: Headers): void => {
  const { records, recordsLength, name, own } = written
  let at = start + padding
  bytes.fill(0, start, at)
  if (recordsLength > 0) {
    const title = { type: types.records, mode: 0, size: recordsLength, modified: 0, name: titleOf(name) }
    headers.putHeader(bytes, at, title)
    putText(bytes, at + headers.blockSize, records, recordsLength)
    const end = at + headers.blockSize + recordsLength
    at = end + headers.paddingOf(recordsLength)
    bytes.fill(0, end, at)
  }
  headers.putHeader(bytes, at, own)
}

const deletionHeaders = (name: string): Headers => {
  const slash = prefixLength(name)
  const records = slash === undefined && !fitsField(name) ? record(keys.path, name) : ''
  const header = { type: types.file, mode: 0, size: 0, modified: 0 }
  const names = slash === undefined ? { name } : { name: name.slice(slash + 1), prefix: name.slice(0, slash) }
  return { records, recordsLength: utf8Length(records), name, own: { ...header, ...names } }
}

const entryHeaders = (written: Written): E.Either<Problem, Headers> => {
  const { entry, name, target, size, mode, modified } = written
  const records = recordsOf(written)
  const recordsLength = utf8Length(records)
  if (recordsLength > longestRecords)
    return E.left(problem(recordsLength, `must have at most ${longestRecords} bytes of records`))
  const header = { type: typeOf(entry), mode, size, modified: secondsOf(modified), name }
  const own = target === undefined ? header : { ...header, target }
  return E.right({ records, recordsLength, name, own })
}

/** An encoder of one tar. */
export const layerEncoder = ({ epoch }: EncodeOptions = {}): LayerEncoder => {
  const sameTimes =
    epoch === undefined ? undefined : { created: epoch, accessed: epoch, modified: epoch, changed: epoch }
  let offset = 0
  let padding = 0
  let owner: Owner | undefined

  const headersOf = (entry: LayerEntry): E.Either<Problem, Headers> => {
    if (entry.type === 'whiteout' || entry.type === 'opaque') return E.right(deletionHeaders(nameOf(entry)))
    const from = isWindows(entry) ? { mode: modeOf(entry), times: sameTimes ?? entry.times } : owner
    if (from === undefined || (entry.type === 'stream' && entry.name !== owner?.name))
      return E.left(problem(nameOf(entry), 'must follow the entry whose alternate stream it is'))
    const { mode, times } = from
    return entryHeaders({
      entry,
      name: nameOf(entry),
      target: 'target' in entry ? entry.target : undefined,
      size: bodySizeOf(entry),
      mode,
      times,
      modified: formatTime(times.modified),
    })
  }
  const ownerAfter = (entry: LayerEntry): Owner | undefined => {
    if (entry.type === 'stream') return owner
    if (!isWindows(entry) || entry.type === 'link') return undefined
    return { name: entry.name, mode: modeOf(entry), times: sameTimes ?? entry.times }
  }
  /** The entry's headers, where they can be written. */
  const judged = (entry: LayerEntry): E.Either<InvalidEntry, Headers> => {
    const fault = unwritable(entry)
    const found = fault === undefined ? headersOf(entry) : E.left(fault)
    return E.isLeft(found)
      ? E.left(invalidEntry(entry.name, offset + padding, found.left.value, found.left.rule))
      : found
  }
  const put = (entry: LayerEntry, written: Headers, bytes: Uint8Array, at: number): void => {
    putHeaders(bytes, at, padding, written)
    const size = bodySizeOf(entry)
    offset += padding + lengthOf(written) + size
    padding = headers.paddingOf(size)
    owner = ownerAfter(entry)
  }
  return {
    entry: (entry) => {
      const written = judged(entry)
      if (E.isLeft(written)) return written
      const bytes = new Uint8Array(padding + lengthOf(written.right))
      put(entry, written.right, bytes, 0)
      return E.right(bytes)
    },
    into: (entry, bytes, at) => {
      const written = judged(entry)
      if (E.isLeft(written)) return written
      const end = at + padding + lengthOf(written.right)
      if (end > bytes.length) return E.right(at)
      put(entry, written.right, bytes, at)
      return E.right(end)
    },
    end: () => new Uint8Array(padding + 2 * headers.blockSize),
  }
}

import * as E from 'fp-ts/lib/Either.js'
import { invalidEntry, type InvalidEntry } from '../model/fault.js'
import { toBase64 } from './base64.js'
import { bodySizeOf, type EntryTimes, type LayerEntry } from './entry.js'
import * as headers from './header.js'
import { folderAttribute, unwritable } from './judge.js'
import { opaqueName, whiteoutPrefix } from './names.js'
import { keys, longestRecords } from './pax.js'
import { problem, type Problem } from './problem.js'
import { recordWriter, type RecordWriter } from './record-writer.js'
import { isAsciiText } from './text.js'
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

const addSecurity = ({ add }: RecordWriter, entry: LayerEntry): void => {
  if (!('security' in entry) || entry.security === undefined) return
  if ('bytes' in entry.security) add(keys.rawSecurity, toBase64(entry.security.bytes))
  else add(keys.security, entry.security.sddl)
}

const addExtended = ({ add }: RecordWriter, entry: LayerEntry): void => {
  if (!('extended' in entry) || entry.extended === undefined) return
  const attributes = Object.entries(entry.extended).sort(([a], [b]) => (a < b ? -1 : 1))
  for (const [name, value] of attributes) add(keys.extended + name, toBase64(value))
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

/** Adds the records of an entry, sorted by their keys as the reference sorts them. */
const addRecords = (records: RecordWriter, written: Written, timeText: (time: bigint) => string): void => {
  const { add } = records
  const { entry, name, target, size, times, modified } = written
  if (isWindows(entry)) {
    add(keys.created, timeText(times.created))
    add(keys.attributes, String(entry.attributes))
  }
  if (entry.type === 'junction') add(keys.mountPoint, '1')
  addSecurity(records, entry)
  addExtended(records, entry)
  add(keys.accessed, timeText(times.accessed))
  add(keys.changed, timeText(times.changed))
  if (target !== undefined && !fitsField(target)) add(keys.target, target)
  if (modified.includes('.') || !headers.fits(secondsOf(modified), fields.modified)) add(keys.modified, modified)
  if (!fitsField(name)) add(keys.path, name)
  if (!headers.fits(size, fields.size)) add(keys.size, String(size))
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
type Headers = { readonly records: Uint8Array; readonly name: string; readonly own: headers.HeaderFields }

const lengthOf = ({ records: { length } }: Headers): number =>
  length === 0 ? headers.blockSize : 2 * headers.blockSize + length + headers.paddingOf(length)

/** Writes over `padding` bytes and as many as the headers have. */
const putHeaders = (bytes: Uint8Array, start: number, padding: number, { records, name, own }: Headers): void => {
  const { length } = records
  let at = start + padding
  bytes.fill(0, start, at)
  if (length > 0) {
    headers.putHeader(bytes, at, { type: types.records, mode: 0, size: length, modified: 0, name: titleOf(name) })
    bytes.set(records, at + headers.blockSize)
    const end = at + headers.blockSize + length
    at = end + headers.paddingOf(length)
    bytes.fill(0, end, at)
  }
  headers.putHeader(bytes, at, own)
}

const deletionHeaders = (records: RecordWriter, name: string): Headers => {
  const slash = prefixLength(name)
  if (slash === undefined && !fitsField(name)) records.add(keys.path, name)
  const header = { type: types.file, mode: 0, size: 0, modified: 0 }
  const names = slash === undefined ? { name } : { name: name.slice(slash + 1), prefix: name.slice(0, slash) }
  return { records: records.take(), name, own: { ...header, ...names } }
}

const entryHeaders = (records: Uint8Array, written: Written): E.Either<Problem, Headers> => {
  const { entry, name, target, size, mode, modified } = written
  if (records.length > longestRecords)
    return E.left(problem(records.length, `must have at most ${longestRecords} bytes of records`))
  const header = { type: typeOf(entry), mode, size, modified: secondsOf(modified), name }
  return E.right({ records, name, own: target === undefined ? header : { ...header, target } })
}

/** Formats times, of which the four of an entry are often one. */
const timeTexts = (): ((time: bigint) => string) => {
  let last = 0n
  let text = formatTime(last)
  return (time) => {
    if (time !== last) text = formatTime(time)
    last = time
    return text
  }
}

/** An encoder of one tar. */
export const layerEncoder = ({ epoch }: EncodeOptions = {}): LayerEncoder => {
  const sameTimes =
    epoch === undefined ? undefined : { created: epoch, accessed: epoch, modified: epoch, changed: epoch }
  const records = recordWriter()
  const timeText = timeTexts()
  let offset = 0
  let padding = 0
  let owner: Owner | undefined

  const headersOf = (entry: LayerEntry): E.Either<Problem, Headers> => {
    if (entry.type === 'whiteout' || entry.type === 'opaque') return E.right(deletionHeaders(records, nameOf(entry)))
    const from = isWindows(entry) ? { mode: modeOf(entry), times: sameTimes ?? entry.times } : owner
    if (from === undefined || (entry.type === 'stream' && entry.name !== owner?.name))
      return E.left(problem(nameOf(entry), 'must follow the entry whose alternate stream it is'))
    const { mode, times } = from
    const written: Written = {
      entry,
      name: nameOf(entry),
      target: 'target' in entry ? entry.target : undefined,
      size: bodySizeOf(entry),
      mode,
      times,
      modified: timeText(times.modified),
    }
    addRecords(records, written, timeText)
    return entryHeaders(records.take(), written)
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

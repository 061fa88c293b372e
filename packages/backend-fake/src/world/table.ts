import type { EntryTimes, LayerEntry, SecurityDescriptor, StreamEntry } from '@varve/core/tar'
import { decodeBase64, encodeBase64 } from './base64.js'
import type { Disk } from './disk.js'
import { lineOf, readLines } from './rows.js'
import type { Work } from './work.js'
import type { World } from './world.js'

/** An alternate data stream: where its bytes begin in the file of streams beside the table. */
export type StoredStream = { readonly stream: string; readonly size: number; readonly at: number }

export type RowEntry = Exclude<LayerEntry, StreamEntry>

/** What a layer's table says of one entry. */
export type TableRow = { readonly entry: RowEntry; readonly streams: readonly StoredStream[] }

/** First line of the table of a layer that a tar was applied to: all its entries follow, in their order. */
export const appliedLine = lineOf({ applied: true })

/** The content's own folder: what is in it has a path below it, everything else a name in the tar. */
const files = 'Files'

export const nameOf = (path: string): string => (path === '' ? files : `${files}/${path}`)

/** The path below `Files`, undefined elsewhere. */
export const pathIn = (name: string): string | undefined => {
  if (name === files) return ''
  return name.startsWith(`${files}/`) ? name.slice(files.length + 1) : undefined
}

const storedTimes = ({ created, accessed, modified, changed }: EntryTimes): readonly string[] =>
  [created, accessed, modified, changed].map(String)

const storedSecurity = (security: SecurityDescriptor): unknown =>
  'sddl' in security ? security : { bytes: encodeBase64(security.bytes) }

const storedExtended = (extended: Readonly<Record<string, Uint8Array>>): unknown =>
  Object.fromEntries(Object.entries(extended).map(([name, value]) => [name, encodeBase64(value)]))

/** Deletions as they have always been written, so that they can be told from other rows by their end. */
const storedDeletion = (entry: LayerEntry & { readonly type: 'whiteout' | 'opaque' }): unknown => {
  const path = pathIn(entry.name)
  if (path === undefined) return entry
  return entry.type === 'whiteout' ? { path, deleted: true } : { path, opaque: true }
}

export const lineOfRow = ({ entry, streams }: TableRow): string => {
  if (entry.type === 'whiteout' || entry.type === 'opaque') return lineOf(storedDeletion(entry))
  const times = storedTimes(entry.times)
  if (entry.type === 'link') return lineOf({ ...entry, times })
  // The type first, so that a folder can be told from other rows by its beginning.
  const { type, ...rest } = entry
  return lineOf({
    type,
    ...rest,
    times,
    ...(streams.length === 0 ? {} : { streams }),
    ...(entry.security === undefined ? {} : { security: storedSecurity(entry.security) }),
    ...(entry.extended === undefined ? {} : { extended: storedExtended(entry.extended) }),
  })
}

type Fields = Readonly<Record<string, unknown>>

const wrong = (field: string): never => {
  throw new TypeError(`${field} is malformed`)
}

const fieldsOf = (value: unknown, field: string): Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : wrong(field)

const textOf = (fields: Fields, field: string): string => {
  const value = fields[field]
  return typeof value === 'string' ? value : wrong(field)
}

const countOf = (fields: Fields, field: string): number => {
  const value = fields[field]
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? value : wrong(field)
}

const nanoseconds = (value: unknown): bigint =>
  typeof value === 'string' && /^-?\d{1,30}$/.test(value) ? BigInt(value) : wrong('times')

const timesOf = (value: unknown): EntryTimes => {
  if (!Array.isArray(value) || value.length !== 4) return wrong('times')
  const [created, accessed, modified, changed] = value as readonly unknown[]
  return {
    created: nanoseconds(created),
    accessed: nanoseconds(accessed),
    modified: nanoseconds(modified),
    changed: nanoseconds(changed),
  }
}

const securityOf = (value: unknown): SecurityDescriptor => {
  const fields = fieldsOf(value, 'security')
  return 'sddl' in fields ? { sddl: textOf(fields, 'sddl') } : { bytes: decodeBase64(textOf(fields, 'bytes')) }
}

const extendedOf = (value: unknown): Readonly<Record<string, Uint8Array>> => {
  const fields = fieldsOf(value, 'extended')
  return Object.fromEntries(Object.keys(fields).map((name) => [name, decodeBase64(textOf(fields, name))]))
}

const streamsOf = (value: unknown): readonly StoredStream[] => {
  if (value === undefined) return []
  if (!Array.isArray(value)) return wrong('streams')
  return value.map((stored: unknown) => {
    const fields = fieldsOf(stored, 'streams')
    return { stream: textOf(fields, 'stream'), size: countOf(fields, 'size'), at: countOf(fields, 'at') }
  })
}

const entryOf = (fields: Fields): RowEntry => {
  if (fields['deleted'] === true) return { type: 'whiteout', name: nameOf(textOf(fields, 'path')) }
  if (fields['opaque'] === true) return { type: 'opaque', name: nameOf(textOf(fields, 'path')) }
  const name = textOf(fields, 'name')
  const { type } = fields
  if (type === 'whiteout') return { type, name }
  const windows = { name, attributes: countOf(fields, 'attributes'), times: timesOf(fields['times']) }
  if (type === 'link') return { type, ...windows, target: textOf(fields, 'target') }
  const secured = {
    ...windows,
    ...(fields['security'] === undefined ? {} : { security: securityOf(fields['security']) }),
    ...(fields['extended'] === undefined ? {} : { extended: extendedOf(fields['extended']) }),
  }
  if (type === 'file') return { type, ...secured, size: countOf(fields, 'size'), hasData: fields['hasData'] === true }
  if (type === 'directory') return { type, ...secured }
  if (type === 'symlink' || type === 'junction') return { type, ...secured, target: textOf(fields, 'target') }
  return wrong('type')
}

/** Undefined for the first line of an applied layer's table. Throws at a line that is no row. */
const rowOf = (line: string): TableRow | undefined => {
  const fields = fieldsOf(JSON.parse(line), 'row')
  return fields['applied'] === true ? undefined : { entry: entryOf(fields), streams: streamsOf(fields['streams']) }
}

/** Hands every row of a table to `take`: all of them, or those whose line passes. */
export function* readTable(
  world: World,
  path: string,
  take: (row: TableRow) => void,
  passes: (line: string) => boolean = () => true,
): Work<void> {
  yield* readLines(
    world,
    path,
    (line) => (passes(line) ? rowOf(line) : undefined),
    (row) => row !== undefined && take(row),
  )
}

const folderStart = '{"type":"directory",'
export const isFolderLine = (line: string): boolean => line.startsWith(folderStart)

const deletionEnds = ['"deleted":true}', '"opaque":true}'] as const
const isDeletionLine = (line: string): boolean => deletionEnds.some((end) => line.endsWith(end))

/** Paths that a layer hides from its parents' content; `''` hides all of it. Other rows are not looked at. */
export function* readDeletions(world: World, path: string): Work<readonly string[]> {
  const deleted: string[] = []
  yield* readTable(world, path, ({ entry }) => deleted.push(pathIn(entry.name) ?? ''), isDeletionLine)
  return deleted
}

/** Whether a path lies in a folder that is hidden as a whole. */
export const isBelowAnother = (path: string, hidden: ReadonlySet<string>): boolean => {
  for (let at = path.lastIndexOf('/'); at > 0; at = path.lastIndexOf('/', at - 1))
    if (hidden.has(path.slice(0, at))) return true
  return false
}

/** Whether a table is that of a layer that a tar was applied to. */
export const isApplied = (disk: Disk, path: string): boolean => {
  if (disk.lstat(path) === undefined) return false
  return new TextDecoder().decode(disk.read(path, 0, appliedLine.length)) === appliedLine
}

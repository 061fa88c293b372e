import { backendFault, invalidArgument } from '@varve/core/ports'
import type { EntryTimes, LayerEntry, LayerItem } from '@varve/core/tar'
import { codes, raise } from '../failure.js'
import { isFolder, isReparsePoint } from '../formats/filetime.js'
import type { BackupSummary } from '../formats/backup-summary.js'
import { decodeReparse, tagOf } from '../formats/reparse.js'
import type { Native } from '../native/native.js'
import type { BackupInput } from './backup-input.js'
import { readBackup } from './read-backup.js'

/** What a source needs for one file after another. */
export type Putting = {
  readonly native: Native
  /** First names of files that have several, by their ids. */
  readonly links: Map<string, string>
  readonly buffer: Uint8Array
}

/** A file of the host that becomes an entry. `path` is for messages. */
export type SourceFile = {
  readonly name: string
  readonly path: string
  readonly input: BackupInput
  readonly attributes: number
  readonly times: EntryTimes
}

/** `entry` comes first in a source, which has no tar: its offset is 0. */
const itemOf = (entry: LayerEntry): LayerItem => ({ type: 'entry', entry, offset: 0 })

const entryOf = ({ name, path, attributes, times }: SourceFile, summary: BackupSummary): LayerEntry => {
  const { security, extended, reparse, data } = summary
  const secured = {
    name,
    attributes,
    times,
    ...(security !== undefined && { security: { bytes: security } }),
    ...(extended !== undefined && { extended }),
  }
  if (reparse !== undefined) {
    const link = decodeReparse(reparse)
    if (link !== undefined) return { ...secured, ...link }
    const tag = `the reparse tag 0x${tagOf(reparse).toString(16)}`
    return raise(invalidArgument(`file ${path}`, tag, 'must be a file, a folder, a symlink or a junction'))
  }
  if (isReparsePoint(attributes) && isFolder(attributes))
    return raise(backendFault(`${path} is a reparse point that could not be read; look at it`, codes.corrupt))
  if (isFolder(attributes)) return { ...secured, type: 'directory' }
  return { ...secured, type: 'file', size: data ?? 0, hasData: data !== undefined }
}

const changed = (path: string): never =>
  raise(backendFault(`${path} changed while it was read; try again when nothing uses it`, codes.sharingViolation))

/** Bytes of one stream, as many as were announced. */
const countdown = (path: string) => {
  let left = 0
  return {
    begin: (size: number): void => {
      if (left !== 0) changed(path)
      left = size
    },
    take: (length: number): void => {
      left -= length
      if (left < 0) changed(path)
    },
  }
}

/** The entry of a file with its data and alternate streams; or of a further name of one that came before. */
export function* putFile({ native, links, buffer }: Putting, file: SourceFile): Generator<LayerItem, void, undefined> {
  const { name, path, input, attributes, times } = file
  if (!isFolder(attributes) && native.GetFileStandardInfo(input.handle()).links > 1) {
    const id = native.GetFileIdInfo(input.handle())
    const target = links.get(id)
    if (target !== undefined) return yield itemOf({ type: 'link', name, attributes, times, target })
    links.set(id, name)
  }
  const { summary, contents } = readBackup(path, input, buffer)
  const entry = entryOf(file, summary)
  yield itemOf(entry)
  const count = countdown(path)
  count.begin(entry.type === 'file' ? entry.size : 0)
  const waiting = [...summary.alternates]
  let current: string | undefined
  const beginNext = (): LayerItem => {
    const next = waiting.shift()
    if (next === undefined) return changed(path)
    current = next.name
    count.begin(next.size)
    return itemOf({ type: 'stream', name, stream: next.name, size: next.size })
  }
  for (const { stream, bytes } of contents()) {
    // A folder has no data of its own, and that of a reparse point is what lies behind it.
    if (stream === undefined && entry.type !== 'file') continue
    while (stream !== current) yield beginNext()
    count.take(bytes.length)
    yield { type: 'bytes', bytes }
  }
  while (waiting.length > 0) yield beginNext()
  count.begin(0)
}

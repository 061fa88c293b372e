import { backendFault } from '@varve/core/ports'
import { codes, raise } from '../failure.js'
import { alternateName } from '../formats/backup-builder.js'
import { backupParser, streamIds, type BackupItem } from '../formats/backup-stream.js'
import { backupSummary, isSparseHead, type BackupSummary } from '../formats/backup-summary.js'
import type { BackupInput } from './backup-input.js'

/** Which data of a file: its own, or an alternate stream by its plain name. */
export type Content = { readonly stream: string | undefined; readonly bytes: Uint8Array }

/** The backup of a file, read once to know what it is and once more for its data. */
export type Backup = {
  readonly summary: BackupSummary
  /** All data: first the file's own, then that of its alternate streams as the summary has them. Bytes are good until the next. */
  readonly contents: () => Generator<Content, void, undefined>
}

/** Bytes that are read at once, and that a backup may have to be read only once. */
export const inputLength = 262_144

const zeros = new Uint8Array(65_536)

function* holes(length: number): Generator<Uint8Array, void, undefined> {
  for (let left = length; left > 0; left -= zeros.length) yield left < zeros.length ? zeros.subarray(0, left) : zeros
}

type Stream = { readonly id: number; readonly name: string | undefined; readonly isSparse: boolean; at: number }

/** The bytes of data among the items of a backup; of a sparse stream also those that are not there. */
const contentReader = (isWanted: (id: number) => boolean) => {
  let stream: Stream | undefined
  return function* read(item: BackupItem): Generator<Content, void, undefined> {
    if (item.type === 'stream') {
      const name = item.id === streamIds.alternate ? alternateName(item.name) : undefined
      stream = isWanted(item.id) ? { id: item.id, name, isSparse: isSparseHead(item), at: 0 } : undefined
    } else if (stream !== undefined) {
      const { name } = stream
      if (item.type === 'block') {
        for (const bytes of holes(item.offset - stream.at)) yield { stream: name, bytes }
        stream.at = item.offset
      } else {
        stream.at += item.bytes.length
        yield { stream: name, bytes: item.bytes }
      }
    }
  }
}

/** BackupRead wants more room than the head of a stream takes, and in less may find nothing though there is more. */
const leastRoom = 64

type Piece = { readonly bytes: Uint8Array; readonly isLast: boolean }

/** As much as the buffer takes or there is. */
const fill = (input: BackupInput, buffer: Uint8Array): Piece => {
  let length = 0
  while (buffer.length - length >= leastRoom) {
    const count = input.read(buffer.subarray(length))
    if (count === 0) return { bytes: buffer.subarray(0, length), isLast: true }
    length += count
  }
  return { bytes: buffer.subarray(0, length), isLast: false }
}

/** `path` is for messages. The buffer, of 64 bytes at least, is used by this backup alone until it is read. */
export const readBackup = (path: string, input: BackupInput, buffer: Uint8Array): Backup => {
  const refuse = (problem: string): never =>
    raise(backendFault(`the backup of ${path} has ${problem}; look at that file, and try again`, codes.corrupt))
  /** Calls back with the items of the backup from its beginning on. */
  function* items(isSkipping: () => boolean): Generator<BackupItem, void, undefined> {
    const parser = backupParser(refuse)
    let isFirst = true
    for (;;) {
      const { bytes, isLast } = isFirst && whole !== undefined ? whole : fill(input, buffer)
      isFirst = false
      yield* parser.push(bytes)
      if (isLast) return parser.end()
      if (input.skip !== undefined && isSkipping()) input.skip(parser.skip())
    }
  }
  let whole: Piece | undefined
  const first = fill(input, buffer)
  whole = first
  const summary = backupSummary(refuse)
  let isData = false
  for (const item of items(() => isData)) {
    if (item.type === 'stream') isData = item.id === streamIds.data || item.id === streamIds.alternate
    summary.add(item)
  }
  if (!first.isLast) whole = undefined
  const found = summary.end()

  function* pass(isWanted: (id: number) => boolean): Generator<Content, void, undefined> {
    if (whole === undefined) input.rewind()
    const read = contentReader(isWanted)
    for (const item of items(() => false)) yield* read(item)
  }
  return {
    summary: found,
    *contents() {
      const isAlternate = (id: number): boolean => id === streamIds.alternate
      if (found.data === undefined && found.alternates.length === 0) return
      if (found.isDataFirst) return yield* pass((id) => id === streamIds.data || isAlternate(id))
      yield* pass((id) => id === streamIds.data)
      yield* pass(isAlternate)
    },
  }
}

import { alternateName, type Metadata } from './backup-builder.js'
import { sparseAttribute, streamIds, type BackupItem } from './backup-stream.js'
import { decodeExtended } from './extended.js'

/** An alternate stream by its plain name, with its bytes once they are all there, holes too. */
export type AlternateStream = { readonly name: string; readonly size: number }

/** What a backup says of a file, but for its data. */
export type BackupSummary = Metadata & {
  /** Bytes of the unnamed data, holes too; undefined where it has none. */
  readonly data?: number
  readonly alternates: readonly AlternateStream[]
  /** Whether the data comes before all alternate streams. */
  readonly isDataFirst: boolean
}

/** Descriptors and attributes have 64 KiB at most, reparse buffers less. */
const longestMetadata = 1_048_576

/** Bytes of a stream of data, and how far they came. */
type Sized = { readonly name: string; size: number; readonly isSparse: boolean }

type Collected = {
  security?: Uint8Array
  extended?: Uint8Array
  reparse?: Uint8Array
  data?: Sized
  alternates: Sized[]
  isDataFirst: boolean
}

/** Whether a stream is data whose blocks follow. */
export const isSparseHead = ({ attributes, size }: { attributes: number; size: number }): boolean =>
  size === 0 && (attributes & sparseAttribute) !== 0

const metadataField = (id: number): 'security' | 'extended' | 'reparse' | undefined => {
  if (id === streamIds.security) return 'security'
  if (id === streamIds.extended) return 'extended'
  return id === streamIds.reparse ? 'reparse' : undefined
}

/** Takes the items of a backup, one after another, and tells what it was. `refuse` raises what is wrong. */
export const backupSummary = (
  refuse: (problem: string) => never,
): { readonly add: (item: BackupItem) => void; readonly end: () => BackupSummary } => {
  const found: Collected = { alternates: [], isDataFirst: true }
  let filling: { readonly bytes: Uint8Array; at: number } | undefined
  let blocksOf: Sized | undefined

  const sized = (item: BackupItem & { type: 'stream' }, name: string): Sized => {
    const stream = { name, size: item.size, isSparse: isSparseHead(item) }
    blocksOf = stream.isSparse ? stream : undefined
    return stream
  }
  const addStream = (item: BackupItem & { type: 'stream' }): void => {
    filling = undefined
    blocksOf = undefined
    const field = metadataField(item.id)
    if (field !== undefined) {
      if (found[field] !== undefined) refuse('two streams of a kind that there is once')
      if (item.size > longestMetadata) refuse(`a stream of ${item.size} bytes that is no data`)
      const bytes = new Uint8Array(item.size)
      found[field] = bytes
      filling = { bytes, at: 0 }
    } else if (item.id === streamIds.data) {
      if (found.data !== undefined) refuse('two streams of unnamed data')
      found.isDataFirst = found.alternates.length === 0
      found.data = sized(item, '')
    } else if (item.id === streamIds.alternate) {
      const name = alternateName(item.name)
      found.alternates.push(sized(item, name ?? refuse(`a stream called ${JSON.stringify(item.name)}`)))
    }
  }
  return {
    add: (item) => {
      if (item.type === 'stream') addStream(item)
      else if (item.type === 'block') {
        const stream = blocksOf ?? refuse('a sparse block that belongs to no sparse stream')
        if (item.offset < stream.size)
          refuse(`a sparse block at ${item.offset}, which is before the end of the last one`)
        stream.size = item.offset + item.size
        if (!Number.isSafeInteger(stream.size)) refuse(`a sparse block at ${item.offset}`)
      } else if (filling !== undefined) {
        filling.bytes.set(item.bytes, filling.at)
        filling.at += item.bytes.length
      }
    },
    end: () => {
      const { security, extended, reparse, data, alternates, isDataFirst } = found
      const attributes = extended === undefined || extended.length === 0 ? undefined : decodeExtended(extended)
      if (extended !== undefined && extended.length > 0 && attributes === undefined)
        refuse('extended attributes that are no chain')
      return {
        ...(security !== undefined && security.length > 0 && { security }),
        ...(attributes !== undefined && { extended: attributes }),
        ...(reparse !== undefined && { reparse }),
        ...(data !== undefined && { data: data.size }),
        alternates: alternates.map(({ name, size }) => ({ name, size })),
        isDataFirst,
      }
    },
  }
}

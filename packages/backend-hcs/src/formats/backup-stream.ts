/** Ids of the streams of a Win32 backup. */
export const streamIds = {
  data: 1,
  extended: 2,
  security: 3,
  alternate: 4,
  link: 5,
  property: 6,
  objectId: 7,
  reparse: 8,
  sparseBlock: 9,
  transaction: 10,
} as const

/** STREAM_SPARSE_ATTRIBUTE: what there is comes as blocks behind the stream, which has a size of 0. */
export const sparseAttribute = 8

/** A piece of a backup. */
export type BackupItem =
  | {
      readonly type: 'stream'
      readonly id: number
      readonly attributes: number
      /** Bytes that follow. */
      readonly size: number
      /** `:stream:$DATA` of an alternate stream. */
      readonly name: string
    }
  /** A part of the sparse stream before; one of size 0 says where it ends. */
  | { readonly type: 'block'; readonly offset: number; readonly size: number }
  /** Bytes of the stream or block before: a view of what was pushed. */
  | { readonly type: 'bytes'; readonly bytes: Uint8Array }

/** Reads a backup in pieces of any size. */
export type BackupParser = {
  readonly push: (bytes: Uint8Array) => readonly BackupItem[]
  /** Takes the bytes to come of the stream under way for read, and answers how many they are. */
  readonly skip: () => number
  /** To be called when there is no more. */
  readonly end: () => void
}

const headerLength = 20
const offsetLength = 8
/** NTFS has names of 255 UTF-16 units; around that of a stream are `:` and `:$DATA`. */
const longestName = 1024

const knownIds: readonly number[] = Object.values(streamIds)

const utf16 = new TextDecoder('utf-16le', { ignoreBOM: true })

/**
 * `refuse` is told what is wrong and raises it: a backup that is malformed, of unknown streams or cut off. Streams may come in
 * any order.
 */
export const backupParser = (refuse: (problem: string) => never): BackupParser => {
  /** Of the header under way: what came of it, how much it needs, and what follows when it is whole. */
  const held = new Uint8Array(headerLength + longestName + offsetLength)
  let heldLength = 0
  let wanted = headerLength
  let left = 0

  const numberAt = (view: DataView, at: number): number => {
    const value = view.getBigUint64(at, true)
    return value > Number.MAX_SAFE_INTEGER ? refuse(`a stream of ${value} bytes`) : Number(value)
  }
  /** How many bytes the header has that began. */
  const lengthOf = (view: DataView): number => {
    const id = view.getUint32(0, true)
    if (!knownIds.includes(id)) refuse(`a stream of the unknown kind ${id}`)
    const nameLength = view.getUint32(16, true)
    if (nameLength > longestName || nameLength % 2 !== 0) refuse(`a stream whose name has ${nameLength} bytes`)
    return headerLength + nameLength + (id === streamIds.sparseBlock ? offsetLength : 0)
  }
  const itemOf = (view: DataView): BackupItem => {
    const id = view.getUint32(0, true)
    const size = numberAt(view, 8)
    const nameEnd = headerLength + view.getUint32(16, true)
    if (id !== streamIds.sparseBlock) {
      left = size
      const name = utf16.decode(held.subarray(headerLength, nameEnd))
      return { type: 'stream', id, attributes: view.getUint32(4, true), size, name }
    }
    if (size < offsetLength) refuse(`a sparse block of ${size} bytes`)
    left = size - offsetLength
    return { type: 'block', offset: numberAt(view, nameEnd), size: left }
  }
  /** Reads on in a header; answers where it came to. */
  const readHeader = (bytes: Uint8Array, at: number, items: BackupItem[]): number => {
    const end = Math.min(bytes.length, at + wanted - heldLength)
    held.set(bytes.subarray(at, end), heldLength)
    heldLength += end - at
    if (heldLength < wanted) return end
    const view = new DataView(held.buffer)
    const length = lengthOf(view)
    if (length > heldLength) {
      wanted = length
      return end
    }
    items.push(itemOf(view))
    heldLength = 0
    wanted = headerLength
    return end
  }
  return {
    push: (bytes) => {
      const items: BackupItem[] = []
      for (let at = 0; at < bytes.length;) {
        if (left === 0) at = readHeader(bytes, at, items)
        else {
          const end = Math.min(bytes.length, at + left)
          items.push({ type: 'bytes', bytes: bytes.subarray(at, end) })
          left -= end - at
          at = end
        }
      }
      return items
    },
    skip: () => {
      const skipped = left
      left = 0
      return skipped
    },
    end: () => {
      if (left > 0) refuse(`an end that comes ${left} bytes too early`)
      if (heldLength > 0) refuse('an end in the middle of the head of a stream')
    },
  }
}

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

/** The head of a stream, or of a part of a sparse one. */
export type BackupHead =
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

/** A piece of a backup. Bytes are of what the head before is of, and a view of what was pushed. */
export type BackupItem = BackupHead | { readonly type: 'bytes'; readonly bytes: Uint8Array }

/** Reads a backup in pieces of any size. */
export type BackupParser = {
  readonly push: (bytes: Uint8Array) => readonly BackupItem[]
  /** Takes the bytes to come of the stream under way for read, and answers how many they are. */
  readonly skip: () => number
  /** To be called when there is no more. */
  readonly end: () => void
}

const fixedLength = 20
const offsetLength = 8
/** NTFS has names of 255 UTF-16 units; around that of a stream are `:` and `:$DATA`. */
const longestName = 1024

const knownIds: readonly number[] = Object.values(streamIds)

const utf16 = new TextDecoder('utf-16le', { ignoreBOM: true })

type Refuse = (problem: string) => never

const numberAt = (view: DataView, at: number, refuse: Refuse): number => {
  const value = view.getBigUint64(at, true)
  return value > Number.MAX_SAFE_INTEGER ? refuse(`a stream of ${value} bytes`) : Number(value)
}

/** How many bytes the head has that began. */
const headLength = (view: DataView, refuse: Refuse): number => {
  const id = view.getUint32(0, true)
  if (!knownIds.includes(id)) refuse(`a stream of the unknown kind ${id}`)
  const nameLength = view.getUint32(16, true)
  if (nameLength > longestName || nameLength % 2 !== 0) refuse(`a stream whose name has ${nameLength} bytes`)
  return fixedLength + nameLength + (id === streamIds.sparseBlock ? offsetLength : 0)
}

/** What a whole head says. */
const headItem = (view: DataView, refuse: Refuse): BackupHead => {
  const id = view.getUint32(0, true)
  const size = numberAt(view, 8, refuse)
  const nameEnd = fixedLength + view.getUint32(16, true)
  if (id !== streamIds.sparseBlock) {
    const name = utf16.decode(new Uint8Array(view.buffer, fixedLength, nameEnd - fixedLength))
    return { type: 'stream', id, attributes: view.getUint32(4, true), size, name }
  }
  if (size < offsetLength) refuse(`a sparse block of ${size} bytes`)
  return { type: 'block', offset: numberAt(view, nameEnd, refuse), size: size - offsetLength }
}

/**
 * `refuse` is told what is wrong and raises it: a backup that is malformed, of unknown streams or cut off. Streams may come in
 * any order.
 */
export const backupParser = (refuse: Refuse): BackupParser => {
  /** Of the head under way: what came of it, and how much it needs. */
  const held = new Uint8Array(fixedLength + longestName + offsetLength)
  const view = new DataView(held.buffer)
  let heldLength = 0
  let wanted = fixedLength
  let left = 0

  /** Reads on in a head; answers where it came to. */
  const readHead = (bytes: Uint8Array, at: number, items: BackupItem[]): number => {
    const end = Math.min(bytes.length, at + wanted - heldLength)
    held.set(bytes.subarray(at, end), heldLength)
    heldLength += end - at
    if (heldLength === fixedLength) wanted = headLength(view, refuse)
    if (heldLength < wanted) return end
    const item = headItem(view, refuse)
    items.push(item)
    left = item.size
    heldLength = 0
    wanted = fixedLength
    return end
  }
  return {
    push: (bytes) => {
      const items: BackupItem[] = []
      for (let at = 0; at < bytes.length;) {
        if (left === 0) at = readHead(bytes, at, items)
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

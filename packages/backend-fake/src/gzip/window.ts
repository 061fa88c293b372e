/** The bytes inflated last, for copies to reach back to, and before them those to be given out. */
export type Window = {
  /** Whether there might be no room for another 258 bytes, the longest copy. */
  readonly isFull: () => boolean
  readonly put: (byte: number) => void
  /** Repeats what stands `distance` bytes back. Throws where nothing does. */
  readonly copy: (length: number, distance: number) => void
  /** What was not given out yet, with a buffer of its own. */
  readonly flush: () => Uint8Array
}

const reach = 32 * 1024
const chunkBytes = 256 * 1024
const longestCopy = 258

export const newWindow = (): Window => {
  const bytes = new Uint8Array(reach + chunkBytes)
  let oldest = reach
  let at = reach
  return {
    isFull: () => at > reach + chunkBytes - longestCopy,
    put: (byte) => {
      bytes[at++] = byte
    },
    copy: (length, distance) => {
      if (at - distance < oldest) throw new Error('a copy from before the beginning')
      // Not copyWithin: a copy may overlap what it writes.
      for (const end = at + length; at < end; at++) bytes[at] = bytes[at - distance] ?? 0
    },
    flush: () => {
      const chunk = bytes.slice(reach, at)
      bytes.copyWithin(0, at - reach, at)
      oldest = Math.max(0, oldest - chunk.length)
      at = reach
      return chunk
    },
  }
}

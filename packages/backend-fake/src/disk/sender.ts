import { chunkLength, type Arrival } from '../world/control.js'

/** Bytes from which on it is cheaper to move a buffer than to copy what is in it. */
const worthMoving = chunkLength / 4

const movableBuffer = ({ buffer, byteLength }: Uint8Array): ArrayBuffer | undefined =>
  byteLength >= worthMoving && buffer instanceof ArrayBuffer && buffer.byteLength === byteLength ? buffer : undefined

/** Posts the parts of a tar to the other thread: large chunks are moved as they are, small ones gathered in larger ones. */
export const tarSender = (post: (arrival: Arrival, moved: readonly ArrayBuffer[]) => void) => {
  let chunk = new Uint8Array(0)
  let filled = 0

  const send = (bytes: Uint8Array, moved: readonly ArrayBuffer[]): void => post({ type: 'bytes', bytes }, moved)
  const flush = (): void => {
    if (filled === 0) return
    send(chunk.subarray(0, filled), [chunk.buffer])
    chunk = new Uint8Array(0)
    filled = 0
  }
  const gather = (bytes: Uint8Array): void => {
    for (let from = 0; from < bytes.length;) {
      if (chunk.length === 0) chunk = new Uint8Array(chunkLength)
      const part = bytes.subarray(from, from + chunkLength - filled)
      chunk.set(part, filled)
      filled += part.length
      from += part.length
      if (filled === chunkLength) flush()
    }
  }
  const move = (bytes: Uint8Array, buffer: ArrayBuffer): void => {
    flush()
    try {
      send(bytes, [buffer])
    } catch {
      // A buffer that its owner keeps from being moved.
      gather(bytes)
    }
  }
  return (arrival: Arrival): void => {
    if (arrival.type !== 'bytes') {
      flush()
      return post(arrival, [])
    }
    const buffer = movableBuffer(arrival.bytes)
    if (buffer === undefined) gather(arrival.bytes)
    else move(arrival.bytes, buffer)
  }
}

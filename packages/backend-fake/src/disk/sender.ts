import { chunkLength, type Arrival } from '../world/control.js'

/** Posts the parts of a tar to the other thread, in buffers that come back from there. */
export type TarSender = {
  readonly send: (arrival: Arrival) => void
  /** Takes back a buffer whose bytes were used. Without that, each thread would hold tens of megabytes of used ones. */
  readonly takeBack: (buffer: ArrayBuffer) => void
}

export const tarSender = (post: (arrival: Arrival, moved: readonly ArrayBuffer[]) => void): TarSender => {
  const free: ArrayBuffer[] = []
  let chunk: Uint8Array<ArrayBuffer> | undefined
  let filled = 0

  const flush = (): void => {
    if (chunk === undefined) return
    post({ type: 'bytes', bytes: chunk.subarray(0, filled) }, [chunk.buffer])
    chunk = undefined
    filled = 0
  }
  const gather = (bytes: Uint8Array): void => {
    for (let from = 0; from < bytes.length;) {
      chunk ??= new Uint8Array(free.pop() ?? new ArrayBuffer(chunkLength))
      const part = bytes.subarray(from, from + chunkLength - filled)
      chunk.set(part, filled)
      filled += part.length
      from += part.length
      if (filled === chunkLength) flush()
    }
  }
  return {
    send: (arrival) => {
      if (arrival.type === 'bytes') return gather(arrival.bytes)
      flush()
      post(arrival, [])
    },
    takeBack: (buffer) => void free.push(buffer),
  }
}

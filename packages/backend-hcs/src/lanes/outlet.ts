import { chunkLength, chunksInFlight } from '@varve/core/adapter'
import { backendFault } from '@varve/core/ports'
import { codes, raise } from '../failure.js'
import { isRaisedFlag, waitFor, word, type Words } from './words.js'

/** Where a call puts bytes; they go out in chunks of one size. */
export type Outlet = {
  readonly put: (bytes: Uint8Array) => void
  /** Sends what is not a whole chunk. */
  readonly flush: () => void
}

/** Blocks while as many chunks wait for their reader as may. */
const waitForRoom = (words: Words): void => {
  const isStopped = waitFor(words, () => {
    if (isRaisedFlag(words, word.stopped)) return true
    return Atomics.load(words, word.inFlight) < chunksInFlight ? false : undefined
  })
  if (isStopped) raise(backendFault('nobody reads on; ask again to have all of it', codes.aborted))
}

export const openOutlet = (words: Words, send: (chunk: Uint8Array<ArrayBuffer>) => void): Outlet => {
  let chunk: Uint8Array<ArrayBuffer> | undefined
  let filled = 0
  const flush = (): void => {
    if (chunk === undefined) return
    waitForRoom(words)
    Atomics.add(words, word.inFlight, 1)
    send(chunk.subarray(0, filled))
    chunk = undefined
    filled = 0
  }
  return {
    put: (bytes) => {
      for (let from = 0; from < bytes.length;) {
        chunk ??= new Uint8Array(chunkLength)
        const part = bytes.subarray(from, from + chunkLength - filled)
        chunk.set(part, filled)
        filled += part.length
        from += part.length
        if (filled === chunkLength) flush()
      }
    },
    flush,
  }
}

import * as E from 'fp-ts/lib/Either.js'
import { backendFault, hresult, type Failure } from '../model/fault.js'
import type { ByteStream } from '../runtime/ports.js'
import { messageOf } from './failure.js'
import { gate } from './gate.js'
import { chunkLength, chunksInFlight } from './movable.js'

/** What comes out of a stream of bytes: some of them, its failure, or its end. */
export type Arrival =
  | { readonly type: 'bytes'; readonly bytes: Uint8Array }
  | { readonly type: 'failed'; readonly failure: Failure }
  | { readonly type: 'end' }

/** What a tar is pulled for. */
export type Taker = {
  /** Resolves when more is wanted, and when nothing more will be. */
  readonly give: (arrival: Arrival) => Promise<void>
  readonly isOver: () => boolean
}

const pull = async (tar: ByteStream<Failure>, { give, isOver }: Taker): Promise<void> => {
  for await (const chunk of tar) {
    if (isOver()) return
    if (E.isLeft(chunk)) return give({ type: 'failed', failure: chunk.left })
    await give({ type: 'bytes', bytes: chunk.right })
    if (isOver()) return
  }
  await give({ type: 'end' })
}

/** Pulls a tar to its end, or for as long as it is wanted. Never rejects: a tar that throws has failed. */
export const pump = async (tar: ByteStream<Failure>, taker: Taker): Promise<void> => {
  try {
    await pull(tar, taker)
  } catch (cause) {
    const message = `the tar can't be read: ${messageOf(cause)}; give one that answers`
    await taker.give({ type: 'failed', failure: backendFault(message, hresult.unspecified) })
  }
}

/** Buffers that come back; never more than may be on their way. */
const bufferPool = (isOver: () => boolean) => {
  const free: ArrayBuffer[] = []
  const room = gate()
  let made = 0
  return {
    /** Undefined once nothing more is wanted. */
    next: async (): Promise<ArrayBuffer | undefined> => {
      while (!isOver()) {
        const buffer = free.pop()
        if (buffer !== undefined) return buffer
        if (made === chunksInFlight) await room.wait()
        else {
          made++
          return new ArrayBuffer(chunkLength)
        }
      }
      return undefined
    },
    takeBack: (buffer: ArrayBuffer): void => {
      free.push(buffer)
      room.open()
    },
    wake: room.open,
  }
}

type Post = (arrival: Arrival, moved: readonly ArrayBuffer[]) => void

/** Copies bytes into whole chunks, and posts each when it is full. */
const sender = (next: () => Promise<ArrayBuffer | undefined>, post: Post) => {
  let chunk: Uint8Array<ArrayBuffer> | undefined
  let filled = 0
  const flush = (): void => {
    if (chunk !== undefined) post({ type: 'bytes', bytes: chunk.subarray(0, filled) }, [chunk.buffer])
    chunk = undefined
    filled = 0
  }
  return {
    /** Resolves when all of the bytes were copied. */
    send: async (bytes: Uint8Array): Promise<void> => {
      for (let from = 0; from < bytes.length;) {
        if (chunk === undefined) {
          const buffer = await next()
          if (buffer === undefined) return
          chunk = new Uint8Array(buffer)
        }
        const part = bytes.subarray(from, from + chunkLength - filled)
        chunk.set(part, filled)
        filled += part.length
        from += part.length
        if (filled === chunkLength) flush()
      }
    },
    end: (last: Arrival): void => {
      flush()
      post(last, [])
    },
  }
}

/** A tar on its way to another thread. */
export type TarFeed = {
  /** Takes back the buffer of bytes that were used there. Without that no more than `chunksInFlight` of them go over. */
  readonly takeBack: (buffer: ArrayBuffer) => void
  /** Nothing more of it is wanted. */
  readonly stop: () => void
}

/**
 * Pulls a tar and posts it to another thread in buffers of `chunkLength` bytes, which are moved: what the thread has not given
 * back holds up the tar. `spend` takes the tar's own chunks, which were copied.
 */
export const feedTar = (
  tar: ByteStream<Failure>,
  { post, spend }: { readonly post: Post; readonly spend?: ((chunk: Uint8Array) => void) | undefined },
): TarFeed => {
  let isOver = false
  const pool = bufferPool(() => isOver)
  const { send, end } = sender(pool.next, (arrival, moved) => {
    if (!isOver) post(arrival, moved)
  })
  const give = async (arrival: Arrival): Promise<void> => {
    if (arrival.type !== 'bytes') return end(arrival)
    await send(arrival.bytes)
    spend?.(arrival.bytes)
  }
  void pump(tar, { give, isOver: () => isOver })
  return {
    takeBack: pool.takeBack,
    stop: () => {
      isOver = true
      pool.wake()
    },
  }
}

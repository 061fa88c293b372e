import * as E from 'fp-ts/lib/Either.js'
import { MessageChannel, type MessagePort } from 'node:worker_threads'
import { backendFault, type ByteStream, type Failure } from '@varve/core/ports'
import { codes, messageOf } from '../failure.js'
import type { Arrival } from '../layers/control.js'
import { chunkLength, chunksInFlight } from './messages.js'
import { wake, type Words } from './words.js'

/** Where one waits for another. */
export type Gate = { readonly wait: () => Promise<void>; readonly open: () => void }

/** Opening it lets the one through who waits, and nobody later. */
export const gate = (): Gate => {
  let pass: (() => void) | undefined
  return {
    wait: () => new Promise((resolve) => (pass = resolve)),
    open: () => {
      pass?.()
      pass = undefined
    },
  }
}

/** A tar on its way to a lane. */
export type Feed = {
  /** The lane's end. */
  readonly port: MessagePort
  /** Begins to pull the tar. */
  readonly start: () => void
  /** The lane wants no more of it. */
  readonly stop: () => void
}

/** Buffers that go to a lane and come back from there; never more than may be on their way. */
const bufferPool = (isOver: () => boolean) => {
  const free: ArrayBuffer[] = []
  const room = gate()
  let made = 0
  return {
    /** Undefined once the feed is over. */
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
    open: room.open,
  }
}

type Sender = {
  /** Resolves when all of the bytes are in buffers. */
  readonly send: (bytes: Uint8Array) => Promise<void>
  readonly end: (last: Arrival) => void
}

const senderOver = (
  next: () => Promise<ArrayBuffer | undefined>,
  post: (arrival: Arrival, moved: readonly ArrayBuffer[]) => void,
): Sender => {
  let chunk: Uint8Array<ArrayBuffer> | undefined
  let filled = 0
  const flush = (): void => {
    if (chunk !== undefined) post({ type: 'bytes', bytes: chunk.subarray(0, filled) }, [chunk.buffer])
    chunk = undefined
    filled = 0
  }
  return {
    send: async (bytes) => {
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
    end: (last) => {
      flush()
      post(last, [])
    },
  }
}

const pull = async (tar: ByteStream<Failure>, { send, end }: Sender, isOver: () => boolean): Promise<void> => {
  try {
    for await (const chunk of tar) {
      if (isOver()) return
      if (E.isLeft(chunk)) return end({ type: 'failed', failure: chunk.left })
      await send(chunk.right)
      if (isOver()) return
    }
    end({ type: 'end' })
  } catch (cause) {
    const failure = backendFault(`the tar can't be read: ${messageOf(cause)}; give one that answers`, codes.unspecified)
    end({ type: 'failed', failure })
  }
}

/** Gets a tar ready to be sent to the lane that has these words. */
export const openFeed = (tar: ByteStream<Failure>, words: Words): Feed => {
  const { port1: port, port2 } = new MessageChannel()
  let isOver = false
  const pool = bufferPool(() => isOver)
  port.on('message', pool.takeBack)
  // The call that wants the tar holds the process.
  port.unref()
  const sender = senderOver(pool.next, (arrival, moved) => {
    if (isOver) return
    port.postMessage(arrival, moved)
    wake(words)
  })
  return {
    port: port2,
    start: () => void pull(tar, sender, () => isOver),
    stop: () => {
      isOver = true
      port.close()
      pool.open()
    },
  }
}

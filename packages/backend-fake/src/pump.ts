import * as E from 'fp-ts/lib/Either.js'
import { backendFault, hresult, type ByteStream, type Failure } from '@varve/core/ports'
import type { Arrival } from './world/control.js'

/** What a stream is pulled for. */
export type Feed = {
  readonly give: (arrival: Arrival) => void
  /** Resolves when more is wanted, and when nothing more will be. */
  readonly room: () => Promise<void>
  readonly isOver: () => boolean
}

const pull = async (tar: ByteStream<Failure>, { give, room, isOver }: Feed): Promise<void> => {
  for await (const chunk of tar) {
    if (isOver()) return
    if (E.isLeft(chunk)) return give({ type: 'failed', failure: chunk.left })
    give({ type: 'bytes', bytes: chunk.right })
    await room()
    if (isOver()) return
  }
  give({ type: 'end' })
}

/** Pulls a stream to its end, or for as long as it is wanted. Never rejects. */
export const pump = async (tar: ByteStream<Failure>, feed: Feed): Promise<void> => {
  try {
    await pull(tar, feed)
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause)
    const failure = backendFault(`the tar can't be read: ${why}; give one that answers`, hresult.unspecified)
    feed.give({ type: 'failed', failure })
  }
}

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

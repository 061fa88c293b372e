import * as assert from 'uvu/assert'
import type { Opened } from './layers.js'
import { typesOf } from './runtime.js'

export async function* chunksOf(bytes: Uint8Array, size = 5): AsyncGenerator<Uint8Array> {
  for (let from = 0; from < bytes.length; from += size) yield bytes.slice(from, from + size)
}

/** A stream that notes how it was used. */
export const watched = (inner: AsyncIterable<unknown>) => {
  const calls: string[] = []
  const stream = {
    [Symbol.asyncIterator]: () => {
      calls.push('begun')
      const iterator = inner[Symbol.asyncIterator]()
      return {
        next: () => {
          calls.push('next')
          return iterator.next()
        },
        return: async () => {
          calls.push('return')
          return { done: true, value: undefined }
        },
      }
    },
  }
  return { stream: stream as AsyncIterable<Uint8Array>, calls }
}

/** Nothing is left of a blob that was not taken, and nothing was recorded. */
export const leftNothing = ({ content, store }: Opened): void => {
  assert.equal([[...content.blobs.keys()], [...content.writing]], [[], []])
  assert.equal(typesOf(store), ['LogCreated', 'PrepareAccepted', 'Prepared'])
}

/** A stream whose iterator has this `next`, whatever that answers. */
export const odd = (next: () => unknown): AsyncIterable<Uint8Array> =>
  ({ [Symbol.asyncIterator]: () => ({ next }) }) as unknown as AsyncIterable<Uint8Array>

/** Gives these values, one after the other. */
export async function* giving(...values: readonly unknown[]): AsyncGenerator<Uint8Array> {
  for (const value of values) yield value as Uint8Array
}

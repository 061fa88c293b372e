import * as E from 'fp-ts/lib/Either.js'
import type { Either } from 'fp-ts/lib/Either.js'

/** Bits out of a stream of bytes, the lowest of a byte first. */
export type Bits<F> = {
  /** Waits until `count` more bytes are here, or no more will come. */
  readonly ensure: (count: number) => Promise<void>
  /** Bytes that are here, apart from bits of the last one that are not taken yet. */
  readonly here: () => number
  /** Up to 16 bits as a number. Throws when there are fewer. */
  readonly take: (count: number) => number
  /** The next bits without taking them: at least `count`, filled up with zeros where the bytes end. */
  readonly peek: (count: number) => number
  /** Takes bits that `peek` has shown. Throws when there were fewer. */
  readonly drop: (count: number) => void
  /** Leaves the rest of the current byte out. */
  readonly align: () => void
  /** Bytes taken so far. */
  readonly taken: () => number
  /** What ended the bytes before their time. */
  readonly left: () => Either<F, never> | undefined
  readonly close: () => Promise<void>
}

const cutShort = (): never => {
  throw new Error('an end inside a member')
}

/** Reads bits out of chunks. */
export const bitsOf = <F>(bytes: AsyncIterable<Either<F, Uint8Array>>): Bits<F> => {
  const chunks = bytes[Symbol.asyncIterator]()
  let input: Uint8Array = new Uint8Array(0)
  let at = 0
  let before = 0
  let ended = false
  let left: Either<F, never> | undefined
  let held = 0
  let heldBits = 0

  const append = (chunk: Uint8Array): void => {
    const rest = input.subarray(at)
    before += at
    at = 0
    if (rest.length === 0) {
      input = chunk
      return
    }
    input = new Uint8Array(rest.length + chunk.length)
    input.set(rest)
    input.set(chunk, rest.length)
  }
  const ensure = async (count: number): Promise<void> => {
    while (!ended && input.length - at < count) {
      const next = await chunks.next()
      if (next.done === true) ended = true
      else if (E.isRight(next.value)) append(next.value.right)
      else {
        left = next.value
        ended = true
      }
    }
  }
  const peek = (count: number): number => {
    while (heldBits < count && at < input.length) {
      held |= (input[at++] ?? 0) << heldBits
      heldBits += 8
    }
    return held
  }
  const drop = (count: number): void => {
    if (count > heldBits) cutShort()
    held >>>= count
    heldBits -= count
  }
  return {
    ensure,
    here: () => input.length - at,
    take: (count) => {
      const value = peek(count) & ((1 << count) - 1)
      drop(count)
      return value
    },
    peek,
    drop,
    align: () => drop(heldBits & 7),
    taken: () => before + at - (heldBits >> 3),
    left: () => left,
    close: async () => void (await chunks.return?.()),
  }
}

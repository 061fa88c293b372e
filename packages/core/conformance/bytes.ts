import type { Either } from 'fp-ts/lib/Either.js'
import type { ByteStream } from '../src/runtime/ports.js'
import { equal } from './assert.js'

type Tagged = { readonly _tag: string; readonly message: string }

/** Bytes without a pattern, the same each time. */
export const noise = (length: number): Uint8Array => {
  let state = 0x2545f491
  return Uint8Array.from({ length }, () => {
    // Marsaglia's xorshift32.
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return state & 0xff
  })
}

/** Text that compresses, as bytes. */
export const textOf = (lines: number): Uint8Array => {
  const text = Array.from({ length: lines }, (_, at) => `line ${at + 1} of a text that repeats itself, `)
  return new TextEncoder().encode(text.map((line, at) => `${line}${((at + 1) * (at + 1)) % 97}\n`).join(''))
}

/** The bytes that base64 stands for. */
export const decoded = (base64: string): Uint8Array => Uint8Array.from(atob(base64), (unit) => unit.charCodeAt(0))

export const joined = (...parts: readonly Uint8Array[]): Uint8Array => {
  const whole = new Uint8Array(parts.reduce((length, part) => length + part.length, 0))
  let at = 0
  for (const part of parts) {
    whole.set(part, at)
    at += part.length
  }
  return whole
}

/** The bytes in chunks of `size`, each with a buffer of its own. */
export const chunked = (bytes: Uint8Array, size: number): readonly Uint8Array[] =>
  Array.from({ length: Math.ceil(bytes.length / size) }, (_, at) => bytes.slice(at * size, (at + 1) * size))

/** A stream that counts what was asked of it. */
export type Counted<F> = ByteStream<F> & { readonly pulled: () => number; readonly isClosed: () => boolean }

/** A stream of these chunks, and of a Left behind them where one is given. */
export const streamOf = <F = never>(chunks: Iterable<Uint8Array>, left?: F): Counted<F> => {
  let pulled = 0
  let isClosed = false
  async function* stream(): AsyncGenerator<Either<F, Uint8Array>> {
    try {
      for (const chunk of chunks) {
        pulled += chunk.length
        yield { _tag: 'Right', right: chunk }
      }
      if (left !== undefined) yield { _tag: 'Left', left }
    } finally {
      isClosed = true
    }
  }
  const bytes = stream()
  return { [Symbol.asyncIterator]: () => bytes, pulled: () => pulled, isClosed: () => isClosed }
}

/** All that a stream gives: its bytes, and the Left it ended with, after which nothing may follow. */
export const collected = async <F>(
  stream: ByteStream<F>,
): Promise<{ readonly bytes: Uint8Array; readonly left: F | undefined }> => {
  const chunks: Uint8Array[] = []
  let left: F | undefined
  for await (const chunk of stream) {
    if (left !== undefined) throw new Error(`expected nothing behind the Left ${JSON.stringify(left)}`)
    if (chunk._tag === 'Left') left = chunk.left
    else chunks.push(chunk.right)
  }
  return { bytes: joined(...chunks), left }
}

/** The bytes of a stream; throws at a Left. */
export const bytesIn = async (what: string, stream: ByteStream<Tagged>): Promise<Uint8Array> => {
  const { bytes, left } = await collected(stream)
  if (left !== undefined) throw new Error(`${what}: expected bytes, found ${JSON.stringify(left)}`)
  return bytes
}

/** Throws unless both are the same bytes; says where they part, not what they are. */
export const sameBytes = (what: string, found: Uint8Array, expected: Uint8Array): void => {
  const differs = found.findIndex((byte, at) => byte !== expected[at])
  equal(`${what}: length, first difference`, [found.length, differs], [expected.length, -1])
}

/** `sha256:` and the SHA-256 of the bytes. */
export const digestOf = async (bytes: Uint8Array): Promise<string> => {
  const hash = new Uint8Array(await crypto.subtle.digest('SHA-256', Uint8Array.from(bytes)))
  return `sha256:${Array.from(hash, (byte) => byte.toString(16).padStart(2, '0')).join('')}`
}

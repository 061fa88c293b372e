import * as E from 'fp-ts/lib/Either.js'
import type { Either } from 'fp-ts/lib/Either.js'
import type { ByteStream } from '@varve/core/ports'

/** Bytes of a chunk. */
export const chunkBytes = 256 * 1024

/** The same bytes in chunks of `chunkBytes` (the last one may be shorter), each with a buffer of its own. */
export async function* rechunked<F>(bytes: ByteStream<F>): AsyncGenerator<Either<F, Uint8Array>> {
  let chunk = new Uint8Array(chunkBytes)
  let filled = 0
  for await (const piece of bytes) {
    if (E.isLeft(piece)) {
      if (filled > 0) yield E.right(chunk.slice(0, filled))
      return yield piece
    }
    for (let at = 0; at < piece.right.length;) {
      const part = piece.right.subarray(at, at + chunkBytes - filled)
      chunk.set(part, filled)
      filled += part.length
      at += part.length
      if (filled < chunkBytes) continue
      yield E.right(chunk)
      chunk = new Uint8Array(chunkBytes)
      filled = 0
    }
  }
  if (filled > 0) yield E.right(chunk.slice(0, filled))
}

/** Bytes of a chunk. */
export const chunkBytes = 256 * 1024

/**
 * The same bytes in chunks of `chunkBytes` (the last one may be shorter), each with a buffer of its own, which the pieces of a
 * zlib stream have not. Nothing is held back for longer than the pieces take to fill one chunk.
 */
export async function* rechunked(pieces: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let chunk = new Uint8Array(chunkBytes)
  let filled = 0
  for await (const piece of pieces) {
    for (let at = 0; at < piece.length;) {
      const part = piece.subarray(at, at + chunkBytes - filled)
      chunk.set(part, filled)
      filled += part.length
      at += part.length
      if (filled < chunkBytes) continue
      yield chunk
      chunk = new Uint8Array(chunkBytes)
      filled = 0
    }
  }
  if (filled > 0) yield chunk.slice(0, filled)
}

import * as E from 'fp-ts/lib/Either.js'
import type { Either } from 'fp-ts/lib/Either.js'
import { sha256 } from '@noble/hashes/sha2.js'
import { bytesToHex } from '@noble/hashes/utils.js'
import { type ByteStream, type Codecs, decodeZstd, type StoreFault, storeFault } from '@varve/core/ports'
import { Decompress } from 'fzstd'
import { clock } from './clock.js'
import { gunzip } from './gzip/gunzip.js'

const pieceBytes = 64 * 1024
const operatingSystemAt = 9
const unknownSystem = 255

/** The same stream, with a turn for others about every MiB. */
async function* inTurns<F>(stream: ByteStream<F>): AsyncGenerator<Either<F, Uint8Array>> {
  let bytes = 0
  for await (const chunk of stream) {
    yield chunk
    bytes += E.isRight(chunk) ? chunk.right.length : 0
    if (bytes < 16 * pieceBytes) continue
    bytes = 0
    await clock.turn()
  }
}

/** The parts of a chunk in turn; after the first one that isn't taken, no more. */
const feedParts = async (writer: WritableStreamDefaultWriter<BufferSource>, chunk: Uint8Array): Promise<void> => {
  // A piece at a time: the host may compress all that it is given before any of it is asked for.
  for (let at = 0; at < chunk.length; at += pieceBytes) await writer.write(chunk.slice(at, at + pieceBytes))
}

async function* gzip<F>(bytes: ByteStream<F>): AsyncGenerator<Either<F | StoreFault, Uint8Array>> {
  const { readable, writable } = new CompressionStream('gzip')
  const writer = writable.getWriter()
  const reader = readable.getReader()
  let left: Either<F, never> | undefined
  const feed = async (): Promise<void> => {
    for await (const chunk of bytes) {
      if (E.isRight(chunk)) await feedParts(writer, chunk.right)
      else {
        left = chunk
        break
      }
    }
    await writer.close()
  }
  // What goes wrong is seen where it is read.
  const fed = feed().catch((error: unknown) => writer.abort(error).catch(() => undefined))
  try {
    for (let isFirst = true; ; isFirst = false) {
      const next = await reader.read()
      if (next.done) break
      const chunk = next.value.slice()
      // zlib puts the host into the header; without it the same bytes give the same file everywhere.
      if (isFirst) chunk[operatingSystemAt] = unknownSystem
      yield E.right(chunk)
    }
  } catch (error) {
    yield E.left(storeFault(`compressing with gzip failed: ${String(error)}; free some memory`, 'COMPRESSION_FAILED'))
    return
  } finally {
    await reader.cancel().catch(() => undefined)
    await fed
  }
  if (left !== undefined) yield left
}

const whyNotZstd = 'memoryCodecs does not compress with zstd; nodeCodecs of @varve/store-level does, from Node 22.15 on'

async function* unable<F>(fault: F): AsyncGenerator<Either<F, never>> {
  yield E.left(fault)
}

/** Codecs without anything of node: gzip and zstd are read in JavaScript, gzip is written by the host's CompressionStream. */
export const memoryCodecs = (): Codecs => ({
  sha256: () => {
    const hash = sha256.create()
    return { update: (bytes) => void hash.update(bytes), digest: () => bytesToHex(hash.digest()) }
  },
  decompress: (compression, bytes) =>
    inTurns(compression === 'gzip' ? gunzip(bytes) : decodeZstd(bytes, (onData) => new Decompress(onData))),
  compress: (compression, bytes) =>
    compression === 'gzip' ? gzip(bytes) : unable(storeFault(whyNotZstd, 'ZSTD_MISSING')),
  whyNotCompress: (compression) => (compression === 'gzip' ? undefined : whyNotZstd),
})

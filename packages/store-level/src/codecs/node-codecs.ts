import * as E from 'fp-ts/lib/Either.js'
import type { Either } from 'fp-ts/lib/Either.js'
import { createHash } from 'node:crypto'
import { createGunzip, createGzip } from 'node:zlib'
import {
  badBlob,
  type ByteStream,
  type Codecs,
  type Compression,
  type InvalidArgument,
  type StoreFault,
  storeFault,
} from '@varve/core/ports'
import { codeOf } from '../faults.js'
import { type Engine, through } from './engine.js'
import { chunkBytes, rechunked } from './rechunk.js'
import { decompressZstd, nativeZstd, zstdCompressor } from './zstd.js'

// Room for a second chunk, so that bytes are read while others are worked on.
const engineOptions = { chunkSize: chunkBytes, writableHighWaterMark: 2 * chunkBytes }

const whyNotZstd = `node:zlib of Node ${process.versions.node} has no zstd; compressing with it needs Node 22.15 or newer`

const garbageBehind = ({ bytesWritten }: Engine, received: number): InvalidArgument | undefined =>
  received > bytesWritten ? badBlob('gzip', `something else than a member at byte ${bytesWritten}`) : undefined

const decompressGzip = <F>(bytes: ByteStream<F>): ByteStream<F | InvalidArgument> =>
  through(bytes, () => createGunzip(engineOptions), {
    onError: ({ message }, { bytesWritten }) => badBlob('gzip', `${message} by byte ${bytesWritten}`),
    // node:zlib stops without a word at a zero behind a member.
    atEnd: garbageBehind,
  })

const operatingSystemAt = 9
const unknownSystem = 255

/** zlib puts the host into the header; without it the same bytes give the same file everywhere. */
async function* withoutHost<F>(stream: ByteStream<F>): AsyncGenerator<Either<F, Uint8Array>> {
  let isFirst = true
  for await (const chunk of stream) {
    if (isFirst && E.isRight(chunk)) chunk.right[operatingSystemAt] = unknownSystem
    isFirst = false
    yield chunk
  }
}

/** Compresses in whole chunks: small ones are slow, and zstd's output would depend on them. */
const compress = <F>(compression: Compression, bytes: ByteStream<F>): ByteStream<F | StoreFault> => {
  const onError = (error: Error): StoreFault =>
    storeFault(`compressing with ${compression} failed: ${error.message}; free some memory`, codeOf(error))
  if (compression === 'gzip')
    return withoutHost(through(rechunked(bytes), () => createGzip(engineOptions), { onError }))
  const native = nativeZstd
  if (native === undefined) return unable(storeFault(whyNotZstd, 'ZSTD_MISSING'))
  return through(rechunked(bytes), () => zstdCompressor(native, engineOptions), { onError })
}

async function* unable<F>(fault: F): AsyncGenerator<Either<F, never>> {
  yield E.left(fault)
}

/**
 * Codecs of the host's node:crypto and node:zlib, which works in libuv's pool, one call of a stream at a time. gzip data may
 * have several members, with nothing behind the last. zstd frames may need a window of up to 128 MiB; where node:zlib has
 * no zstd (before 22.15), they are read in JavaScript and can't be written.
 */
export const nodeCodecs = (): Codecs => ({
  sha256: () => {
    const hash = createHash('sha256')
    return { update: (bytes) => void hash.update(bytes), digest: () => hash.digest('hex') }
  },
  decompress: (compression, bytes) =>
    compression === 'gzip' ? decompressGzip(bytes) : decompressZstd(bytes, engineOptions),
  compress,
  whyNotCompress: (compression) => (compression === 'gzip' || nativeZstd !== undefined ? undefined : whyNotZstd),
})

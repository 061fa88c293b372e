import * as E from 'fp-ts/lib/Either.js'
import type { Either } from 'fp-ts/lib/Either.js'
import * as zlib from 'node:zlib'
import { badBlob, type ByteStream, decodeZstd, type InvalidArgument, zstdPieces } from '@varve/core/ports'
import { type Engine, through } from './engine.js'

type MakeEngine = (options: { readonly params: Readonly<Record<number, number>> } & EngineOptions) => Engine
/** Options of every engine: how much it takes in and gives out at a time, in bytes. */
export type EngineOptions = { readonly chunkSize: number; readonly writableHighWaterMark: number }

/** zstd in node:zlib, which only newer versions have. */
type Native = { readonly createZstdCompress: MakeEngine; readonly createZstdDecompress: MakeEngine }

/** Node's zstd streams, or undefined where it has none. */
export const nativeZstd = ((): Native | undefined => {
  const found = zlib as unknown as Partial<Native>
  const { createZstdCompress, createZstdDecompress } = found
  return createZstdCompress === undefined || createZstdDecompress === undefined
    ? undefined
    : { createZstdCompress, createZstdDecompress }
})()

/** Numbers of the zstd library (zstd.h), which node:zlib takes as they are. */
const parameter = { decoderWindowLog: 100, encoderChecksum: 201 } as const

const blocksPerTurn = 8
const turn = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve))

/** In JavaScript, where node:zlib has no zstd. */
async function* decompressWithoutNative<F>(
  bytes: ByteStream<F>,
): AsyncGenerator<Either<F | InvalidArgument, Uint8Array>> {
  const { Decompress } = await import('fzstd')
  let blocks = 0
  for await (const block of decodeZstd(bytes, (onData) => new Decompress(onData))) {
    yield block
    if (++blocks % blocksPerTurn === 0) await turn()
  }
}

const emptyFrame = Uint8Array.of(0x28, 0xb5, 0x2f, 0xfd, 0x20, 0, 1, 0, 0)

/**
 * Parts of whole frames: what follows a frame in the same chunk, node:zlib drops, and it may take a cut frame for a whole one.
 * It calls an end without any frame an error, which behind skippable frames it is not.
 */
async function* nativePieces<F>(bytes: ByteStream<F>): AsyncGenerator<Either<F | InvalidArgument, Uint8Array>> {
  let hasFrames = false
  for await (const piece of zstdPieces(bytes)) {
    hasFrames = true
    yield E.isLeft(piece) ? piece : E.right(piece.right.bytes)
  }
  if (!hasFrames) yield E.right(emptyFrame)
}

/** What zstd data decodes to. */
export const decompressZstd = <F>(bytes: ByteStream<F>, options: EngineOptions): ByteStream<F | InvalidArgument> => {
  if (nativeZstd === undefined) return decompressWithoutNative(bytes)
  const { createZstdDecompress } = nativeZstd
  return through(
    nativePieces(bytes),
    () => createZstdDecompress({ ...options, params: { [parameter.decoderWindowLog]: 27 } }),
    {
      onError: ({ message }) => badBlob('zstd', message),
    },
  )
}

/** An engine that compresses with a checksum, as the zstd command does. Only where `nativeZstd` is there. */
export const zstdCompressor = ({ createZstdCompress }: Native, options: EngineOptions): Engine =>
  createZstdCompress({ ...options, params: { [parameter.encoderChecksum]: 1 } })

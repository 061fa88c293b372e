import * as E from 'fp-ts/lib/Either.js'
import { compressionOf, detectCompression, longestMagic } from '../differ/media-types.js'
import type { ApplyLimits, Descriptor, TarRead } from '../model/descriptor.js'
import { backendFault, hresult, invalidArgument, type Failure, type NotFound, type StoreFault } from '../model/fault.js'
import type { ImportLayer } from '../model/intent.js'
import type { ByteStream, Codecs, Content } from './ports.js'

/** Where blobs are and who can read them; undefined where `openSnapshotter` was given none. */
export type Blobs = { readonly content: Content | undefined; readonly codecs: Codecs | undefined }

/** The tar of an import: its bytes, read once, and what was read when they have ended without a Left. */
export type OpenedTar = {
  readonly bytes: ByteStream<Failure>
  readonly read: () => TarRead | undefined
  /** Takes chunks that are needed no more, where they come straight out of the content. */
  readonly spend?: (chunk: Uint8Array) => void
}

async function* failing(failure: Failure): AsyncGenerator<E.Either<Failure, never>> {
  yield E.left(failure)
}

/** A blob that can't be read fails its import, so it is a fault of the machinery whatever the reason. */
async function* readable(
  bytes: ByteStream<NotFound | StoreFault>,
  digest: string,
): AsyncGenerator<E.Either<Failure, Uint8Array>> {
  for await (const chunk of bytes) {
    if (E.isRight(chunk)) {
      yield chunk
      continue
    }
    const { _tag, message } = chunk.left
    const code = _tag === 'NotFound' ? hresult.fileNotFound : hresult.unspecified
    yield E.left(backendFault(`the blob ${digest} can't be read: ${message}`, code))
    return
  }
}

/** Passes the bytes on; they end in a Left when they are not the descriptor's. */
async function* verified(
  bytes: ByteStream<Failure>,
  { digest, size }: Descriptor,
  codecs: Codecs,
): AsyncGenerator<E.Either<Failure, Uint8Array>> {
  const hash = codecs.sha256()
  let found = 0
  for await (const chunk of bytes) {
    if (E.isLeft(chunk)) return yield chunk
    found += chunk.right.length
    hash.update(chunk.right)
    yield chunk
  }
  const sum = `sha256:${hash.digest()}`
  if (found !== size) yield E.left(invalidArgument('descriptor.size', size, `must be that of the blob, ${found}`))
  else if (sum !== digest)
    yield E.left(invalidArgument('descriptor.digest', digest, `must be that of the blob, ${sum}`))
}

/** What an iterator still has; leaving the loop does not end it. */
const rest = <T>(iterator: AsyncIterator<T>): AsyncIterable<T> => ({
  [Symbol.asyncIterator]: () => ({ next: () => iterator.next() }),
})

async function* after<T>(first: readonly T[], iterator: AsyncIterator<T>): AsyncGenerator<T> {
  yield* first
  yield* rest(iterator)
}

const headOf = (chunks: readonly E.Either<unknown, Uint8Array>[]): Uint8Array => {
  const bytes = chunks.flatMap((chunk) => (E.isRight(chunk) ? [...chunk.right.subarray(0, longestMagic)] : []))
  return Uint8Array.from(bytes.slice(0, longestMagic))
}

/** The bytes out of whatever compression is found in front of them. */
async function* decompressed(
  bytes: ByteStream<Failure>,
  codecs: Codecs,
): AsyncGenerator<E.Either<Failure, Uint8Array>> {
  const iterator = bytes[Symbol.asyncIterator]()
  try {
    const first: E.Either<Failure, Uint8Array>[] = []
    while (headOf(first).length < longestMagic) {
      const next = await iterator.next()
      if (next.done === true) break
      first.push(next.value)
    }
    const compression = detectCompression(headOf(first))
    const whole = after(first, iterator)
    if (compression === 'none') return yield* whole
    yield* codecs.decompress(compression, whole)
    // What stands behind the compressed data belongs to the blob's digest all the same.
    for await (const chunk of rest(iterator)) if (E.isLeft(chunk)) yield chunk
  } finally {
    await iterator.return?.()
  }
}

const openedTar = (
  blob: ByteStream<Failure>,
  descriptor: Descriptor,
  limits: ApplyLimits,
  codecs: Codecs,
): OpenedTar => {
  const isPlain = compressionOf(descriptor.mediaType) === 'none'
  let read: TarRead | undefined
  async function* tar(): AsyncGenerator<E.Either<Failure, Uint8Array>> {
    const hash = isPlain ? undefined : codecs.sha256()
    const whole = verified(blob, descriptor, codecs)
    let size = 0
    for await (const chunk of isPlain ? whole : decompressed(whole, codecs)) {
      if (E.isLeft(chunk)) return yield chunk
      size += chunk.right.length
      if (size > limits.bytes) {
        return yield E.left(invalidArgument('limits.bytes', limits.bytes, 'must not be less than the tar has'))
      }
      hash?.update(chunk.right)
      yield chunk
    }
    read = { diffId: hash === undefined ? descriptor.digest : `sha256:${hash.digest()}`, size }
  }
  return { bytes: tar(), read: () => read }
}

/** The tar of an import, out of the content. Whatever is in the way of it is a Left in its bytes. */
export const openTar = (
  { content, codecs }: Blobs,
  { descriptor, limits }: Pick<ImportLayer, 'descriptor' | 'limits'>,
): OpenedTar => {
  const { mediaType, digest } = descriptor
  if (content === undefined || codecs === undefined) {
    const failure = backendFault(
      `the blob ${digest} can't be read: openSnapshotter was given no content or no codecs`,
      hresult.fileNotFound,
    )
    return { bytes: failing(failure), read: () => undefined }
  }
  if (compressionOf(mediaType) === undefined) {
    const failure = invalidArgument('descriptor.mediaType', mediaType, 'must be that of a layer')
    return { bytes: failing(failure), read: () => undefined }
  }
  const spent: Uint8Array[] = []
  const blob = readable(content.read(digest, { spent: () => spent.pop() }), digest)
  const tar = openedTar(blob, descriptor, limits, codecs)
  return compressionOf(mediaType) === 'none' ? { ...tar, spend: (chunk) => void spent.push(chunk) } : tar
}

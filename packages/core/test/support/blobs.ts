import * as E from 'fp-ts/lib/Either.js'
import { createHash } from 'node:crypto'
import { pipeline, Readable } from 'node:stream'
import { createGunzip, createGzip, gzipSync } from 'node:zlib'
import type { Transform } from 'node:stream'
import {
  invalidArgument,
  notFound,
  storeFault,
  type ByteStream,
  type Codecs,
  type Content,
  type ContentWriter,
  type Descriptor,
  type Labels,
} from '@varve/core'

export const tarType = 'application/vnd.oci.image.layer.v1.tar'
export const gzipType = `${tarType}+gzip`
export const zstdType = `${tarType}+zstd`

export const digestOf = (bytes: Uint8Array): string => `sha256:${createHash('sha256').update(bytes).digest('hex')}`

export const descriptorFor = (bytes: Uint8Array, mediaType = tarType): Descriptor => ({
  mediaType,
  digest: digestOf(bytes),
  size: bytes.length,
})

export const textBytes = (text: string): Uint8Array => new TextEncoder().encode(text)
export const gzipped = (bytes: Uint8Array): Uint8Array => Uint8Array.from(gzipSync(bytes))

const zstdMagic = Uint8Array.of(0x28, 0xb5, 0x2f, 0xfd)
/** What these codecs take for zstd: its magic number and then the bytes as they are. */
export const zstded = (bytes: Uint8Array): Uint8Array => Uint8Array.from([...zstdMagic, ...bytes])

export type Blob = { readonly bytes: Uint8Array; readonly labels: Labels }

export type MapContent = Content & {
  readonly blobs: Map<string, Blob>
  /** The names under which blobs are being written now. */
  readonly writing: Set<string>
  /** Every name under which one was. */
  readonly written: string[]
  /** Reads that have begun and not ended. */
  readonly reading: Set<string>
  /** Puts a blob there, under its digest or a wrong one. */
  readonly put: (bytes: Uint8Array, digest?: string) => void
}

const withLabels = (before: Labels, labels: Labels): Labels =>
  Object.fromEntries(Object.entries({ ...before, ...labels }).filter(([, value]) => value !== ''))

/** Blobs in a Map, read in pieces of `pieceSize` bytes. */
export const mapContent = (pieceSize = 7): MapContent => {
  const blobs = new Map<string, Blob>()
  const writing = new Set<string>()
  const written: string[] = []
  const reading = new Set<string>()
  const missing = (digest: string) => E.left(notFound(`blob ${digest}`))

  const writerOf = (ref: string): ContentWriter => {
    const chunks: Uint8Array[] = []
    const over = (): boolean => writing.delete(ref)
    return {
      write: (bytes) => async () => E.right(void chunks.push(bytes.slice())),
      commit:
        ({ digest, size, labels = {} }) =>
        async () => {
          over()
          const bytes = Uint8Array.from(chunks.flatMap((chunk) => [...chunk]))
          const found = digestOf(bytes)
          if (size !== undefined && size !== bytes.length)
            return E.left(invalidArgument('size', size, `must be ${bytes.length}`))
          if (digest !== undefined && digest !== found)
            return E.left(invalidArgument('digest', digest, `must be ${found}`))
          const kept = withLabels(blobs.get(found)?.labels ?? {}, labels)
          blobs.set(found, { bytes, labels: kept })
          return E.right({ digest: found, size: bytes.length, labels: kept })
        },
      abort: () => async () => E.right(void over()),
    }
  }
  return {
    blobs,
    writing,
    written,
    reading,
    put: (bytes, digest = digestOf(bytes)) => void blobs.set(digest, { bytes, labels: {} }),
    info: (digest) => async () => {
      const blob = blobs.get(digest)
      return blob === undefined ? missing(digest) : E.right({ digest, size: blob.bytes.length, labels: blob.labels })
    },
    read: async function* (digest) {
      const blob = blobs.get(digest)
      if (blob === undefined) return yield missing(digest)
      reading.add(digest)
      try {
        for (let from = 0; from < blob.bytes.length; from += pieceSize)
          yield E.right(blob.bytes.slice(from, from + pieceSize))
      } finally {
        reading.delete(digest)
      }
    },
    writer: (ref) => async () => {
      if (writing.has(ref)) return E.left(storeFault(`${ref} is being written by another`, 'REF_LOCKED'))
      writing.add(ref)
      written.push(ref)
      return E.right(writerOf(ref))
    },
    label: (digest, labels) => async () => {
      const blob = blobs.get(digest)
      if (blob === undefined) return missing(digest)
      blobs.set(digest, { ...blob, labels: withLabels(blob.labels, labels) })
      return E.right(undefined)
    },
  }
}

/** Passes bytes through a stream of Node; a Left of the source comes out as it is, a failure of the stream as `failed`. */
async function* through<F, G>(
  bytes: ByteStream<F>,
  transform: Transform,
  failed: (cause: unknown) => G,
): AsyncGenerator<E.Either<F | G, Uint8Array>> {
  let left: E.Either<F, never> | undefined
  async function* source(): AsyncGenerator<Uint8Array> {
    for await (const chunk of bytes) {
      if (E.isLeft(chunk)) {
        left = chunk
        return
      }
      yield chunk.right
    }
  }
  pipeline(Readable.from(source()), transform, () => undefined)
  try {
    for await (const chunk of transform as AsyncIterable<Uint8Array>) yield E.right(Uint8Array.from(chunk))
    if (left !== undefined) yield left
  } catch (cause) {
    yield left ?? E.left(failed(cause))
  }
}

async function* withoutMagic<F>(bytes: ByteStream<F>): AsyncGenerator<E.Either<F, Uint8Array>> {
  let skipped = 0
  for await (const chunk of bytes) {
    if (E.isLeft(chunk)) return yield chunk
    const from = Math.min(chunk.right.length, zstdMagic.length - skipped)
    skipped += from
    yield E.right(chunk.right.subarray(from))
  }
}

const notWhole = (cause: unknown) => invalidArgument('blob', String(cause), 'must be whole')

export const whyNoZstd = 'node v0.1.0 writes no zstd, v22.15.0 does'

/** gzip of Node, and a zstd that compresses nothing and can't be written. */
export const testCodecs: Codecs = {
  sha256: () => {
    const hash = createHash('sha256')
    return { update: (bytes) => void hash.update(bytes), digest: () => hash.digest('hex') }
  },
  decompress: (compression, bytes) =>
    compression === 'gzip' ? through(bytes, createGunzip(), notWhole) : withoutMagic(bytes),
  compress: (compression, bytes) => {
    if (compression === 'zstd') throw new Error('these codecs write no zstd')
    return through(bytes, createGzip(), (cause) => storeFault(String(cause), 'ZLIB'))
  },
  whyNotCompress: (compression) => (compression === 'zstd' ? whyNoZstd : undefined),
}

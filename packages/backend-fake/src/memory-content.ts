import * as E from 'fp-ts/lib/Either.js'
import type { Either } from 'fp-ts/lib/Either.js'
import { sha256 } from '@noble/hashes/sha2.js'
import { bytesToHex } from '@noble/hashes/utils.js'
import {
  type BlobInfo,
  type Content,
  type ContentWriter,
  invalidArgument,
  type InvalidArgument,
  type Labels,
  type NotFound,
  notFound,
  shown,
  type StoreFault,
  storeFault,
} from '@varve/core/ports'

type Blob = { readonly chunks: readonly Uint8Array[]; readonly size: number; readonly labels: Labels }

const chunkBytes = 256 * 1024
const refLimit = 4096
const encoder = new TextEncoder()

const changed = (labels: Labels, changes: Labels): Labels =>
  Object.fromEntries(Object.entries({ ...labels, ...changes }).filter(([, value]) => value !== ''))

type Expected = Parameters<ContentWriter['commit']>[0]

const mismatch = (expected: Expected, size: number, digest: string): InvalidArgument | undefined => {
  if (expected.size !== undefined && expected.size !== size)
    return invalidArgument('size', expected.size, `must be that of what was written, ${size} bytes`)
  if (expected.digest !== undefined && expected.digest !== digest)
    return invalidArgument('digest', expected.digest, `must be that of what was written, ${digest}`)
  return undefined
}

/** Writes into memory. `keep` takes the blob; `end` is called once, when the writer is over. */
const memoryWriter = (ref: string, keep: (digest: string, blob: Blob) => BlobInfo, end: () => void): ContentWriter => {
  const hash = sha256.create()
  const chunks: Uint8Array[] = []
  let size = 0
  let ended: string | undefined
  const over = (): Either<StoreFault, never> =>
    E.left(storeFault(`the writer of ref ${shown(ref)} was ${ended}; begin another one`, 'WRITER_ENDED'))
  const endAs = (how: string): void => {
    ended = how
    end()
  }
  return {
    write: (bytes) => async () => {
      if (ended !== undefined) return over()
      for (let at = 0; at < bytes.length; at += chunkBytes) {
        const chunk = Uint8Array.from(bytes.subarray(at, at + chunkBytes))
        hash.update(chunk)
        chunks.push(chunk)
        size += chunk.length
      }
      return E.right(undefined)
    },
    commit: (expected) => async () => {
      if (ended !== undefined) return over()
      const digest = `sha256:${bytesToHex(hash.digest())}`
      const wrong = mismatch(expected, size, digest)
      endAs(wrong === undefined ? 'committed' : 'committed, in vain')
      if (wrong !== undefined) return E.left(wrong)
      return E.right(keep(digest, { chunks, size, labels: expected.labels ?? {} }))
    },
    abort: () => async () => {
      if (ended === undefined) endAs('aborted')
      return E.right(undefined)
    },
  }
}

/** Blobs in memory, as long as the object lives. A digest that is none is NotFound. */
export const memoryContent = (): Content => {
  const blobs = new Map<string, Blob>()
  const refs = new Set<string>()
  const absent = (digest: string): Either<NotFound, never> => E.left(notFound(`blob ${shown(digest)}`))
  const keep = (digest: string, { labels, ...blob }: Blob): BlobInfo => {
    const kept = blobs.get(digest) ?? { ...blob, labels: {} }
    const merged = changed(kept.labels, labels)
    blobs.set(digest, { ...kept, labels: merged })
    return { digest, size: kept.size, labels: merged }
  }
  const read = async function* (digest: string): AsyncGenerator<Either<NotFound | StoreFault, Uint8Array>> {
    const blob = blobs.get(digest)
    if (blob === undefined) return yield absent(digest)
    // Copies: a chunk belongs to whoever receives it.
    for (const chunk of blob.chunks) yield E.right(chunk.slice())
  }
  return {
    info: (digest) => async () => {
      const blob = blobs.get(digest)
      return blob === undefined ? absent(digest) : E.right({ digest, size: blob.size, labels: blob.labels })
    },
    read,
    writer: (ref) => async () => {
      if (typeof ref !== 'string' || ref === '' || encoder.encode(ref).length > refLimit) {
        const fault = `a writer's ref must be 1 to ${refLimit} bytes of text; found ${shown(ref)}; name another one`
        return E.left(storeFault(fault, 'INVALID_REF'))
      }
      if (refs.has(ref))
        return E.left(storeFault(`ref ${shown(ref)} is being written; wait until it is done`, 'REF_LOCKED'))
      refs.add(ref)
      return E.right(memoryWriter(ref, keep, () => void refs.delete(ref)))
    },
    label: (digest, labels) => async () => {
      const blob = blobs.get(digest)
      if (blob === undefined) return absent(digest)
      blobs.set(digest, { ...blob, labels: changed(blob.labels, labels) })
      return E.right(undefined)
    },
  }
}

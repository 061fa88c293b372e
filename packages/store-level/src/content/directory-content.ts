import * as E from 'fp-ts/lib/Either.js'
import type { Either } from 'fp-ts/lib/Either.js'
import type { TaskEither } from 'fp-ts/lib/TaskEither.js'
import { open, readFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import {
  type BlobInfo,
  type Content,
  type ContentWriter,
  digestForm,
  type Labels,
  type NotFound,
  notFound,
  shown,
  type StoreFault,
  storeFault,
} from '@varve/core/ports'
import { attempt, codeOf } from '../faults.js'
import { statOf } from './files.js'
import { changeLabels, readLabels } from './labels.js'
import { emptyIndex, type Layout, layoutAt, makeLayout, unfinishedName, writeWhole } from './layout.js'
import { begin } from './unfinished.js'
import { contentWriter } from './writer.js'

/** Content in a directory that is an OCI image layout, to be read by whatever reads those. */
export type DirectoryContent = Content & {
  /** The bytes of `index.json`; those of an empty index while there is none. */
  readonly index: () => TaskEither<StoreFault, Uint8Array>
  /** Replaces `index.json`, which is there whole at any moment. The bytes are not looked at. */
  readonly setIndex: (json: Uint8Array) => TaskEither<StoreFault, void>
}

const chunkBytes = 256 * 1024
const refLimit = 4096

const blobNotFound = (digest: string): NotFound =>
  notFound(digestForm.test(digest) ? `blob ${digest}` : `blob ${shown(digest)} (digests are sha256: and 64 hex digits)`)

const hexOf = (digest: string): string | undefined => (digestForm.test(digest) ? digest.slice(7) : undefined)

/** Undefined where there is no such blob. */
const sizeOf = async ({ blobs }: Layout, hex: string): Promise<number | undefined> => {
  const found = await statOf(join(blobs, hex))
  return found?.isFile() === true ? found.size : undefined
}

type Spent = (() => Uint8Array | undefined) | undefined

/** Room for a chunk: a spent one that has the usual length and its buffer to itself, or a new one. */
const roomFor = (length: number, spent: Spent): Uint8Array => {
  const spare = length === chunkBytes ? spent?.() : undefined
  const isUsable = spare?.length === chunkBytes && spare.buffer.byteLength === chunkBytes
  return isUsable ? spare : new Uint8Array(length)
}

/** A file in chunks, each with a buffer of its own; undefined first where there is no file. */
async function* chunksOf(path: string, spent: Spent): AsyncGenerator<Uint8Array | undefined> {
  const handle = await open(path, 'r').catch((error: unknown) => {
    if (codeOf(error) === 'ENOENT') return undefined
    throw error
  })
  if (handle === undefined) return yield undefined
  try {
    const found = await handle.stat()
    // Windows opens folders, too.
    if (!found.isFile()) return yield undefined
    for (let left = found.size; left > 0;) {
      const chunk = roomFor(Math.min(left, chunkBytes), spent)
      const { bytesRead } = await handle.read(chunk, 0, chunk.length, null)
      if (bytesRead === 0) return
      left -= bytesRead
      yield bytesRead === chunk.length ? chunk : chunk.slice(0, bytesRead)
    }
  } finally {
    await handle.close().catch(() => undefined)
  }
}

const advice = 'remove the cause and ask again'

const reading = async function* (
  layout: Layout,
  digest: string,
  spent: Spent,
): AsyncGenerator<Either<NotFound | StoreFault, Uint8Array>> {
  const hex = hexOf(digest)
  if (hex === undefined) return yield E.left(blobNotFound(digest))
  const chunks = chunksOf(join(layout.blobs, hex), spent)
  try {
    for (;;) {
      const next = await attempt(`reading the blob ${digest} in ${layout.root} failed`, advice, () => chunks.next())
      if (E.isLeft(next)) return yield next
      if (next.right.done === true) return
      if (next.right.value === undefined) return yield E.left(blobNotFound(digest))
      yield E.right(next.right.value)
    }
  } finally {
    await chunks.return(undefined)
  }
}

const isRef = (ref: unknown): ref is string =>
  typeof ref === 'string' && ref !== '' && Buffer.byteLength(ref) <= refLimit

const beginWriter = async (
  layout: Layout,
  ref: string,
  made: () => Promise<void>,
): Promise<Either<StoreFault, ContentWriter>> => {
  if (!isRef(ref)) {
    const fault = `a writer's ref must be 1 to ${refLimit} bytes of text; found ${shown(ref)}; name another one`
    return E.left(storeFault(fault, 'INVALID_REF'))
  }
  const asked = `beginning a blob under ref ${shown(ref)} in ${layout.root} failed`
  const begun = await attempt(asked, 'name a directory that can be written to', async () => {
    await made()
    return begin(layout.ingest, unfinishedName('ref', ref))
  })
  if (E.isLeft(begun)) return begun
  if ('handle' in begun.right) return E.right(contentWriter(layout, begun.right, ref))
  const { by, path } = begun.right
  return E.left(
    storeFault(
      `ref ${shown(ref)} is being written by ${by}; wait until it is done, or remove ${path} if that process is no writer of it`,
      'REF_LOCKED',
    ),
  )
}

const infoOf = async (
  layout: Layout,
  digest: string,
  labelsOf: (hex: string) => Promise<Labels>,
): Promise<Either<NotFound | StoreFault, BlobInfo>> => {
  const hex = hexOf(digest)
  if (hex === undefined) return E.left(blobNotFound(digest))
  const found = await attempt(`looking up the blob ${digest} in ${layout.root} failed`, advice, async () => {
    const size = await sizeOf(layout, hex)
    return size === undefined ? undefined : { digest, size, labels: await labelsOf(hex) }
  })
  if (E.isLeft(found)) return found
  return found.right === undefined ? E.left(blobNotFound(digest)) : E.right(found.right)
}

const isPath = (path: unknown): path is string => typeof path === 'string' && path !== '' && !path.includes('\0')

async function* failing(fault: StoreFault): AsyncGenerator<Either<StoreFault, never>> {
  yield E.left(fault)
}

/** Content that answers nothing but this fault. */
const unusable = (fault: StoreFault): DirectoryContent => {
  const refuse = (): TaskEither<StoreFault, never> => () => Promise.resolve(E.left(fault))
  return {
    info: refuse,
    read: () => failing(fault),
    writer: refuse,
    label: refuse,
    index: refuse,
    setIndex: refuse,
  }
}

/**
 * Blobs in a directory, made at the first write, in the form of an OCI image layout. Beside it lie `ingest`, where blobs are
 * until they are committed, and `labels`. Any number of processes may use it at once. A digest that is none is
 * NotFound. Errors of the host are StoreFaults with its code.
 */
export const directoryContent = (path: string): DirectoryContent => {
  if (!isPath(path)) {
    const found = `directoryContent: path must be the path of a directory; found ${shown(path)}`
    return unusable(storeFault(found, 'INVALID_OPTION'))
  }
  const layout = layoutAt(resolve(path))
  let making: Promise<void> | undefined
  const made = async (): Promise<void> => {
    making ??= makeLayout(layout)
    try {
      await making
    } catch (error) {
      making = undefined
      throw error
    }
  }
  return {
    info: (digest) => () => infoOf(layout, digest, (hex) => readLabels(layout, hex)),
    read: (digest, { spent } = {}) => reading(layout, digest, spent),
    writer: (ref) => () => beginWriter(layout, ref, made),
    label: (digest, labels) => async () => {
      const changed = await infoOf(layout, digest, async (hex) => {
        await made()
        return changeLabels(layout, hex, labels)
      })
      return E.isLeft(changed) ? changed : E.right(undefined)
    },
    index: () => () =>
      attempt(`reading ${layout.index} failed`, advice, async () => {
        const isThere = (await statOf(layout.index)) !== undefined
        return isThere ? new Uint8Array(await readFile(layout.index)) : new TextEncoder().encode(emptyIndex)
      }),
    setIndex: (json) => () =>
      attempt(`writing ${layout.index} failed`, advice, async () => {
        await made()
        await writeWhole(layout, layout.index, () => json)
      }),
  }
}

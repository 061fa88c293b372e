import * as E from 'fp-ts/lib/Either.js'
import type { Either } from 'fp-ts/lib/Either.js'
import { createHash } from 'node:crypto'
import { rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import {
  type BlobInfo,
  type ContentWriter,
  invalidArgument,
  type InvalidArgument,
  type Labels,
  type StoreFault,
  shown,
  storeFault,
} from '@varve/core/ports'
import { faultOf } from '../faults.js'
import { replaceFile, statOf, syncDirectory, writeFully } from './files.js'
import { changeLabels } from './labels.js'
import type { Layout } from './layout.js'
import { drop, type Unfinished } from './unfinished.js'

const bufferBytes = 256 * 1024
const readOnly = 0o444

/** Runs one thing after the other, in the order in which they were asked for. */
const queue = (): (<A>(run: () => Promise<A>) => Promise<A>) => {
  let last: Promise<unknown> = Promise.resolve()
  return (run) => {
    const result = last.then(run)
    last = result.catch(() => undefined)
    return result
  }
}

type Expected = Parameters<ContentWriter['commit']>[0]

const mismatch = (expected: Expected, found: Omit<BlobInfo, 'labels'>): InvalidArgument | undefined => {
  if (expected.size !== undefined && expected.size !== found.size)
    return invalidArgument('size', expected.size, `must be that of what was written, ${found.size} bytes`)
  if (expected.digest !== undefined && expected.digest !== found.digest)
    return invalidArgument('digest', expected.digest, `must be that of what was written, ${found.digest}`)
  return undefined
}

const isThere = async (path: string, size: number): Promise<boolean> => (await statOf(path))?.size === size

const replace = async (path: string, blob: string, size: number): Promise<void> => {
  try {
    await rename(path, blob)
  } catch (error) {
    // Windows does not replace a read-only file: that of a writer that was faster, or a damaged one.
    if (await isThere(blob, size)) return rm(path)
    if ((await statOf(blob)) === undefined) throw error
    await rm(blob)
    await replaceFile(path, blob)
  }
}

/** Gives a file its place among the blobs, unless one of its size has it, and makes that durable. */
const place = async ({ blobs }: Layout, { path, handle }: Unfinished, hex: string, size: number): Promise<void> => {
  const blob = join(blobs, hex)
  if (await isThere(blob, size)) await drop({ path, handle })
  else {
    await handle.chmod(readOnly)
    await handle.sync()
    await handle.close()
    // Once it has its new name, the old one may be another writer's.
    await replace(path, blob, size)
  }
  await syncDirectory(blobs)
}

/** Writes to a file in large pieces and takes the digest on the way. */
const digestingFile = ({ handle }: Unfinished) => {
  const hash = createHash('sha256')
  const buffer = Buffer.allocUnsafeSlow(bufferBytes)
  let filled = 0
  let size = 0
  const flush = async (): Promise<void> => {
    const bytes = buffer.subarray(0, filled)
    filled = 0
    hash.update(bytes)
    await writeFully(handle, bytes)
  }
  return {
    write: async (bytes: Uint8Array): Promise<void> => {
      for (let at = 0; at < bytes.length;) {
        const part = bytes.subarray(at, at + bufferBytes - filled)
        buffer.set(part, filled)
        filled += part.length
        size += part.length
        at += part.length
        if (filled === bufferBytes) await flush()
      }
    },
    finish: async (): Promise<{ readonly hex: string; readonly size: number }> => {
      await flush()
      return { hex: hash.digest('hex'), size }
    },
  }
}

/** A writer into an unfinished file, which becomes a blob. Calls are done in the order in which they were made. */
export const contentWriter = (layout: Layout, file: Unfinished, ref: string): ContentWriter => {
  const inOrder = queue()
  const output = digestingFile(file)
  let ended: StoreFault | undefined

  const failed = async (error: unknown): Promise<Either<StoreFault, never>> => {
    const asked = `writing the blob of ref ${shown(ref)} to ${file.path} failed`
    const fault = faultOf(asked, error, 'remove the cause and write it again from its beginning')
    if (ended === undefined) await end(fault)
    return E.left(fault)
  }
  /** Drops the file; every later call ends with `why`. */
  const end = async (why: StoreFault): Promise<void> => {
    ended = why
    await drop(file).catch(() => undefined)
  }
  const over = (how: string): StoreFault =>
    storeFault(`the writer of ref ${shown(ref)} was ${how}; begin another one`, 'WRITER_ENDED')

  const write = async (bytes: Uint8Array): Promise<Either<StoreFault, void>> => {
    if (ended !== undefined) return E.left(ended)
    try {
      await output.write(bytes)
      return E.right(undefined)
    } catch (error) {
      return failed(error)
    }
  }
  const commit = async (expected: Expected): Promise<Either<InvalidArgument | StoreFault, BlobInfo>> => {
    if (ended !== undefined) return E.left(ended)
    try {
      const { hex, size } = await output.finish()
      const found = { digest: `sha256:${hex}`, size }
      const wrong = mismatch(expected, found)
      if (wrong !== undefined) {
        await end(over('committed, in vain'))
        return E.left(wrong)
      }
      await place(layout, file, hex, size)
      ended = over('committed')
      const labels: Labels = await changeLabels(layout, hex, expected.labels ?? {})
      return E.right({ ...found, labels })
    } catch (error) {
      return failed(error)
    }
  }
  const abort = async (): Promise<Either<StoreFault, void>> => {
    if (ended !== undefined) return E.right(undefined)
    ended = over('aborted')
    try {
      await drop(file)
      return E.right(undefined)
    } catch (error) {
      return failed(error)
    }
  }
  return {
    write: (bytes) => () => inOrder(() => write(bytes)),
    commit: (expected) => () => inOrder(() => commit(expected)),
    abort: () => () => inOrder(abort),
  }
}

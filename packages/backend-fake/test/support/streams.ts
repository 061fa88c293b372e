import * as E from 'fp-ts/lib/Either.js'
import type { Backend, ByteStream, Failure, Progress } from '@varve/core/ports'
import { create } from './acts.js'
import { importing, item, tarOf } from './tars.js'

const { folder, file } = item
export const mebibyte = 1024 * 1024

/** 6 MiB in one file, and some small ones. */
export const tar = tarOf(
  folder('Files'),
  ...Array.from({ length: 50 }, (_, at) => file(`Files/small-${at}`, `number ${at}`)),
  file(
    'Files/large',
    new Uint8Array(6 * mebibyte).map((_, at) => (at * 7) >> 9),
  ),
)

export type Watch = { pulled: number; ended: boolean }

/** The tar in chunks of a length, as others get it; notes how far it was pulled, and whether it was left. */
export async function* chunksOf(
  bytes: Uint8Array,
  length: number,
  watch: Watch = { pulled: 0, ended: false },
): ByteStream<Failure> & AsyncGenerator {
  try {
    for (let at = 0; at < bytes.length; at += length) {
      const chunk = bytes.slice(at, at + length)
      watch.pulled += chunk.length
      yield E.right(chunk)
    }
  } finally {
    watch.ended = true
  }
}

/** Makes the layer that the tar goes into. */
export const unpackOnly = create(1, { purpose: 'unpack' })

export const importInto = (
  backend: Backend,
  bytes: ByteStream<Failure>,
  signal = new AbortController().signal,
  progress: (progress: Progress) => void = () => undefined,
) => backend.execute(importing(1), { signal, progress, tar: bytes })

export const exportOf = (
  backend: Backend,
  signal = new AbortController().signal,
  progress: (progress: Progress) => void = () => undefined,
) => backend.exportLayer({ id: 1, parents: [] }, { signal, progress })

export const collected = async (stream: ByteStream<Failure>): Promise<Buffer> => {
  const parts: Uint8Array[] = []
  for await (const chunk of stream) {
    if (E.isLeft(chunk)) throw new Error(chunk.left.message)
    parts.push(chunk.right)
  }
  return Buffer.concat(parts)
}

import * as E from 'fp-ts/lib/Either.js'
import type { FilesError } from '../runtime/ports.js'
import { gate } from './gate.js'

/** An operation that puts out bytes in another thread. */
export type Export = {
  readonly outcome: Promise<E.Either<FilesError, unknown>>
  /** Nobody reads on. The outcome comes once it has ended. */
  readonly stop: () => void
  /** A chunk of it was taken: there is room for another. */
  readonly took: () => void
  /** Hold the process, and let it go. */
  readonly hold: () => void
  readonly release: () => void
}

/**
 * The chunks that an export puts out, then its failure if it has one. `begin` gets where each chunk is to be put; a Left of it is the only
 * thing that comes. The process is held only while a chunk is waited for. Whoever leaves the loop has waited for the export to end.
 */
export async function* chunksOf(
  begin: (put: (chunk: Uint8Array) => void) => Promise<E.Either<FilesError, Export>>,
): AsyncGenerator<E.Either<FilesError, Uint8Array>, void> {
  const came: { readonly chunks: Uint8Array[]; outcome?: E.Either<FilesError, unknown> } = { chunks: [] }
  const arrived = gate()
  const begun = await begin((chunk) => {
    came.chunks.push(chunk)
    arrived.open()
  })
  if (E.isLeft(begun)) return void (yield begun)
  const { outcome, stop, took, hold, release } = begun.right
  const settled = outcome.then((given) => {
    came.outcome = given
    arrived.open()
  })
  const wait = async (until: Promise<void>): Promise<void> => {
    hold()
    await until
    release()
  }
  try {
    for (;;) {
      const next = came.chunks.shift()
      if (next !== undefined) {
        took()
        yield E.right(next)
      } else if (came.outcome === undefined) await wait(arrived.wait())
      else break
    }
    if (E.isLeft(came.outcome)) yield came.outcome
  } finally {
    if (came.outcome === undefined) {
      stop()
      await wait(settled)
    }
  }
}

import * as E from 'fp-ts/lib/Either.js'
import type { Either } from 'fp-ts/lib/Either.js'
import type { Transform } from 'node:stream'
import type { ByteStream } from '@varve/core/ports'
import { rechunked } from './rechunk.js'

/** A stream of node:zlib. `bytesWritten` counts what it has taken in. */
export type Engine = Transform & { readonly bytesWritten: number }

/** What becomes of an engine's error, and of its end after `received` bytes were given to it. */
export type Judged<G> = {
  readonly onError: (error: Error, engine: Engine) => G
  readonly atEnd?: (engine: Engine, received: number) => G | undefined
}

async function* outputOf(engine: Engine): AsyncGenerator<Either<never, Uint8Array>> {
  for await (const piece of engine) yield E.right(piece as Uint8Array)
}

/** Waits until an engine takes more, or takes nothing ever again. */
const roomIn = (engine: Engine): Promise<void> =>
  new Promise((resolve) => {
    if (engine.closed || !engine.writableNeedDrain) return resolve()
    const end = (): void => {
      engine.off('drain', end)
      engine.off('close', end)
      resolve()
    }
    engine.on('drain', end)
    engine.on('close', end)
  })

/**
 * Runs bytes through an engine, which works only as fast as what comes out is taken. A Left among the bytes ends the stream
 * in its turn; when the loop is left, bytes and engine are closed before the loop is over.
 */
export async function* through<F, G>(
  bytes: ByteStream<F>,
  makeEngine: () => Engine,
  { onError, atEnd }: Judged<G>,
): AsyncGenerator<Either<F | G, Uint8Array>> {
  const engine = makeEngine()
  let left: Either<F, never> | undefined
  let received = 0
  const feed = async (): Promise<void> => {
    for await (const chunk of bytes) {
      if (E.isLeft(chunk)) {
        left = chunk
        break
      }
      received += chunk.right.length
      engine.write(chunk.right)
      await roomIn(engine)
      if (engine.destroyed) return
    }
    engine.end()
  }
  const fed = feed().catch((error: Error) => void engine.destroy(error))
  try {
    // zlib's pieces share their buffers.
    yield* rechunked(outputOf(engine))
    const fault = left === undefined ? atEnd?.(engine, received) : undefined
    if (fault !== undefined) yield E.left(fault)
  } catch (error) {
    // What was cut short by the Left is no fault of the data.
    if (left === undefined) yield E.left(onError(error instanceof Error ? error : new Error(String(error)), engine))
  } finally {
    engine.destroy()
    await fed
  }
  if (left !== undefined) yield left
}

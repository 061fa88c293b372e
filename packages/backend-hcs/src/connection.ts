import * as E from 'fp-ts/lib/Either.js'
import { backendFault, type BackendFault, type ByteStream, type FilesError } from '@varve/core/ports'
import type { Driver } from './driver.js'
import { codes } from './failure.js'
import type { CallOptions, StreamOptions } from './lanes/lanes.js'
import type { Answer, Arguments, Operation } from './layers/operations.js'

export const notOpen: BackendFault = backendFault('the backend is not open; open it first', codes.notReady)

/** Calls on the driver of the present opening, and what of them is under way. */
export const connection = (start: () => E.Either<BackendFault, Driver>) => {
  let driver: Driver | undefined
  let ending: Promise<void> | undefined
  const streams = new Set<() => void>()

  return {
    isOpen: (): boolean => driver !== undefined,
    connect: async (): Promise<E.Either<BackendFault, void>> => {
      // What an opening before this one still has under way would meet the recovery of the same intents.
      await ending
      if (driver !== undefined) return E.right(undefined)
      const started = start()
      if (E.isRight(started)) driver = started.right
      return E.map(() => undefined)(started)
    },
    call: <K extends Operation>(
      name: K,
      args: Arguments<K>,
      options?: CallOptions,
    ): Promise<E.Either<FilesError, Answer<K>>> =>
      driver === undefined ? Promise.resolve(E.left(notOpen)) : driver.call(name, args, options),
    stream: async function* (args: Arguments<'exportLayer'>, options: StreamOptions): ByteStream<FilesError> {
      if (driver === undefined) return yield E.left(notOpen)
      const stopping = new AbortController()
      const stop = (): void => stopping.abort()
      if (options.signal?.aborted === true) stop()
      options.signal?.addEventListener('abort', stop)
      streams.add(stop)
      try {
        yield* driver.stream(args, { ...options, signal: stopping.signal })
      } finally {
        streams.delete(stop)
        options.signal?.removeEventListener('abort', stop)
      }
    },
    /** Lets what runs come to its end; nothing new is begun. */
    disconnect: async (): Promise<void> => {
      const last = driver
      driver = undefined
      // A stream waits for its reader, who may never come back.
      for (const stop of streams) stop()
      ending = Promise.all([ending, last?.end()]).then(() => undefined)
      await ending
    },
  }
}

export type Connection = ReturnType<typeof connection>

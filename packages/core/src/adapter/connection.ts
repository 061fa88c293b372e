import * as E from 'fp-ts/lib/Either.js'
import { backendFault, hresult, type BackendFault } from '../model/fault.js'
import type { ByteStream, FilesError } from '../runtime/ports.js'
import type { CallOptions, Driver, StreamOptions } from './driver.js'
import type { Answer, Arguments, Operation } from './operations.js'

/** What every call fails with before the backend is opened, and after it was closed. */
export const notOpen: BackendFault = backendFault('the backend is not open; open it first', hresult.notReady)

/** Calls on the driver of the present opening, and what of them is under way. */
export const connection = (start: () => Promise<E.Either<BackendFault, Driver>>) => {
  let driver: Driver | undefined
  let opening: Promise<E.Either<BackendFault, Driver>> | undefined
  let ending: Promise<void> | undefined
  const running = new Set<Promise<unknown>>()
  const streams = new Set<() => void>()

  const idle = async (): Promise<void> => {
    while (running.size > 0) await Promise.allSettled(running)
  }
  const track = async <T>(promise: Promise<T>): Promise<T> => {
    running.add(promise)
    try {
      return await promise
    } finally {
      running.delete(promise)
    }
  }
  const finish = async (before: Promise<void> | undefined, last: Driver | undefined): Promise<void> => {
    await before
    await idle()
    await last?.end()
  }
  return {
    isOpen: (): boolean => driver !== undefined,
    connect: async (): Promise<E.Either<BackendFault, void>> => {
      // What an opening before this one still has under way would meet the recovery of the same intents.
      await ending
      await idle()
      if (driver !== undefined) return E.right(undefined)
      opening ??= start()
      const started = await opening
      opening = undefined
      if (E.isRight(started)) driver = started.right
      return E.map(() => undefined)(started)
    },
    call: <K extends Operation>(
      name: K,
      args: Arguments<K>,
      options?: CallOptions,
    ): Promise<E.Either<FilesError, Answer<K>>> =>
      driver === undefined ? Promise.resolve(E.left(notOpen)) : track(driver.call(name, args, options)),
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
      ending = finish(ending, last)
      await ending
    },
  }
}

export type Connection = ReturnType<typeof connection>

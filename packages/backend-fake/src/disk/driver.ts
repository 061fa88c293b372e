import { Worker } from 'node:worker_threads'
import * as E from 'fp-ts/lib/Either.js'
import {
  chunkLength,
  chunksOf,
  describe,
  feedTar,
  isUndone,
  movable,
  stoppedFault,
  type Asked,
  type CallOptions,
  type StreamOptions,
  type TarFeed,
} from '@varve/core/adapter'
import type { BackendFault, ByteStream, FilesError, Layout } from '@varve/core/ports'
import type { WorldDriver } from '../world/operations.js'
import { openCalls, type Calls, type Outcome } from './calls.js'

type Asking = Asked & { readonly options: CallOptions & { readonly cutAfter?: number } }

/** Begins a call of the worker, which settles once it has ended there. */
const begin = (
  calls: Calls,
  { name, args, options }: Asking,
  listener: { readonly taken?: (buffer: ArrayBuffer) => void; readonly chunk?: (bytes: Uint8Array) => void },
): { readonly call: number; readonly outcome: Promise<Outcome>; readonly stop: () => void } => {
  const { signal, progress, cutAfter, tar } = options
  let settle: (outcome: Outcome) => void = () => undefined
  const outcome = new Promise<Outcome>((resolve) => (settle = resolve))
  const call = calls.add({ settle: (given) => settle(given), progress, ...listener })
  const { args: copied, moved } = movable(args)
  const isStopped = signal?.aborted === true
  calls.post({ type: 'call', call, name, args: copied, cutAfter, hasTar: tar !== undefined, isStopped }, moved)
  const stop = (): void => calls.post({ type: 'stop', call })
  signal?.addEventListener('abort', stop)
  void outcome.then(() => signal?.removeEventListener('abort', stop))
  return { call, outcome, stop }
}

const run = async (calls: Calls, asking: Asking): Promise<Outcome> => {
  const { signal, tar, spend } = asking.options
  const dead = calls.dead()
  if (dead !== undefined) return E.left(dead)
  if (signal?.aborted === true && !isUndone(asking)) return E.left(stoppedFault(describe(asking)))
  let feed: TarFeed | undefined
  calls.hold()
  const { call, outcome } = begin(calls, asking, { taken: (buffer) => feed?.takeBack(buffer) })
  if (tar !== undefined)
    feed = feedTar(tar, { post: (arrival, moved) => calls.post({ type: 'arrival', call, arrival }, moved), spend })
  const ended = await outcome
  calls.release()
  feed?.stop()
  return ended
}

/** The buffer of a chunk of the usual length that has it to itself. */
const spareOf = (chunk: Uint8Array | undefined): ArrayBuffer | undefined => {
  const buffer = chunk?.buffer
  return buffer instanceof ArrayBuffer && buffer.byteLength === chunkLength && chunk?.length === chunkLength
    ? buffer
    : undefined
}

const exported = (calls: Calls, args: readonly unknown[], options: StreamOptions): ByteStream<FilesError> =>
  chunksOf(async (chunk) => {
    const dead: BackendFault | undefined = calls.dead()
    if (dead !== undefined) return E.left(dead)
    const { call, outcome, stop } = begin(calls, { name: 'exportLayer', args, options }, { chunk })
    const took = (): void => {
      const spare = spareOf(options.spent?.())
      calls.post({ type: 'room', call, spare }, spare === undefined ? [] : [spare])
    }
    return E.right({ outcome, stop, took, hold: calls.hold, release: calls.release })
  })

/** Starts the world's own worker thread. File work is synchronous inside it, so none of it takes a turn of this thread. */
export const openDiskDriver = async (layout: Layout): Promise<E.Either<BackendFault, WorldDriver>> => {
  // The worker needs none of the process's own flags, some of which (--input-type) would stop it.
  const worker = new Worker(new URL('./worker.js', import.meta.url), {
    workerData: layout,
    execArgv: [],
    name: 'varve',
    // What lives long there is small; a large nursery would only be filled.
    resourceLimits: { maxYoungGenerationSizeMb: 8 },
  })
  const calls = openCalls(worker)
  return E.right({
    call: (name, args, options = {}) => run(calls, { name, args, options }) as Promise<E.Either<FilesError, never>>,
    stream: (args, options) => exported(calls, args, options),
    end: async () => {
      calls.hold()
      await calls.idle()
      await worker.terminate()
    },
  })
}

import { Worker } from 'node:worker_threads'
import * as E from 'fp-ts/lib/Either.js'
import type { BackendFault, FilesError, Layout } from '@varve/core/ports'
import { gate, pump } from '../pump.js'
import { chunkLength, chunksInFlight } from '../world/control.js'
import {
  describe,
  isUndone,
  type Arguments,
  type CallOptions,
  type Driver,
  type Operation,
  type StreamOptions,
} from '../world/operations.js'
import { stoppedFault } from '../world/work.js'
import { openCalls, type Calls, type Outcome } from './calls.js'
import { tarSender } from './sender.js'

type Asked = { readonly name: Operation; readonly args: readonly unknown[]; readonly options: CallOptions }

/** Bytes cross by being moved, so they are copied first; a view would bring its whole buffer along. */
const movable = (args: readonly unknown[]): { readonly args: readonly unknown[]; readonly moved: ArrayBuffer[] } => {
  const moved: ArrayBuffer[] = []
  const copied = args.map((value) => {
    if (!(value instanceof Uint8Array)) return value
    const bytes = new Uint8Array(value)
    moved.push(bytes.buffer)
    return bytes
  })
  return { args: copied, moved }
}

/** Begins a call of the worker, which settles once it has ended there. */
const begin = (
  calls: Calls,
  { name, args, options }: Asked,
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

const run = async (calls: Calls, asked: Asked): Promise<Outcome> => {
  const { name, args, options } = asked
  const { signal, tar, spend } = options
  const dead = calls.dead()
  if (dead !== undefined) return E.left(dead)
  if (signal?.aborted === true && !isUndone(name, args)) return E.left(stoppedFault(describe(name, args)))
  const room = gate()
  let inFlight = 0
  let isOver = false
  const taken = (buffer: ArrayBuffer): void => {
    inFlight--
    sender.takeBack(buffer)
    room.open()
  }
  calls.hold()
  const { call, outcome } = begin(calls, asked, { taken })
  const sender = tarSender((arrival, moved) => {
    if (arrival.type === 'bytes') inFlight++
    calls.post({ type: 'arrival', call, arrival }, moved)
  })
  if (tar !== undefined) {
    void pump(tar, {
      give: (arrival) => {
        if (isOver) return
        sender.send(arrival)
        // Its bytes were copied.
        if (arrival.type === 'bytes') spend?.(arrival.bytes)
      },
      room: async () => {
        while (inFlight >= chunksInFlight && !isOver) await room.wait()
      },
      isOver: () => isOver,
    })
  }
  const ended = await outcome
  calls.release()
  isOver = true
  room.open()
  return ended
}

/** The buffer of a chunk of the usual length that has it to itself. */
const spareOf = (chunk: Uint8Array | undefined): ArrayBuffer | undefined => {
  const buffer = chunk?.buffer
  return buffer instanceof ArrayBuffer && buffer.byteLength === chunkLength && chunk?.length === chunkLength
    ? buffer
    : undefined
}

/** Chunks that an operation puts out. The process is held only while one of them is waited for. */
async function* chunksOf(
  calls: Calls,
  args: Arguments<'exportLayer'>,
  options: StreamOptions,
): AsyncGenerator<E.Either<FilesError, Uint8Array>, void> {
  const dead: BackendFault | undefined = calls.dead()
  if (dead !== undefined) return void (yield E.left(dead))
  const came: { readonly chunks: Uint8Array[]; outcome?: Outcome } = { chunks: [] }
  const arrived = gate()
  const chunk = (bytes: Uint8Array): void => {
    came.chunks.push(bytes)
    arrived.open()
  }
  const { call, outcome, stop } = begin(calls, { name: 'exportLayer', args, options }, { chunk })
  const settled = outcome.then((given) => {
    came.outcome = given
    arrived.open()
  })
  const wait = async (until: Promise<void>): Promise<void> => {
    calls.hold()
    await until
    calls.release()
  }
  try {
    for (;;) {
      const next = came.chunks.shift()
      if (next !== undefined) {
        const spare = spareOf(options.spent?.())
        calls.post({ type: 'room', call, spare }, spare === undefined ? [] : [spare])
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

/** Starts the world's own worker thread. File work is synchronous inside it, so none of it takes a turn of this thread. */
export const openDiskDriver = async (layout: Layout): Promise<E.Either<BackendFault, Driver>> => {
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
    stream: (args, options) => chunksOf(calls, args, options),
    end: async () => {
      calls.hold()
      await calls.idle()
      await worker.terminate()
    },
  })
}

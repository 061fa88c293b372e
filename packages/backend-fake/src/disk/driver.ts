import { Worker } from 'node:worker_threads'
import * as E from 'fp-ts/lib/Either.js'
import { backendFault, type BackendFault, type FilesError, type Layout } from '@varve/core/ports'
import { codes } from '../world/failure.js'
import { describe, type CallOptions, type Driver, type Operation } from '../world/operations.js'
import { stoppedFault } from '../world/work.js'
import type { FromWorker, ToWorker } from './messages.js'

type Outcome = E.Either<FilesError, unknown>
type Pending = { readonly settle: (outcome: Outcome) => void; readonly progress: CallOptions['progress'] }

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

/** The worker's calls that are under way. The process is held while there are any, and only then. */
const openCalls = (worker: Worker) => {
  const pending = new Map<number, Pending>()
  let calls = 0
  let waiting: (() => void)[] = []
  let dead: BackendFault | undefined

  const settle = (call: number, outcome: Outcome): void => {
    const found = pending.get(call)
    pending.delete(call)
    if (pending.size === 0) {
      worker.unref()
      for (const told of waiting.splice(0)) told()
    }
    found?.settle(outcome)
  }
  const die = (cause: string): void => {
    dead ??= backendFault(`the worker of the on-disk world ended: ${cause}; open the backend again`, codes.unspecified)
    for (const call of pending.keys()) settle(call, E.left(dead))
  }
  worker.on('message', (message: FromWorker) => {
    if (message.type === 'done') settle(message.call, message.outcome)
    else pending.get(message.call)?.progress?.(message.done)
  })
  worker.on('error', (error) => die(error.message))
  worker.on('exit', () => die('it is closed'))
  worker.unref()

  return {
    dead: () => dead,
    add: (entry: Pending): number => {
      pending.set(++calls, entry)
      worker.ref()
      return calls
    },
    idle: (): Promise<void> => {
      if (pending.size === 0) return Promise.resolve()
      return new Promise((resolve) => (waiting = [...waiting, resolve]))
    },
  }
}

const run = (
  worker: Worker,
  calls: ReturnType<typeof openCalls>,
  {
    name,
    args,
    options,
  }: { readonly name: Operation; readonly args: readonly unknown[]; readonly options: CallOptions },
): Promise<Outcome> => {
  const { signal, progress, cutAfter } = options
  const dead = calls.dead()
  if (dead !== undefined) return Promise.resolve(E.left(dead))
  if (signal?.aborted === true) return Promise.resolve(E.left(stoppedFault(describe(name, args))))
  return new Promise((resolve) => {
    const stop = (): void => worker.postMessage({ type: 'stop', call } satisfies ToWorker)
    const settle = (outcome: Outcome): void => {
      signal?.removeEventListener('abort', stop)
      resolve(outcome)
    }
    const call = calls.add({ settle, progress })
    signal?.addEventListener('abort', stop)
    const { args: copied, moved } = movable(args)
    worker.postMessage({ type: 'call', call, name, args: copied, cutAfter } satisfies ToWorker, moved)
  })
}

/** Starts the world's own worker thread. File work is synchronous inside it, so none of it takes a turn of this thread. */
export const openDiskDriver = async (layout: Layout): Promise<E.Either<BackendFault, Driver>> => {
  // The worker needs none of the process's own flags, some of which (--input-type) would stop it.
  const worker = new Worker(new URL('./worker.js', import.meta.url), {
    workerData: layout,
    execArgv: [],
    name: 'varve',
  })
  const calls = openCalls(worker)
  return E.right({
    call: (name, args, options = {}) =>
      run(worker, calls, { name, args, options }) as Promise<E.Either<FilesError, never>>,
    end: async () => {
      await calls.idle()
      await worker.terminate()
    },
  })
}

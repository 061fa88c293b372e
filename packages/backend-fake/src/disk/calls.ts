import type { Worker } from 'node:worker_threads'
import * as E from 'fp-ts/lib/Either.js'
import type { Done } from '@varve/core/adapter'
import { backendFault, type BackendFault, type FilesError } from '@varve/core/ports'
import { codes } from '../world/failure.js'
import type { FromWorker, ToWorker } from './messages.js'

export type Outcome = E.Either<FilesError, unknown>

/** Who is told what the worker says of a call. */
export type Listener = {
  readonly settle: (outcome: Outcome) => void
  readonly progress: ((done: Done) => void) | undefined
  readonly taken?: (buffer: ArrayBuffer) => void
  readonly chunk?: (bytes: Uint8Array) => void
}

/** The worker's calls that are under way. */
export type Calls = {
  /** Why there can be no more of them. */
  readonly dead: () => BackendFault | undefined
  readonly add: (listener: Listener) => number
  readonly post: (message: ToWorker, moved?: readonly ArrayBuffer[]) => void
  /** Holds the process, until as many releases have come as holds. */
  readonly hold: () => void
  readonly release: () => void
  readonly idle: () => Promise<void>
}

export const openCalls = (worker: Worker): Calls => {
  const pending = new Map<number, Listener>()
  let calls = 0
  let holds = 0
  let waiting: (() => void)[] = []
  let dead: BackendFault | undefined

  const settle = (call: number, outcome: Outcome): void => {
    const found = pending.get(call)
    pending.delete(call)
    found?.settle(outcome)
    if (pending.size === 0) for (const told of waiting.splice(0)) told()
  }
  const die = (cause: string): void => {
    dead ??= backendFault(`the worker of the on-disk world ended: ${cause}; open the backend again`, codes.unspecified)
    for (const call of pending.keys()) settle(call, E.left(dead))
  }
  worker.on('message', (message: FromWorker) => {
    const listener = pending.get(message.call)
    if (message.type === 'done') settle(message.call, message.outcome)
    else if (message.type === 'progress') listener?.progress?.(message.done)
    else if (message.type === 'taken') listener?.taken?.(message.buffer)
    else listener?.chunk?.(message.bytes)
  })
  worker.on('error', (error) => die(error.message))
  worker.on('exit', () => die('it is closed'))
  worker.unref()

  return {
    dead: () => dead,
    add: (listener) => {
      pending.set(++calls, listener)
      return calls
    },
    post: (message, moved = []) => worker.postMessage(message, moved),
    hold: () => {
      if (++holds === 1) worker.ref()
    },
    release: () => {
      if (--holds === 0) worker.unref()
    },
    idle: () => (pending.size === 0 ? Promise.resolve() : new Promise((resolve) => (waiting = [...waiting, resolve]))),
  }
}

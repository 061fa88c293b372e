import { Worker, type MessagePort } from 'node:worker_threads'
import * as E from 'fp-ts/lib/Either.js'
import { movable, type Asked, type Done } from '@varve/core/adapter'
import { backendFault } from '@varve/core/ports'
import { codes, messageOf } from '../failure.js'
import { release } from './lock.js'
import type { FromLane, LaneData, Outcome } from './messages.js'
import { clearWords, makeWords, raiseFlag, type Flag, type Words } from './words.js'

/** Who is told what a lane says of its call. */
export type Listener = {
  readonly settle: (outcome: Outcome) => void
  readonly progress?: (done: Done) => void
  readonly chunk?: (bytes: Uint8Array) => void
}

/** `what`: what was asked, for messages. */
export type Named = Asked & { readonly what: string }

/** A worker thread that runs one call at a time; started anew for the next call when it died. */
export type Lane = {
  readonly words: Words
  /** `raised`: what its caller had said before the call, which travels with it. */
  readonly run: (asked: Named, tar: MessagePort | undefined, listener: Listener, raised?: Flag) => void
  /** Holds the process, until as many releases have come as holds. */
  readonly hold: () => void
  readonly release: () => void
  /** Ends the thread, in which nothing may run. */
  readonly end: () => Promise<void>
}

export type LaneStart = {
  /** The module that serves. */
  readonly entry: URL
  readonly lane: number
  readonly lock: Words
  readonly data: unknown
}

const startWorker = ({ entry, lane, lock, data }: LaneStart, words: Words): Worker =>
  new Worker(entry, {
    workerData: { lane, words, lock, data } satisfies LaneData<unknown>,
    // It needs none of the process's own flags, some of which (--input-type) would stop it.
    execArgv: [],
    name: `varve ${lane}`,
    // What lives long there is small; a large nursery would only be filled.
    resourceLimits: { maxYoungGenerationSizeMb: 8 },
  })

type Current = { readonly asked: Named; readonly listener: Listener }

export const openLane = (start: LaneStart): Lane => {
  const words = makeWords()
  let worker: Worker | undefined
  let current: Current | undefined
  let holds = 0

  const settle = (outcome: Outcome): void => {
    const told = current?.listener
    current = undefined
    told?.settle(outcome)
  }
  const die = (cause: string): void => {
    worker = undefined
    release(start.lock, start.lane)
    const what = current?.asked.what ?? ''
    settle(
      E.left(
        backendFault(`${what}: its thread ended (${cause}); look at what is there and ask again`, codes.unspecified),
      ),
    )
  }
  const started = (): Worker => {
    const made = startWorker(start, words)
    let cause = 'it gave no reason'
    made.on('message', (message: FromLane) => {
      if (message.type === 'done') settle(message.outcome)
      else if (message.type === 'progress') current?.listener.progress?.(message.done)
      else current?.listener.chunk?.(message.bytes)
    })
    made.on('error', (error) => (cause = messageOf(error)))
    made.on('exit', () => {
      if (worker === made) die(cause)
    })
    return made
  }
  return {
    words,
    run: (asked, tar, listener, raised) => {
      clearWords(words)
      if (raised !== undefined) raiseFlag(words, raised)
      current = { asked, listener }
      const { args, moved } = movable(asked.args)
      try {
        worker ??= started()
        worker.postMessage({ name: asked.name, args, tar }, tar === undefined ? moved : [...moved, tar])
      } catch (cause) {
        settle(E.left(backendFault(`${asked.what} can't be begun: ${messageOf(cause)}`, codes.invalidParameter)))
      }
    },
    hold: () => {
      if (++holds === 1) worker?.ref()
    },
    release: () => {
      if (--holds === 0) worker?.unref()
    },
    end: async () => {
      const last = worker
      worker = undefined
      await last?.terminate()
    },
  }
}

import { parentPort, workerData } from 'node:worker_threads'
import * as E from 'fp-ts/lib/Either.js'
import type { Asked, Done } from '@varve/core/adapter'
import { failureOf } from '../failure.js'
import type { Control } from '../layers/control.js'
import { openInlet } from './inlet.js'
import type { Call, FromLane, LaneData, Outcome } from './messages.js'
import { openOutlet } from './outlet.js'
import { isRaisedFlag, word } from './words.js'

/** Milliseconds between two reports of a call's progress. */
const reportEvery = 50

/** What a lane can be asked to do. */
export type Program = {
  /** Performs a call, blocking the thread until it has ended. A failure is raised. */
  readonly perform: (name: string, args: readonly unknown[], control: Control) => unknown
  /** What was asked, for messages. */
  readonly describe: (asked: Asked) => string
}

/** What the lane that this thread is was started with. */
export const laneData = <Data>(): LaneData<Data> => workerData as LaneData<Data>

const post = (message: FromLane, moved: readonly ArrayBuffer[] = []): void => parentPort?.postMessage(message, moved)

/** The buffer of bytes that have it to themselves. */
const bufferOf = (bytes: unknown): readonly ArrayBuffer[] =>
  bytes instanceof Uint8Array && bytes.buffer instanceof ArrayBuffer && bytes.length === bytes.buffer.byteLength
    ? [bytes.buffer]
    : []

/** Tells of progress, but not too often. */
const reporter = () => {
  let reportedAt = performance.now()
  let untold: Done | undefined
  const tell = (): void => {
    if (untold !== undefined) post({ type: 'progress', done: untold })
    untold = undefined
    reportedAt = performance.now()
  }
  return {
    progress: (done: Done): void => {
      untold = done
      if (performance.now() - reportedAt >= reportEvery) tell()
    },
    tell,
  }
}

const run = ({ perform, describe }: Program, { name, args, tar }: Call): Outcome => {
  const { words } = laneData()
  const inlet = openInlet(words, tar)
  const outlet = openOutlet(words, (bytes) => post({ type: 'chunk', bytes }, [bytes.buffer]))
  const { progress, tell } = reporter()
  const control: Control = {
    isCancelled: () => isRaisedFlag(words, word.cancelled),
    isStopped: () => isRaisedFlag(words, word.stopped),
    progress,
    take: inlet.take,
    put: outlet.put,
  }
  try {
    const answer = perform(name, args, control)
    outlet.flush()
    tell()
    return E.right(answer)
  } catch (cause) {
    return E.left(failureOf(describe({ name, args }), cause))
  } finally {
    inlet.close()
  }
}

/** Makes this worker thread a lane: it performs one call after another. */
export const serve = (program: Program): void => {
  parentPort?.on('message', (call: Call) => {
    const outcome = run(program, call)
    post({ type: 'done', outcome }, E.isRight(outcome) ? bufferOf(outcome.right) : [])
  })
}

import * as E from 'fp-ts/lib/Either.js'
import { chunksOf, stoppedFault, type CallOptions, type StreamOptions } from '@varve/core/adapter'
import type { BackendFault, ByteStream, FilesError } from '@varve/core/ports'
import { openFeed, type Feed } from './feed.js'
import { openLane, type Lane, type Listener, type Named } from './lane.js'
import { makeLock } from './lock.js'
import type { Outcome } from './messages.js'
import { openQueue, type Loan, type Queue } from './queue.js'
import { raiseFlag, wake, word } from './words.js'

/** Threads that calls are made in. */
export const laneCount = 4

/** A call, and how it stands to others. */
export type Job = Named & {
  /** Calls with the same turn are made one after the other, in the order in which they came. */
  readonly turn: string | undefined
  /** Whether it undoes what it has done when its signal fires. What does not just stops. */
  readonly isUndone: boolean
}

/** Worker threads, and the calls that wait for one. No call rejects. */
export type Lanes = {
  readonly call: (job: Job, options?: CallOptions) => Promise<Outcome>
  /** The bytes that a call puts out. It begins at the first `next()`; leaving the loop ends it. */
  readonly stream: (job: Job, options?: StreamOptions) => ByteStream<FilesError>
  /** Ends the threads, each when nothing runs in it any more. The next call starts them anew. */
  readonly end: () => Promise<void>
}

/** A call in a lane, which belongs to another call as soon as this one has ended. */
type Begun = {
  readonly lane: Lane
  readonly outcome: Promise<Outcome>
  readonly stop: () => void
  /** One of the chunks that it put out was taken. */
  readonly took: () => void
}

type Equipment = {
  readonly signal: AbortSignal | undefined
  readonly feed: Feed | undefined
  readonly listener: Omit<Listener, 'settle'>
}

const makeCall = ({ lent: lane, giveBack }: Loan<Lane>, job: Job, { signal, feed, listener }: Equipment): Begun => {
  let isOver = false
  let settle: (outcome: Outcome) => void = () => undefined
  const outcome = new Promise<Outcome>((resolve) => (settle = resolve))
  const over = (given: Outcome): void => {
    isOver = true
    settle(given)
  }
  const flag = job.isUndone ? word.cancelled : word.stopped
  feed?.wakes(lane.words)
  lane.run(job, feed?.port, { ...listener, settle: over }, signal?.aborted === true ? flag : undefined)
  const stop = (): void => {
    if (!isOver) raiseFlag(lane.words, flag)
  }
  const took = (): void => {
    if (isOver) return
    Atomics.sub(lane.words, word.inFlight, 1)
    wake(lane.words)
  }
  signal?.addEventListener('abort', stop)
  const ended = outcome.then((given) => {
    signal?.removeEventListener('abort', stop)
    feed?.stop()
    giveBack()
    return given
  })
  return { lane, outcome: ended, stop, took }
}

/** Resolves when some of the tar has come, or its signal fires. */
const firstOf = ({ begun }: Feed, signal: AbortSignal | undefined): Promise<void> =>
  new Promise((resolve) => {
    const pass = (): void => {
      signal?.removeEventListener('abort', pass)
      resolve()
    }
    signal?.addEventListener('abort', pass)
    void begun.then(pass)
  })

/**
 * Waits for a lane, and makes the call in it; the lane is free again when that has ended. Left: it was stopped before. A call that
 * is filled waits for its tar before, and exports never have all lanes: a layer can be filled from what others put out, any number
 * of them at once.
 */
const begin = async (
  queue: Queue<Lane>,
  job: Job,
  options: CallOptions,
  listener: Omit<Listener, 'settle'>,
): Promise<E.Either<BackendFault, Begun>> => {
  const { signal } = options
  const isOut = (): boolean => signal?.aborted === true && !job.isUndone
  if (isOut()) return E.left(stoppedFault(job.what))
  const feed = openFeed(options)
  if (feed !== undefined && signal?.aborted !== true) await firstOf(feed, signal)
  const wanted = { turn: job.turn, isHeld: listener.chunk !== undefined }
  const loan = isOut() ? undefined : await queue.enter(wanted, job.isUndone ? undefined : signal)
  if (loan === undefined || isOut()) {
    feed?.stop()
    loan?.giveBack()
    return E.left(stoppedFault(job.what))
  }
  return E.right(makeCall(loan, job, { signal, feed, listener }))
}

const call = async (queue: Queue<Lane>, job: Job, options: CallOptions): Promise<Outcome> => {
  const { progress } = options
  const begun = await begin(queue, job, options, progress === undefined ? {} : { progress })
  if (E.isLeft(begun)) return begun
  const { lane, outcome } = begun.right
  lane.hold()
  const ended = await outcome
  lane.release()
  return ended
}

const streamOf = (queue: Queue<Lane>, job: Job, options: StreamOptions): ByteStream<FilesError> =>
  chunksOf(async (chunk) => {
    const { signal, progress } = options
    const listener = progress === undefined ? { chunk } : { chunk, progress }
    const begun = await begin(queue, job, signal === undefined ? {} : { signal }, listener)
    return E.map(({ lane, outcome, stop, took }: Begun) => ({
      outcome,
      stop,
      took,
      hold: lane.hold,
      release: lane.release,
    }))(begun)
  })

/** Of all lanes of the process: what it guards is the host's. */
const lock = makeLock()
let lanesMade = 0

/** A lane is started when no other is free. `entry` is the module that serves in each, `data` what it is given. */
export const openLanes = (entry: URL, data: unknown): Lanes => {
  const lanes: Lane[] = []
  const queue = openQueue(laneCount, () => {
    const made = openLane({ entry, lane: lanesMade++, lock, data })
    lanes.push(made)
    return made
  })
  return {
    call: (job, options = {}) => call(queue, job, options),
    stream: (job, options = {}) => streamOf(queue, job, options),
    end: async () => {
      for (const lane of lanes) lane.hold()
      await queue.idle()
      await Promise.all(lanes.map((lane) => lane.end()))
      for (const lane of lanes) lane.release()
    },
  }
}

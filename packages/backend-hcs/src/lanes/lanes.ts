import * as E from 'fp-ts/lib/Either.js'
import { chunksOf, stoppedFault, type CallOptions, type StreamOptions } from '@varve/core/adapter'
import type { BackendFault, ByteStream, FilesError } from '@varve/core/ports'
import { openFeed } from './feed.js'
import { openLane, type Lane, type Listener, type Named } from './lane.js'
import { makeLock } from './lock.js'
import type { Outcome } from './messages.js'
import { openQueue, type Queue } from './queue.js'
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

/** Waits for a lane, and makes the call in it; the lane is free again when that has ended. Left: it was stopped before. */
const begin = async (
  queue: Queue<Lane>,
  job: Job,
  options: CallOptions,
  listener: Omit<Listener, 'settle'>,
): Promise<E.Either<BackendFault, Begun>> => {
  const { signal } = options
  const refused = E.left(stoppedFault(job.what))
  const isOut = (): boolean => signal?.aborted === true && !job.isUndone
  if (isOut()) return refused
  const lane = await queue.enter(job.turn, job.isUndone ? undefined : signal)
  if (lane !== undefined && isOut()) queue.leave(lane, job.turn)
  if (lane === undefined || isOut()) return refused
  const feed = openFeed(options, lane.words)
  let isOver = false
  let settle: (outcome: Outcome) => void = () => undefined
  const outcome = new Promise<Outcome>((resolve) => (settle = resolve))
  const over = (given: Outcome): void => {
    isOver = true
    settle(given)
  }
  const flag = job.isUndone ? word.cancelled : word.stopped
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
    queue.leave(lane, job.turn)
    return given
  })
  return E.right({ lane, outcome: ended, stop, took })
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

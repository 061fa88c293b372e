import {
  describe,
  isUndone,
  stoppedFault,
  type Answer,
  type Arguments,
  type Arrival,
  type Operation,
} from '@varve/core/adapter'
import type { Control, Outlet } from './control.js'
import { begin } from './operations.js'
import { startJob, type Job } from './work.js'
import type { World } from './world.js'

/** An operation under way, and how one speaks to it. */
export type Session<T> = {
  readonly job: Job<T>
  /** Hands over a part of its tar. */
  readonly arrive: (arrival: Arrival) => void
  /** Parts of its tar that it has not taken yet. */
  readonly waiting: () => number
  /** Its caller wants it no more: it is undone, or stopped where it is. */
  readonly stop: () => void
}

export type Asked<K extends Operation> = {
  readonly name: K
  readonly args: Arguments<K>
  readonly cutAfter: number | undefined
  /** Told when it has used bytes of its tar; absent without a tar. */
  readonly taken?: (bytes: Uint8Array) => void
  readonly outlet?: Outlet
}

export const startSession = <K extends Operation>(world: World, asked: Asked<K>): Session<Answer<K>> => {
  const { name, args, cutAfter, taken, outlet } = asked
  const arrivals: Arrival[] = []
  let isCancelled = false
  let inUse: Uint8Array | undefined
  // Whoever asks for the next part is done with the one before.
  const take = (): Arrival | undefined => {
    if (inUse !== undefined) taken?.(inUse)
    const arrival = arrivals.shift()
    inUse = arrival?.type === 'bytes' ? arrival.bytes : undefined
    return arrival
  }
  const control: Control = {
    isCancelled: () => isCancelled,
    ...(taken === undefined ? {} : { inlet: { take } }),
    ...(outlet === undefined ? {} : { outlet }),
  }
  const what = describe(asked)
  const job = startJob(what, begin(world, name, args, control), cutAfter)
  return {
    job,
    arrive: (arrival) => arrivals.push(arrival),
    waiting: () => arrivals.length,
    stop: () => {
      if (isUndone(asked)) isCancelled = true
      else if (job.outcome() === undefined) job.stop(stoppedFault(what))
    },
  }
}

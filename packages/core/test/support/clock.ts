import type { Clock } from '@varve/core'
import { timeOf } from './spec.js'

/** Lets everything run that is not waiting for time or for the test: that many turns of the event loop. */
export const turns = async (count = 25): Promise<void> => {
  for (let turn = 0; turn < count; turn++) await new Promise((resolve) => setImmediate(resolve))
}

export type VirtualClock = Clock & {
  /** Moves time on, waking sleepers on the way, each at its time, and lets what they do run. */
  readonly advance: (milliseconds: number) => Promise<void>
  /** How many sleep. */
  readonly sleeping: () => number
}

type Sleeper = { readonly until: bigint; readonly wake: () => void }

/** A clock that stands still until it is moved. */
export const virtualClock = (): VirtualClock => {
  let now = timeOf(0)
  let sleepers: readonly Sleeper[] = []
  const leave = (sleeper: Sleeper): void => {
    sleepers = sleepers.filter((other) => other !== sleeper)
    sleeper.wake()
  }
  const nextUntil = (end: bigint): Sleeper | undefined =>
    sleepers
      .filter(({ until }) => until <= end)
      .reduce<Sleeper | undefined>(
        (first, one) => (first === undefined || one.until < first.until ? one : first),
        undefined,
      )
  return {
    now: () => now,
    sleep: (milliseconds, signal) =>
      new Promise((resolve) => {
        if (signal?.aborted === true) return resolve()
        const wake = (): void => {
          signal?.removeEventListener('abort', onAbort)
          resolve()
        }
        const sleeper = { until: now + BigInt(milliseconds) * 1_000_000n, wake }
        const onAbort = (): void => leave(sleeper)
        sleepers = [...sleepers, sleeper]
        signal?.addEventListener('abort', onAbort)
      }),
    yield: () => turns(1),
    sleeping: () => sleepers.length,
    advance: async (milliseconds) => {
      const end = now + BigInt(milliseconds) * 1_000_000n
      for (let next = nextUntil(end); next !== undefined; next = nextUntil(end)) {
        now = next.until
        leave(next)
        await turns()
      }
      now = end
      await turns()
    },
  }
}

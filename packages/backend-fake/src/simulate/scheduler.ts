import type { Clock } from '@varve/core/ports'

/** One that could go on. `isProcess`: it ends with the process. */
export type Waiting = { readonly what: string; readonly go: () => void; readonly isProcess: boolean }

type Sleeper = Waiting & { readonly until: bigint }

/**
 * The one source of order and of time. Whatever waits for its turn, for time, or for a disk waits here, and goes on when it is
 * let. Time stands still while something runs.
 */
export type Scheduler = {
  /** Nanoseconds since the run began; never goes back. */
  readonly elapsed: () => bigint
  /** Resolves when it is let go on. */
  readonly turn: (what: string) => Promise<void>
  readonly wait: (waiting: Waiting) => void
  readonly sleep: (what: string, nanoseconds: bigint, signal?: AbortSignal) => Promise<void>
  /** A sleep that outlasts the process. */
  readonly pause: (what: string, nanoseconds: bigint) => Promise<void>
  /** In the order in which they came to wait. When nobody else could go on, the one whose sleep ends first is among them. */
  readonly waiting: () => readonly Waiting[]
  /** Lets one go on; time moves. */
  readonly let: (waiting: Waiting) => void
  readonly leave: (waiting: Waiting) => void
  /** Forgets everything that waits in the process. What awaits it will wait for ever. */
  readonly endProcess: () => void
}

/** Nanoseconds that a step takes. */
const stepTime = 100_000n

export const openScheduler = (): Scheduler => {
  let elapsed = 0n
  let waiting: Waiting[] = []
  let sleepers: Sleeper[] = []

  const take = <T>(list: T[], one: unknown): void => {
    const at = list.indexOf(one as T)
    if (at >= 0) list.splice(at, 1)
  }
  const earliest = (): Sleeper | undefined =>
    sleepers.reduce<Sleeper | undefined>(
      (first, one) => (first === undefined || one.until < first.until ? one : first),
      undefined,
    )
  /** Those whose sleep is over wait like the others, in the order in which they went to sleep. */
  const wake = (): void => {
    if (!sleepers.some(({ until }) => until <= elapsed)) return
    waiting.push(...sleepers.filter(({ until }) => until <= elapsed))
    sleepers = sleepers.filter(({ until }) => until > elapsed)
  }
  const leave = (one: Waiting): void => {
    take(waiting, one)
    take(sleepers, one)
  }
  return {
    elapsed: () => elapsed,
    turn: (what) => new Promise((resolve) => waiting.push({ what, go: resolve, isProcess: true })),
    wait: (one) => waiting.push(one),
    sleep: (what, nanoseconds, signal) =>
      new Promise((resolve) => {
        if (signal?.aborted === true) return resolve()
        const end = (): void => {
          signal?.removeEventListener('abort', stop)
          resolve()
        }
        const sleeper: Sleeper = { what, go: end, isProcess: true, until: elapsed + nanoseconds }
        const stop = (): void => {
          leave(sleeper)
          end()
        }
        signal?.addEventListener('abort', stop)
        sleepers.push(sleeper)
      }),
    pause: (what, nanoseconds) =>
      new Promise((resolve) => sleepers.push({ what, go: resolve, isProcess: false, until: elapsed + nanoseconds })),
    waiting: () => {
      wake()
      if (waiting.length > 0) return waiting
      const first = earliest()
      return first === undefined ? [] : [first]
    },
    let: (one) => {
      const until = 'until' in one ? (one as Sleeper).until : elapsed
      elapsed = (until > elapsed ? until : elapsed) + stepTime
      leave(one)
      one.go()
    },
    leave,
    endProcess: () => {
      waiting = waiting.filter(({ isProcess }) => !isProcess)
      sleepers = sleepers.filter(({ isProcess }) => !isProcess)
    },
  }
}

/** Nanoseconds since 1970 at which every run begins. */
const beginning = 1_700_000_000_000_000_000n

/** A process's clock. `skew`: nanoseconds by which the host's time is off. */
export const clockOf = (scheduler: Scheduler, now: () => bigint): Clock => ({
  now,
  sleep: (ms, signal) => scheduler.sleep('sleep', BigInt(Math.round(ms * 1_000_000)), signal),
  yield: () => scheduler.turn('yield'),
})

/** The host's time, which may be set and may stand still. */
export const openTime = (scheduler: Scheduler) => {
  let skew = 0n
  let still: bigint | undefined
  const now = (): bigint => still ?? beginning + scheduler.elapsed() + skew
  return {
    now,
    setBack: (nanoseconds: bigint): void => void (skew -= nanoseconds),
    stop: (): void => void (still = now()),
    start: (): void => {
      if (still === undefined) return
      skew = still - beginning - scheduler.elapsed()
      still = undefined
    },
  }
}

export type Time = ReturnType<typeof openTime>

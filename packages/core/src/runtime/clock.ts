import type { Clock } from './ports.js'

const nanosecondsPerMillisecond = 1_000_000n

const turn = (): Promise<void> => {
  const { setImmediate } = globalThis as { readonly setImmediate?: (run: () => void) => unknown }
  return new Promise((resolve) => {
    if (setImmediate === undefined) setTimeout(resolve, 0)
    else setImmediate(resolve)
  })
}

/**
 * The host's time: `performance` for the nanoseconds, held inside the current millisecond of `Date.now()`, so that a clock that
 * was set is followed and two readings within one millisecond differ.
 */
export const systemClock = (): Clock => {
  let origin = BigInt(Math.round(performance.timeOrigin * 1_000)) * 1_000n
  return {
    now: () => {
      const counted = BigInt(Math.round(performance.now() * 1_000_000))
      const fine = origin + counted
      const from = BigInt(Date.now()) * nanosecondsPerMillisecond
      const to = from + nanosecondsPerMillisecond - 1n
      const time = fine < from ? from : fine > to ? to : fine
      // Where the clock was set it is counted on from there: else all readings of a millisecond would be its first or its last.
      origin = time - counted
      return time
    },
    sleep: (ms, signal) =>
      new Promise((resolve) => {
        if (signal?.aborted === true) return resolve()
        const end = (): void => {
          clearTimeout(timer)
          signal?.removeEventListener('abort', end)
          resolve()
        }
        const timer = setTimeout(end, ms)
        ;(timer as { readonly unref?: () => void }).unref?.()
        signal?.addEventListener('abort', end)
      }),
    yield: turn,
  }
}

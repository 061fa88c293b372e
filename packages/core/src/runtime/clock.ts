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
  const origin = BigInt(Math.round(performance.timeOrigin * 1_000)) * 1_000n
  return {
    now: () => {
      const fine = origin + BigInt(Math.round(performance.now() * 1_000_000))
      const from = BigInt(Date.now()) * nanosecondsPerMillisecond
      const to = from + nanosecondsPerMillisecond - 1n
      return fine < from ? from : fine > to ? to : fine
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

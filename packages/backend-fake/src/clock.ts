/** The in-memory world's only source of time and of turns. */
export const clock = {
  /** Nanoseconds since 1970, in steps of a microsecond. */
  now: (): bigint => BigInt(Math.round((performance.timeOrigin + performance.now()) * 1_000)) * 1_000n,
  /** Milliseconds since some moment, for measuring. */
  elapsed: (): number => performance.now(),
  /** Ends early when the signal fires; never rejects. */
  sleep: (milliseconds: number, signal?: AbortSignal): Promise<void> =>
    new Promise((resolve) => {
      if (signal?.aborted === true) return resolve()
      const timer = setTimeout(resolve, milliseconds)
      const stop = (): void => {
        clearTimeout(timer)
        resolve()
      }
      signal?.addEventListener('abort', stop, { once: true })
    }),
  /** Lets other work of the process have a turn. */
  turn: (): Promise<void> => {
    const { setImmediate } = globalThis as { readonly setImmediate?: (run: () => void) => unknown }
    return new Promise((resolve) => {
      if (setImmediate === undefined) setTimeout(resolve, 0)
      else setImmediate(resolve)
    })
  },
} as const

/** Who waits for one of a few things that are lent to one at a time. */
export type Queue<T> = {
  /**
   * Waits until something is free and nobody else has the same turn; in the order of asking, but for those who wait for their
   * turn. Undefined: the signal fired before.
   */
  readonly enter: (turn: string | undefined, signal: AbortSignal | undefined) => Promise<T | undefined>
  /** Gives back what `enter` answered. */
  readonly leave: (lent: T, turn: string | undefined) => void
  /** Resolves when nobody has anything and nobody waits. */
  readonly idle: () => Promise<void>
}

type Waiting<T> = { readonly turn: string | undefined; readonly admit: (lent: T) => void }

/** Makes things as they are wanted, at most `limit`. */
export const openQueue = <T>(limit: number, make: () => T): Queue<T> => {
  const waiting: Waiting<T>[] = []
  const turns = new Set<string>()
  const free: T[] = []
  let made = 0
  let watchers: (() => void)[] = []

  const isIdle = (): boolean => waiting.length === 0 && free.length === made
  const isNext = ({ turn }: Waiting<T>): boolean => turn === undefined || !turns.has(turn)
  const lend = (): T => {
    const lent = free.pop()
    if (lent !== undefined) return lent
    made++
    return make()
  }
  const advance = (): void => {
    while (free.length > 0 || made < limit) {
      const at = waiting.findIndex(isNext)
      const [next] = at < 0 ? [] : waiting.splice(at, 1)
      if (next === undefined) return
      if (next.turn !== undefined) turns.add(next.turn)
      next.admit(lend())
    }
  }
  return {
    enter: (turn, signal) =>
      new Promise((resolve) => {
        const give = (lent: T | undefined): void => {
          signal?.removeEventListener('abort', quit)
          resolve(lent)
        }
        const one: Waiting<T> = { turn, admit: give }
        const quit = (): void => {
          waiting.splice(waiting.indexOf(one), 1)
          give(undefined)
        }
        signal?.addEventListener('abort', quit)
        waiting.push(one)
        advance()
      }),
    leave: (lent, turn) => {
      if (turn !== undefined) turns.delete(turn)
      free.push(lent)
      advance()
      if (isIdle()) for (const told of watchers.splice(0)) told()
    },
    idle: () => (isIdle() ? Promise.resolve() : new Promise((resolve) => (watchers = [...watchers, resolve]))),
  }
}

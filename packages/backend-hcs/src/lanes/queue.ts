/** What somebody waits for. */
export type Wanted = {
  /** Whoever has the same turn goes one after the other. */
  readonly turn: string | undefined
  /** Whether it is given back only when somebody else does something. The last free thing is never lent so. */
  readonly isHeld: boolean
}

/** Something that is lent, until it is given back. */
export type Loan<T> = { readonly lent: T; readonly giveBack: () => void }

/** Who waits for one of a few things that are lent to one at a time. */
export type Queue<T> = {
  /** Waits in the order of asking, but for those who may not be next. Undefined: the signal fired before. */
  readonly enter: (wanted: Wanted, signal: AbortSignal | undefined) => Promise<Loan<T> | undefined>
  /** Resolves when nobody has anything and nobody waits. */
  readonly idle: () => Promise<void>
}

type Waiting<T> = { readonly wanted: Wanted; readonly admit: (loan: Loan<T>) => void }

/** Makes things as they are wanted, at most `limit`. */
export const openQueue = <T>(limit: number, make: () => T): Queue<T> => {
  const waiting: Waiting<T>[] = []
  const turns = new Set<string>()
  const free: T[] = []
  let made = 0
  let held = 0
  let watchers: (() => void)[] = []

  const isIdle = (): boolean => waiting.length === 0 && free.length === made
  const isNext = ({ wanted: { turn, isHeld } }: Waiting<T>): boolean =>
    (turn === undefined || !turns.has(turn)) && !(isHeld && held === limit - 1)
  const take = (): T => {
    const lent = free.pop()
    if (lent !== undefined) return lent
    made++
    return make()
  }
  const lend = ({ turn, isHeld }: Wanted): Loan<T> => {
    const lent = take()
    if (turn !== undefined) turns.add(turn)
    if (isHeld) held++
    const giveBack = (): void => {
      if (turn !== undefined) turns.delete(turn)
      if (isHeld) held--
      free.push(lent)
      advance()
      if (isIdle()) for (const told of watchers.splice(0)) told()
    }
    return { lent, giveBack }
  }
  const advance = (): void => {
    while (free.length > 0 || made < limit) {
      const at = waiting.findIndex(isNext)
      const [next] = at < 0 ? [] : waiting.splice(at, 1)
      if (next === undefined) return
      next.admit(lend(next.wanted))
    }
  }
  return {
    enter: (wanted, signal) =>
      new Promise((resolve) => {
        const give = (loan: Loan<T> | undefined): void => {
          signal?.removeEventListener('abort', quit)
          resolve(loan)
        }
        const one: Waiting<T> = { wanted, admit: give }
        const quit = (): void => {
          waiting.splice(waiting.indexOf(one), 1)
          give(undefined)
        }
        signal?.addEventListener('abort', quit)
        waiting.push(one)
        advance()
      }),
    idle: () => (isIdle() ? Promise.resolve() : new Promise((resolve) => (watchers = [...watchers, resolve]))),
  }
}

/** Choices that depend on a seed alone. */
export type Dice = {
  /** A whole number from 0 up to `below`. */
  readonly roll: (below: number) => number
  readonly pick: <T>(list: readonly T[]) => T
  /** True once in `times`. */
  readonly once: (times: number) => boolean
}

/** By mulberry32. */
export const diceFrom = (seed: number): Dice => {
  let state = seed | 0
  const next = (): number => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
  const roll = (below: number): number => Math.floor(next() * below)
  return {
    roll,
    pick: <T>(list: readonly T[]): T => {
      const one = list[roll(list.length)]
      if (one === undefined) throw new Error('there is nothing to pick from')
      return one
    },
    once: (times) => roll(times) === 0,
  }
}

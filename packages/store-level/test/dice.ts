import { createHash } from 'node:crypto'

/** Choices that depend on a seed alone. Those of the conformance suite come with all its cases, which takes long to load. */
export type Dice = {
  /** From 0 up to 1. */
  readonly random: () => number
  /** A whole number from 0 up to `below`. */
  readonly roll: (below: number) => number
  readonly pick: <T>(list: readonly T[]) => T
  /** True once in `times`. */
  readonly once: (times: number) => boolean
}

export const diceFrom = (seed: number | string): Dice => {
  let drawn = 0
  const random = (): number =>
    createHash('sha256')
      .update(`${seed} ${(drawn += 1)}`)
      .digest()
      .readUInt32BE() /
    2 ** 32
  const roll = (below: number): number => Math.floor(random() * below)
  return {
    random,
    roll,
    pick: <T>(list: readonly T[]): T => {
      const one = list[roll(list.length)]
      if (one === undefined) throw new Error('there is nothing to pick from')
      return one
    },
    once: (times) => roll(times) === 0,
  }
}

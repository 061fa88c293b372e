/** Numbers that depend on a seed alone, the same on every host. */
export type Random = {
  /** A whole number from 0 up to `limit`, at most 2^32. */
  readonly below: (limit: number) => number
  /** True with this probability. */
  readonly happens: (probability: number) => boolean
  readonly pick: <T>(list: readonly T[]) => T
  /** Numbers of their own: how many are drawn from one stream does not change what another gives. */
  readonly fork: (name: string) => Random
}

/** FNV-1a. */
const hashed = (text: string, start: number): number => {
  let hash = start
  for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193)
  return hash >>> 0
}

/** By mulberry32. */
export const randomFrom = (seed: number): Random => {
  let state = seed | 0
  const next = (): number => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return (mixed ^ (mixed >>> 14)) >>> 0
  }
  const below = (limit: number): number => Math.floor((next() / 0x1_0000_0000) * limit)
  return {
    below,
    happens: (probability) => next() < probability * 0x1_0000_0000,
    pick: <T>(list: readonly T[]): T => {
      const one = list[below(list.length)]
      if (one === undefined) throw new Error('there is nothing to pick from')
      return one
    },
    fork: (name) => randomFrom(hashed(name, hashed(String(seed), 0x811c9dc5))),
  }
}

import * as fc from 'fast-check'

const given = Number.parseInt(process.env['VARVE_SEED'] ?? '', 10)

/** The seed of every random test: `VARVE_SEED`, or always the same one. A failing property prints it. */
export const seed = Number.isNaN(given) ? 20_240_229 : given

/** Checks a property; a failure says which seed brings it back. */
export const check = <T>(property: fc.IProperty<T>, numRuns: number): void => fc.assert(property, { seed, numRuns })

/** Checks a property whose runs are asynchronous. */
export const checkAsync = <T>(property: fc.IAsyncProperty<T>, numRuns: number): Promise<void> =>
  fc.assert(property, { seed, numRuns })

/** Numbers from 0 up to 1 that depend on the seed alone (mulberry32). */
export const randomFrom = (start: number): (() => number) => {
  let state = start | 0
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}

import * as fc from 'fast-check'

const given = Number.parseInt(process.env['VARVE_SEED'] ?? '', 10)

/** The seed of every random test: `VARVE_SEED`, or always the same one. A failing property prints it. */
export const seed = Number.isNaN(given) ? 20_240_229 : given

/** Checks a property; a failure says which seed brings it back. `isSlow`: the first counterexample will do. */
export const check = <T>(property: fc.IProperty<T>, numRuns: number, isSlow = false): void =>
  fc.assert(property, { seed, numRuns, includeErrorInReport: true, endOnFailure: isSlow })

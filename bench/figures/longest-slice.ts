import type { Context } from '../context.js'
import { figureOf, type Figure } from '../figure.js'

const limitMs = 30

/** The longest time for which the figures before this one kept the event loop from turning. */
export async function* longestSlice({ slices }: Context): AsyncGenerator<Figure> {
  const [worst] = slices.toSorted((a, b) => b.blockMs - a.blockMs)
  if (worst === undefined) return
  yield figureOf({
    name: 'longest slice of our own code',
    value: worst.blockMs,
    unit: 'ms',
    budget: { of: 'value', sign: '<=', limit: limitMs },
    details: { in: worst.figure },
  })
  yield figureOf({ name: 'longest garbage collection', value: Math.max(...slices.map(({ gcMs }) => gcMs)), unit: 'ms' })
}

import type { Context, Slices } from '../context.js'
import { figureOf, rounded, type Figure } from '../figure.js'

const limitMs = 30

const listed = (slices: readonly Slices[], pick: (each: Slices) => number): Readonly<Record<string, number>> =>
  Object.fromEntries(slices.map((each) => [each.figure, rounded(pick(each))]))

/** The longest time for which the figures before this one kept the event loop from turning. */
export async function* longestSlice({ slices }: Context): AsyncGenerator<Figure> {
  if (slices.length === 0) return
  yield figureOf({
    name: 'longest slice of our own code',
    value: Math.max(...slices.map(({ leastMs }) => leastMs)),
    unit: 'ms',
    budget: { of: 'value', sign: '<=', limit: limitMs },
    details: { least: listed(slices, ({ leastMs }) => leastMs), most: listed(slices, ({ mostMs }) => mostMs) },
  })
  yield figureOf({
    name: 'longest garbage collection',
    value: Math.max(...slices.map(({ gcMs }) => gcMs)),
    unit: 'ms',
    details: { in: listed(slices, ({ gcMs }) => gcMs) },
  })
}

/** What a figure has to keep to: its value, or its ratio to the peer. */
export type Budget = {
  readonly of: 'value' | 'ratio'
  readonly sign: '<=' | '>='
  readonly limit: number
}

/** One measured figure, as it is printed in one line of JSON. `ratio` is that of `value` to `peerValue`. */
export type Figure = {
  readonly name: string
  readonly value: number
  readonly unit: string
  readonly peer?: string
  readonly peerValue?: number
  readonly ratio?: number
  readonly budget?: string
  /** Whether the budget is kept; true where there is none. */
  readonly holds: boolean
  readonly node: string
  readonly [detail: string]: unknown
}

/** What a figure is made of. `ratio` is needed only where it is not that of the two values, such as a median of ratios. */
export type Measured = {
  readonly name: string
  readonly value: number
  readonly unit: string
  readonly peer?: { readonly name: string; readonly value: number }
  readonly ratio?: number
  readonly budget?: Budget
  /** Sizes, and other readings of the same run. */
  readonly details?: Readonly<Record<string, unknown>>
}

/** Four significant digits, which is more than a machine repeats. */
export const rounded = (value: number): number => Number(value.toPrecision(4))

/** The middle value; of an even number of values the mean of the two in the middle. */
export const median = (values: readonly number[]): number => {
  const sorted = values.toSorted((a, b) => a - b)
  const upper = sorted[sorted.length >> 1] ?? Number.NaN
  const lower = sorted[(sorted.length - 1) >> 1] ?? Number.NaN
  return (lower + upper) / 2
}

/** The value that `share` of the values do not exceed. */
export const percentile = (values: readonly number[], share: number): number =>
  values.toSorted((a, b) => a - b)[Math.ceil(values.length * share) - 1] ?? Number.NaN

const isKept = (budget: Budget | undefined, value: number, ratio: number | undefined): boolean => {
  if (budget === undefined) return true
  const measured = budget.of === 'value' ? value : (ratio ?? Number.NaN)
  return budget.sign === '<=' ? measured <= budget.limit : measured >= budget.limit
}

/** The figure of what was measured, judged by its budget. */
export const figureOf = ({ name, value, unit, peer, ratio: given, budget, details }: Measured): Figure => {
  const ratio = given ?? (peer === undefined ? undefined : value / peer.value)
  return {
    name,
    value: rounded(value),
    unit,
    ...(peer === undefined ? {} : { peer: peer.name, peerValue: rounded(peer.value) }),
    ...(ratio === undefined ? {} : { ratio: rounded(ratio) }),
    ...(budget === undefined ? {} : { budget: `${budget.of} ${budget.sign} ${rounded(budget.limit)}` }),
    holds: isKept(budget, value, ratio),
    node: process.version,
    ...details,
  }
}

import Table from 'cli-table3'
import type { Figure } from './figure.js'

const number = (value: number | undefined): string =>
  value === undefined ? '' : value.toLocaleString('en', { maximumFractionDigits: value < 10 ? 3 : 1 })

const right = (content: string): { readonly content: string; readonly hAlign: 'right' } => ({
  content,
  hAlign: 'right',
})

/** The figures as a table for people. */
export const tableOf = (figures: readonly Figure[]): string => {
  const table = new Table({
    head: ['figure', 'value', 'unit', 'peer', 'ratio', 'budget', ''],
    style: { head: [], border: [], compact: true },
  })
  for (const { name, value, unit, peer, peerValue, ratio, budget, holds } of figures) {
    table.push([
      name,
      right(number(value)),
      unit,
      peer === undefined ? '' : `${number(peerValue)} ${peer}`,
      right(number(ratio)),
      budget ?? '',
      budget === undefined ? '' : holds ? 'holds' : 'MISSED',
    ])
  }
  return table.toString()
}

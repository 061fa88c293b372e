import cliProgress from 'cli-progress'
import Table from 'cli-table3'
import pc from 'picocolors'
import type { Info, Intent, Recorded } from '@varve/core'
import { treeOf } from '../drawing/tree.js'

/** What a long run tells, as text for people or as one JSON object a line for machines. */
export type Report = {
  readonly step: (title: string) => void
  readonly note: (text: string) => void
  readonly event: (record: Recorded) => void
  readonly intent: (intent: Intent) => void
  readonly tree: (infos: readonly Info[]) => void
  /** A running count of bytes; the function answered ends it. */
  readonly bytes: (what: string, total: number) => { readonly done: (bytes: number) => void; readonly end: () => void }
  readonly table: (rows: Readonly<Record<string, string | number>>) => void
  readonly problem: (text: string) => void
}

const nameOf = ({ data }: Recorded): string => ('name' in data ? data.name : 'key' in data ? data.key : '')

export const mebibytes = (bytes: number): string => `${(bytes / 1_048_576).toFixed(1)} MiB`

const bar = (what: string, total: number): ReturnType<Report['bytes']> => {
  if (!process.stdout.isTTY) {
    let told = 0
    return {
      done: (bytes) => {
        const quarter = total === 0 ? 4 : Math.floor((bytes * 4) / total)
        if (quarter > told) console.log(`  ${what} ${mebibytes(bytes)} of ${mebibytes(total)}`)
        told = Math.max(told, quarter)
      },
      end: () => undefined,
    }
  }
  const format = `  ${what} {bar} {percentage}% ${mebibytes(total)}`
  const drawn = new cliProgress.SingleBar(
    { format, hideCursor: true, clearOnComplete: false },
    cliProgress.Presets.shades_classic,
  )
  drawn.start(Math.max(total, 1), 0)
  return { done: (bytes) => drawn.update(bytes), end: () => drawn.stop() }
}

/** For people: colours unless NO_COLOR is set or the output is no terminal. */
export const textReport = (): Report => ({
  step: (title) => console.log(`\n${pc.bold(title)}`),
  note: (text) => console.log(`  ${text}`),
  event: (record) =>
    console.log(`  ${pc.dim(String(record.seq).padStart(5))} ${record.type.padEnd(15)} ${nameOf(record)}`),
  intent: ({ type, layer }) => console.log(`        ${pc.magenta('→')} ${type} ${pc.dim(`layer ${layer}`)}`),
  tree: (infos) => console.log([pc.dim('  layers'), ...treeOf(infos)].join('\n')),
  bytes: bar,
  table: (rows) => {
    const table = new Table({ style: { head: [], border: [], compact: true } })
    for (const [name, value] of Object.entries(rows)) table.push([name, String(value)])
    console.log(`\n${table.toString()}`)
  },
  problem: (text) => console.error(pc.red(text)),
})

/** For machines. */
export const jsonReport = (): Report => {
  const line = (kind: string, fields: object): void => console.log(JSON.stringify({ kind, ...fields }))
  return {
    step: (title) => line('step', { title }),
    note: (text) => line('note', { text }),
    event: (record) => line('event', { record }),
    intent: (intent) => line('intent', { intent }),
    tree: (infos) => line('tree', { layers: infos }),
    bytes: (what, total) => ({
      done: () => undefined,
      end: () => line('bytes', { what, total }),
    }),
    table: (rows) => line('summary', rows),
    problem: (text) => line('problem', { text }),
  }
}

import { availableParallelism } from 'node:os'
import { withContext, type Context, type Group } from './context.js'
import type { Figure } from './figure.js'
import { acceptStep } from './figures/accept-step.js'
import { historyFigures } from './figures/history.js'
import { layerMemory, layers } from './figures/layers.js'
import { longestSlice } from './figures/longest-slice.js'
import { openRows } from './figures/open-rows.js'
import { replayFigures } from './figures/replay.js'
import { simulation } from './figures/simulate.js'
import { slowBackend } from './figures/slow-backend.js'
import { anchor, largeWritePath, writePath } from './figures/write-path.js'
import { tableOf } from './table.js'

/** What can be run by name, in this order. */
const groups: Readonly<Record<string, Group>> = {
  'accept-step': acceptStep,
  'write-path': writePath,
  anchor,
  replay: replayFigures,
  history: historyFigures,
  'open-rows': openRows,
  'large-write-path': largeWritePath,
  'slow-backend': slowBackend,
  simulate: simulation,
  layers,
  'layer-memory': layerMemory,
}

const options = ['--json', '--quick']

const printed = async (names: readonly string[], context: Context): Promise<readonly Figure[]> => {
  const figures: Figure[] = []
  for (const group of [...names.map((name) => groups[name] as Group), longestSlice]) {
    for await (const figure of group(context)) {
      figures.push(figure)
      console.log(JSON.stringify(figure))
    }
  }
  return figures
}

/**
 * Runs the figures named, or all of them; `--quick` with a tenth of the snapshots, events and rows, `--json` without the
 * table. Answers 0, 1 when a budget is missed, or 2 for arguments that mean nothing.
 */
export const main = async (argv: readonly string[]): Promise<number> => {
  const names = argv.filter((word) => !options.includes(word))
  const unknown = names.filter((name) => !Object.hasOwn(groups, name))
  if (unknown.length > 0) {
    const known = [...Object.keys(groups), ...options].join(', ')
    console.error(`bench does not know ${unknown.join(', ')}; it knows ${known}`)
    return 2
  }
  const chosen = names.length > 0 ? Object.keys(groups).filter((name) => names.includes(name)) : Object.keys(groups)
  const start = performance.now()
  const figures = await withContext(argv.includes('--quick'), (context) => printed(chosen, context))
  const missed = figures.filter(({ holds }) => !holds)
  if (!argv.includes('--json')) {
    console.log(tableOf(figures))
    const seconds = Math.round((performance.now() - start) / 1_000)
    console.log(`node ${process.version}, ${availableParallelism()} processors, ${seconds} s`)
  }
  for (const { name, budget } of missed) console.error(`missed: ${name} (${budget})`)
  return missed.length > 0 ? 1 : 0
}

import * as E from 'fp-ts/lib/Either.js'
import { openSnapshotter, type Backend, type Snapshotter } from '@varve/core'
import { levelStore } from '@varve/store-level'
import { noteSlices, scaled, type Context } from '../context.js'
import { figureOf, median, rounded, type Figure } from '../figure.js'
import { instantBackend } from '../support/backend.js'
import { heapInUse } from '../support/heap.js'
import { must } from '../support/must.js'
import { nameOf } from '../support/population.js'
import { watched } from '../support/watch.js'

const limitSeconds = 5
const foundLayers = 1_000

/** A backend whose root holds the youngest layers, so that opening has to tell which of them the log knows. */
const backendWithLayers = (rows: number): Backend => {
  const found = Array.from({ length: foundLayers }, (_, index) => ({ id: rows - index, retired: false }))
  return {
    ...instantBackend(),
    open: (owner) => async () => {
      const unclaimed = await owner.unclaimed(found)
      if (unclaimed.length > 0) throw new Error(`${unclaimed.length} layers of the population were not claimed`)
      return E.right({ quarantined: [] })
    },
  }
}

const open = (directory: string, backend: Backend): Promise<Snapshotter> =>
  openSnapshotter({ store: levelStore(directory), backend })().then(must)

/** Opens a log from checkpoint rows. */
export async function* openRows(context: Context): AsyncGenerator<Figure> {
  const rows = context.large
  const directory = await context.population(rows)
  for (const [name, backendOf] of [
    [`open from ${rows} rows`, () => instantBackend()],
    [`open from ${rows} rows, layers on the disk`, backendWithLayers],
  ] as const) {
    const rounds = []
    const before = heapInUse()
    let heap = 0
    for (let round = 0; round < 3; round++) {
      const { result: snapshotter, ...run } = await watched(() => open(directory, backendOf(rows)))
      if (round === 0) heap = heapInUse() - before
      must(await snapshotter.stat(nameOf(rows - 1))())
      must(await snapshotter.close()())
      rounds.push(run)
    }
    noteSlices(context, name, rounds)
    yield figureOf({
      name,
      value: median(rounds.map(({ wallMs, queuedMs }) => wallMs - queuedMs)) / 1_000,
      unit: 's',
      budget: { of: 'value', sign: '<=', limit: scaled(context, limitSeconds) },
      details: {
        rows,
        wallSeconds: rounded(median(rounds.map(({ wallMs }) => wallMs)) / 1_000),
        userSeconds: rounded(median(rounds.map(({ userMs }) => userMs)) / 1_000),
        heapBytesPerRow: Math.round(heap / rows),
      },
    })
  }
}

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { find, initialState, openSnapshotter } from '@varve/core'
import { levelStore } from '@varve/store-level'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { figureOf, median, percentile } from '../figure.js'
import { main } from '../main.js'
import { instantBackend } from '../support/backend.js'
import { growth } from '../support/history.js'
import { must } from '../support/must.js'
import { childrenOf, nameOf, snapshotOf, someLayer } from '../support/population.js'
import { writePopulation } from '../support/population-store.js'
import { watched } from '../support/watch.js'

const holds = (value: number, peer: number, of: 'value' | 'ratio', sign: '<=' | '>=', limit: number): boolean =>
  figureOf({ name: 'x', value, unit: 'us', peer: { name: 'y', value: peer }, budget: { of, sign, limit } }).holds

test('a figure is judged by its value or by its ratio, in the direction of its budget', () => {
  assert.is(holds(15, 1, 'value', '<=', 15), true)
  assert.is(holds(16, 1, 'value', '<=', 15), false)
  assert.is(holds(6, 10, 'ratio', '>=', 0.6), true)
  assert.is(holds(5, 10, 'ratio', '>=', 0.6), false)
  assert.is(holds(Number.NaN, 10, 'ratio', '>=', 0.6), false)
})

test('median and percentile', () => {
  assert.is(median([5, 1, 3]), 3)
  assert.is(median([4, 1, 3, 2]), 2.5)
  assert.is(percentile([3, 1, 2], 1), 3)
  assert.is(
    percentile(
      Array.from({ length: 100 }, (_, index) => index + 1),
      0.99,
    ),
    99,
  )
})

test('an unknown name is refused', async () => {
  assert.is(await main(['no-such-figure']), 2)
})

test('a slice that keeps the event loop from turning is seen', async () => {
  const busy = async (ms: number): Promise<void> => {
    const before = process.cpuUsage()
    while (process.cpuUsage(before).user < ms * 1_000);
  }
  const { blockMs } = await watched(() => busy(60))
  assert.ok(blockMs >= 30, `60 ms were seen as ${blockMs}`)
})

test('the rows of a population open to the population that its history leads to', async () => {
  const directory = join(mkdtempSync(join(tmpdir(), 'varve-bench-test-')), 'log')
  const size = 200
  try {
    const store = levelStore(await writePopulation(directory, size))
    const snapshotter = must(await openSnapshotter({ store, backend: instantBackend() })())
    let count = 0
    for await (const info of snapshotter.walk()) count += must(info).name === '' ? 0 : 1
    assert.is(count, size)
    must(await snapshotter.prepare('new', { parent: someLayer(7, size) })())
    must(await snapshotter.close()())
  } finally {
    rmSync(join(directory, '..'), { recursive: true })
  }
  const [last] = [...growth(initialState('bind'), 0, size)].slice(-1)
  const children = childrenOf(size)
  for (const index of [0, 10, 11, size - 1]) {
    const grown = must(find(last?.state ?? initialState('bind'), nameOf(index)))
    const { created, updated } = grown
    assert.equal(grown, { ...snapshotOf(index, children[index] ?? 0), created, updated })
  }
})

test.run()

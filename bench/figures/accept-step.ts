import { initialState, step, type Command, type State } from '@varve/core'
import { Bench } from 'tinybench'
import type { Context } from '../context.js'
import { figureOf, rounded, type Figure } from '../figure.js'
import { heapInUse } from '../support/heap.js'
import { growth } from '../support/history.js'
import { must, turn } from '../support/must.js'
import { labels, someLayer } from '../support/population.js'
import { openQueueClock } from '../support/watch.js'

const eventsPerTurn = 1_000
const commandCount = 65_536
const acceptedTogether = 64
const stepsPerSample = 4_096
const measuredMs = 3_000
const limitUs = 15
const growthLimit = 4

const grown = async (from: State, first: number, size: number): Promise<State> => {
  let state = from
  let events = 0
  for (const moment of growth(from, first, size)) {
    state = moment.state
    if (++events % eventsPerTurn === 0) await turn()
  }
  return state
}

const commandsFor = (size: number): readonly Command[] =>
  Array.from({ length: commandCount }, (_, index) => ({
    type: 'Prepare',
    key: `new ${index}`.padEnd(64, '.'),
    parent: someLayer(index, size),
    labels,
  }))

type Stepping = { readonly us: number; readonly meanUs: number; readonly p99Us: number; readonly samples: number }

/**
 * Accepts Prepare after Prepare, each on some layer; after as many as a group holds it begins again from the same state. A
 * sample is the mean of as many steps as fill the young generation of the heap, so that its collection is in every sample.
 */
const stepping = async (start: State, size: number): Promise<Stepping> => {
  const commands = commandsFor(size)
  const queue = openQueueClock()
  const bench = new Bench({ time: measuredMs, warmupTime: 300, throws: true })
  let count = 0
  let now = 1_800_000_000_000_000_000n
  bench.add('accept', () => {
    let state = start
    const queuedBefore = queue.read()
    const from = performance.now()
    for (let each = 0; each < stepsPerSample; each++) {
      if (each % acceptedTogether === 0) state = start
      state = must(step(state, commands[count++ % commandCount] as Command, ++now)).state
    }
    const elapsed = performance.now() - from
    const ran = Math.max(0, elapsed - (queue.read() - queuedBefore))
    return { overriddenDuration: ran / stepsPerSample, overriddenIterationCost: elapsed }
  })
  heapInUse()
  await bench.run()
  queue.close()
  const result = bench.tasks[0]?.result
  if (result?.state !== 'completed') throw new Error(`the accept step was not measured: ${result?.state ?? 'no task'}`)
  const { mean, p50, p99, samplesCount } = result.latency
  return { us: p50 * 1_000, meanUs: rounded(mean * 1_000), p99Us: rounded(p99 * 1_000), samples: samplesCount }
}

/** `step` on a decoded Prepare with a parent, at growing sizes of the state; and what a snapshot takes of the heap. */
export async function* acceptStep(context: Context): AsyncGenerator<Figure> {
  const before = heapInUse()
  let state = initialState('bind')
  let made = 0
  let smallest: number | undefined
  for (const size of [1e3, 1e4, 1e5, 1e6].filter((each) => each <= context.large)) {
    state = await grown(state, made, size)
    made = size
    const { us, ...details } = await stepping(state, size)
    smallest ??= us
    yield figureOf({
      name: `accept step at ${size} snapshots`,
      value: us,
      unit: 'us',
      peer: { name: 'at 1000', value: smallest },
      ...(size === context.large ? { budget: { of: 'value', sign: '<=', limit: limitUs } } : {}),
      details: { snapshots: size, ...details },
    })
    if (size !== context.large) continue
    yield figureOf({
      name: `accept step, growth from 1000 to ${size}`,
      value: us / smallest,
      unit: 'x',
      budget: { of: 'value', sign: '<=', limit: growthLimit },
      details: { snapshots: size },
    })
  }
  const bytes = heapInUse() - before
  yield figureOf({
    name: 'memory per snapshot',
    value: bytes / made,
    unit: 'bytes',
    details: { snapshots: made, heapMiB: Math.round(bytes / 2 ** 20), lastSeq: state.seq },
  })
}

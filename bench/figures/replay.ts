import { initialState, noHash, replayFrom, type EventStore, type Replayed } from '@varve/core'
import { levelStore } from '@varve/store-level'
import { noteSlices, scaled, type Context } from '../context.js'
import { figureOf, median, rounded, type Figure } from '../figure.js'
import { writeHistory } from '../support/history-store.js'
import { must, turn } from '../support/must.js'
import { watched } from '../support/watch.js'

const limitSeconds = 8

const read = async (store: EventStore, each: (texts: readonly string[]) => void): Promise<void> => {
  for await (const texts of store.read(0)) {
    each(must(texts))
    await turn()
  }
}

type Replay = { readonly replayed: Replayed; readonly longestCallMs: number }

const replayAll = async (store: EventStore): Promise<Replay> => {
  let replayed: Replayed = { state: initialState('bind'), hash: noHash }
  let longestCallMs = 0
  await read(store, (texts) => {
    const start = performance.now()
    replayed = must(replayFrom(replayed, texts, store.sha256))
    longestCallMs = Math.max(longestCallMs, performance.now() - start)
  })
  return { replayed, longestCallMs }
}

/** Reads a log from LevelDB, checks its chain and folds it, in turns with reading alone. */
export async function* replayFigures(context: Context): AsyncGenerator<Figure> {
  const events = context.large
  const store = levelStore(context.newDirectory('history'))
  const head = await writeHistory(store, events)
  const rounds = []
  let live = 0
  for (let round = 0; round < 3; round++) {
    const reading = await watched(() => read(store, () => undefined))
    const { result, ...run } = await watched(() => replayAll(store))
    const { state, hash } = result.replayed
    if (state.seq !== head.seq || hash !== head.hash)
      throw new Error(`the replay ended at ${state.seq}, not ${head.seq}`)
    live = state.snapshots.size
    rounds.push({ ...run, readMs: reading.wallMs - reading.queuedMs, callMs: result.longestCallMs })
  }
  must(await store.close()())
  noteSlices(context, 'replay', rounds)
  yield figureOf({
    name: `replay and verify ${events} events`,
    value: median(rounds.map(({ wallMs, queuedMs }) => wallMs - queuedMs)) / 1_000,
    unit: 's',
    peer: { name: 'reading alone', value: median(rounds.map(({ readMs }) => readMs)) / 1_000 },
    budget: { of: 'value', sign: '<=', limit: scaled(context, limitSeconds) },
    details: {
      events,
      snapshots: live,
      wallSeconds: rounded(median(rounds.map(({ wallMs }) => wallMs)) / 1_000),
      userSeconds: rounded(median(rounds.map(({ userMs }) => userMs)) / 1_000),
      longestCallMs: rounded(Math.min(...rounds.map(({ callMs }) => callMs))),
    },
  })
}

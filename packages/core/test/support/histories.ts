import * as E from 'fp-ts/lib/Either.js'
import { openHistory, replayFrom, type Decided, type History, type State } from '@varve/core'
import { attached, layer, logCreated, prepared, updated } from './events.js'
import { beginning, sealed, sha256 } from './logs.js'
import { arrayStore } from './memory.js'
import { ok } from './runtime.js'
import { decidedAfter, stateOf } from './spec.js'

/** The events in their places. */
export const decided = (events: Parameters<typeof stateOf>[0]): readonly Decided[] => {
  let state = stateOf([])
  return events.map((event) => {
    const next = decidedAfter(state, event)
    state = stateOf([event], 'bind', state)
    return next
  })
}

/** A store that holds these records. */
export const storeOf = (texts: readonly string[]): ReturnType<typeof arrayStore> => {
  const store = arrayStore()
  store.texts.push(...texts)
  return store
}

export const historyOf = (texts: readonly string[]): Promise<History> => ok(openHistory(storeOf(texts)))

/** The prefix of a log, folded. */
export const prefix = (texts: readonly string[], seq: number): State => {
  const result = replayFrom(beginning(), texts.slice(0, seq), sha256)
  if (E.isLeft(result)) throw new Error(result.left.message)
  return result.right.state
}

/** A log over several roots, in which every record changes something. */
export const longLog = sealed(
  decided([
    logCreated,
    ...layer(1, 'base'),
    ...Array.from({ length: 3_400 }, (_, index) => updated('base', { n: String(index) })),
    ...prepared(2, 'a', { parent: 'base' }),
    ...attached(2, 'a'),
  ]),
)

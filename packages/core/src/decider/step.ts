import * as E from 'fp-ts/lib/Either.js'
import type { Cause, Decided, Event } from '../model/event.js'
import type { Rejection } from '../model/fault.js'
import type { Intent } from '../model/intent.js'
import { timestampAfter } from '../model/time.js'
import type { State } from '../state/state.js'
import { decide, type Input } from './decide.js'
import { evolve } from './evolve.js'
import { intentsOf } from './intents.js'

/** What one input leads to: the events to record, the intents to perform once those are durable, the state then. */
export type Stepped = {
  readonly state: State
  readonly recorded: readonly Decided[]
  readonly intents: readonly Intent[]
}

const causeOf = (input: Input, firstSeq: number): Cause => {
  if (input.type === 'Succeeded' || input.type === 'Failed') return { id: input.intent }
  return input.by === undefined ? { id: String(firstSeq) } : { id: String(firstSeq), by: input.by }
}

/** Data is shared by the state, the log, listeners and backends: nobody may change it. */
const frozen = <T extends object>(data: T): T => {
  for (const field of Object.values(data)) Object.freeze(field)
  return Object.freeze(data)
}

/** Adds events that no input leads to, such as the log's first. */
export const recordAll = (state: State, events: readonly Event[], cause: Cause, now: bigint): Stepped => {
  const recorded: Decided[] = []
  const intents: Intent[] = []
  let next = state
  for (const event of events) {
    const at = timestampAfter(next.at, now)
    const decided = { type: event.type, data: frozen(event.data), seq: next.seq + 1, at, cause } as Decided
    next = evolve(next, decided)
    recorded.push(decided)
    intents.push(...intentsOf(next, decided))
  }
  return { state: next, recorded, intents }
}

/**
 * One whole turn of a snapshotter as a pure function: decide, evolve, derive the intents. `now` is nanoseconds since 1970;
 * events get later times than every earlier event even when `now` does not. A custom runtime makes `recorded` durable, then
 * performs `intents`, and steps again with each outcome.
 */
export const step = (state: State, input: Input, now: bigint): E.Either<Rejection, Stepped> => {
  const events = decide(state, input)
  return E.isLeft(events) ? events : E.right(recordAll(state, events.right, causeOf(input, state.seq + 1), now))
}

import * as E from 'fp-ts/lib/Either.js'
import * as assert from 'uvu/assert'
import {
  evolve,
  initialState,
  nanosecondsOf,
  step,
  timestamp,
  type Decided,
  type Event,
  type EventType,
  type Input,
  type Intent,
  type Profile,
  type Rejection,
  type State,
  type Stepped,
} from '@varve/core'
import { entries } from '../../src/state/table.js'

const firstSecond = nanosecondsOf('2024-02-28T23:59:50.000000000Z')

/** The time of a test's event number `seq`: one second after the one before. */
export const timeOf = (seq: number): bigint => firstSecond + BigInt(seq) * 1_000_000_000n

/** The events that each event may end. */
const ends: Partial<Record<EventType, readonly EventType[]>> = {
  Prepared: ['PrepareAccepted'],
  PrepareFailed: ['PrepareAccepted'],
  Committed: ['CommitAccepted'],
  CommitFailed: ['CommitAccepted'],
  Removed: ['RemoveAccepted'],
  RemoveFailed: ['RemoveAccepted'],
  Destroyed: ['PrepareFailed', 'Removed'],
  Attached: ['AttachAccepted'],
  AttachFailed: ['AttachAccepted'],
  Detached: ['DetachAccepted'],
  DetachFailed: ['DetachAccepted'],
  Applied: ['ApplyAccepted'],
  ApplyFailed: ['ApplyAccepted'],
}

const layerOf = (event: Event): number => ('id' in event.data ? event.data.id : 0)

/** The intent that one of these events asked for, on the layer that the event is about. */
const intentBefore = (state: State, event: Event, asked: readonly EventType[]): string => {
  for (const [intent, asking] of entries(state.outstanding)) {
    if (asking.data.id === layerOf(event) && asked.includes(asking.type)) return intent
  }
  throw new Error(`the history has ${event.type} of layer ${layerOf(event)}, which nothing asked for`)
}

const causeOf = (state: State, event: Event): string => {
  const asked = ends[event.type]
  return asked === undefined ? String(state.seq + 1) : intentBefore(state, event, asked)
}

/** A cancel that names no intent is that of whatever it can be. */
const named = (state: State, event: Event): Event =>
  event.type === 'CancelAccepted' && event.data.intent === ''
    ? { ...event, data: { ...event.data, intent: intentBefore(state, event, ['CommitAccepted', 'ApplyAccepted']) } }
    : event

/** The event in its place after the state, one second later. */
export const decidedAfter = (state: State, event: Event): Decided => {
  const seq = state.seq + 1
  return { ...named(state, event), seq, at: timestamp(timeOf(seq)), cause: { id: causeOf(state, event) } }
}

/** Folds events; the end of an intent finds the event that asked for it. */
export const stateOf = (events: readonly Event[], profile: Profile = 'bind', from = initialState(profile)): State =>
  events.reduce((state, event) => evolve(state, decidedAfter(state, event)), from)

type History = readonly (Event | readonly Event[])[]

type Then = {
  /** The state after the events that the input led to. */
  readonly state: State
  readonly intents: readonly Intent[]
  readonly thenEvents: (...expected: readonly Event[]) => Then
  readonly thenIntents: (...expected: readonly Intent[]) => Then
  /** Refused so, with a message that ends as given. */
  readonly thenRefused: (tag: Rejection['_tag'], ending: string) => Rejection
}

export type Given = {
  readonly state: State
  readonly when: (input: Input) => Then
}

const bare = ({ type, data }: Decided): unknown => ({ type, data })

const thenOf = (result: E.Either<Rejection, Stepped>): Then => {
  const stepped = (): Stepped => {
    if (E.isLeft(result)) throw new Error(`refused with ${result.left._tag}: ${result.left.message}`)
    return result.right
  }
  const then: Then = {
    get state() {
      return stepped().state
    },
    get intents() {
      return stepped().intents
    },
    thenEvents: (...expected) => {
      assert.equal(stepped().recorded.map(bare), expected)
      return then
    },
    thenIntents: (...expected) => {
      assert.equal(stepped().intents, expected)
      return then
    },
    thenRefused: (tag, ending) => {
      if (E.isRight(result)) throw new Error(`accepted, with ${result.right.recorded.map(({ type }) => type).join()}`)
      const { left } = result
      assert.is(left._tag, tag, left.message)
      assert.is(left.message.slice(-ending.length), ending)
      return left
    },
  }
  return then
}

/** A specification of the decider: after this history, this input leads to these events or is refused like this. */
export const given = (...history: History): Given => givenIn('bind', ...history)

export const givenIn = (profile: Profile, ...history: History): Given => {
  const state = stateOf(history.flat(), profile)
  return { state, when: (input) => thenOf(step(state, input, timeOf(state.seq + 1))) }
}

import * as E from 'fp-ts/lib/Either.js'
import * as assert from 'uvu/assert'
import {
  evolve,
  initialState,
  step,
  type Decided,
  type Event,
  type Input,
  type Intent,
  type Profile,
  type Rejection,
  type State,
  type Stepped,
} from '@varve/core'
import { decidedAfter, timeOf } from '../../src/log/given.js'

export { decidedAfter, timeOf }

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

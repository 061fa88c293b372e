import * as E from 'fp-ts/lib/Either.js'
import { evolve } from '../decider/evolve.js'
import type { Input } from '../decider/decide.js'
import { step } from '../decider/step.js'
import type { Command } from '../model/command.js'
import { decodeCommand } from '../model/decode-command.js'
import { differences } from '../model/differences.js'
import type { Decided, Event, EventType } from '../model/event.js'
import type { Rejection } from '../model/fault.js'
import type { IntentId, Outcome } from '../model/intent.js'
import type { Profile } from '../model/snapshot.js'
import { nanosecondsOf, timestamp } from '../model/time.js'
import { initialState, type State } from '../state/state.js'
import { entries } from '../state/table.js'
import { versions } from './versions.js'

const firstSecond = nanosecondsOf('2024-02-28T23:59:50.000000000Z')

/** The time of event number `seq` of a specification: one second after the one before. */
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
const intentBefore = (state: State, event: Event, asked: readonly EventType[]): IntentId => {
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

/** How an intent ended. Without `intent`: the only one that is outstanding. */
export type GivenOutcome = Outcome extends infer O
  ? O extends Outcome
    ? Omit<O, 'intent'> & { readonly intent?: IntentId }
    : never
  : never

/** What an input is to be refused with. Fields left out may be anything. */
export type ExpectedRejection = {
  readonly _tag: Rejection['_tag']
  readonly message?: string
  readonly field?: string
  readonly value?: string
  readonly intent?: string
}

/** A specification that lacks what is expected. `then` throws an Error that tells every difference, or returns. */
export type When = { readonly then: (expected: readonly Event[] | ExpectedRejection) => void }

/** A specification that lacks its input, which is decoded as the runtime does it. */
export type Given = { readonly when: (input: Command | GivenOutcome) => When }

const after = (state: State, event: Event): State => {
  const place = `event ${state.seq + 1} of the history, ${event.type},`
  if (versions.codecs[`${event.type}@${versions.newest[event.type]}`]?.is(event.data) !== true) {
    throw new Error(`${place} has not the data of its type: ${JSON.stringify(event.data)}`)
  }
  try {
    return evolve(state, decidedAfter(state, event))
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new Error(`${place} does not fit what comes before it: ${reason}`, { cause })
  }
}

const onlyIntent = (state: State): IntentId => {
  const intents = [...entries(state.outstanding)].map(([intent]) => intent)
  const [only] = intents
  if (only !== undefined && intents.length === 1) return only
  throw new Error(`the outcome has to name its intent: ${intents.length} are outstanding (${intents.join(', ')})`)
}

const inputOf = (state: State, given: Command | GivenOutcome): E.Either<Rejection, Input> =>
  given.type === 'Succeeded' || given.type === 'Failed'
    ? E.right({ ...given, intent: given.intent ?? onlyIntent(state) })
    : decodeCommand(given)

const decided = (state: State, given: Command | GivenOutcome): E.Either<Rejection, readonly Event[]> => {
  const input = inputOf(state, given)
  if (E.isLeft(input)) return input
  const stepped = step(state, input.right, timeOf(state.seq + 1))
  return E.isLeft(stepped)
    ? stepped
    : E.right(stepped.right.recorded.map(({ type, data }) => ({ type, data }) as Event))
}

const shown = (value: unknown): string => (value === undefined ? 'nothing' : JSON.stringify(value))

const typesIn = (events: readonly Event[]): string => events.map(({ type }) => type).join(', ') || 'no events'

const outcomeText = (result: E.Either<Rejection, readonly Event[]>): string =>
  E.isLeft(result) ? `was refused: ${result.left._tag}, ${result.left.message}` : `led to ${typesIn(result.right)}`

const missedEvents = (expected: readonly Event[], got: readonly Event[]): readonly string[] =>
  Array.from({ length: Math.max(expected.length, got.length) }, (_, index) => index).flatMap((index) =>
    [...differences(expected[index], got[index])].map(
      ({ path, before, after: found }) =>
        `event ${index + 1}${path === '' ? '' : `, ${path}`}: expected ${shown(before)}, got ${shown(found)}`,
    ),
  )

const missedRejection = (expected: ExpectedRejection, got: Rejection): readonly string[] =>
  Object.entries(expected).flatMap(([field, value]) => {
    const found = (got as unknown as Readonly<Record<string, unknown>>)[field]
    return value === undefined || value === found ? [] : [`${field}: expected ${shown(value)}, got ${shown(found)}`]
  })

const missed = (
  expected: readonly Event[] | ExpectedRejection,
  got: E.Either<Rejection, readonly Event[]>,
): readonly string[] => {
  if (!('_tag' in expected))
    return E.isLeft(got) ? [`expected ${typesIn(expected)}`] : missedEvents(expected, got.right)
  return E.isLeft(got) ? missedRejection(expected, got.left) : [`expected to be refused: ${expected._tag}`]
}

/**
 * A specification as a plain function, for any runner: after these events, this input leads to those events, or is refused like
 * that. Events are `{ type, data }` as in a log; numbers, times and causes are filled in.
 *
 *     given([…]).when({ type: 'Remove', key: 'a' }).then({ _tag: 'NotFound' })
 */
export const given = (events: readonly Event[], { profile = 'bind' }: { readonly profile?: Profile } = {}): Given => {
  const state = events.reduce(after, initialState(profile))
  return {
    when: (input) => {
      const got = decided(state, input)
      return {
        // oxlint-disable-next-line unicorn/no-thenable -- the word that specifications are written with
        then: (expected) => {
          if (typeof expected === 'function') throw new Error('a specification is not a promise: do not await it')
          const lines = missed(expected, got)
          if (lines.length === 0) return
          throw new Error([`${input.type}, after ${events.length} events, ${outcomeText(got)}`, ...lines].join('\n  '))
        },
      }
    },
  }
}

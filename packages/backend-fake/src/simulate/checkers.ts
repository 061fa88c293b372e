import type { Info, Intent } from '@varve/core/ports'
import type { Recorded, Refused } from '@varve/core'
import type * as E from 'fp-ts/lib/Either.js'
import type { Action } from './case.js'
import type { Machine } from './machine.js'
import { answerCheckers } from './check-answers.js'
import { courseCheckers } from './check-courses.js'
import { markCheckers } from './check-marks.js'
import { recordCheckers } from './check-records.js'
import { restCheckers } from './check-rest.js'

/** How a command ended, as its client was told. `by` is in the events that it led to. */
export type Answered = {
  readonly action: Action
  readonly by: string
  /** Its place among all commands, in the order in which they were sent. */
  readonly place: number
  /** Number of the last record when it was sent. */
  readonly since: number
  readonly answer: E.Either<Refused | { readonly _tag: string; readonly message: string }, unknown>
}

/** What a snapshotter says of itself when it is at rest. */
export type Rested = {
  readonly infos: readonly Info[]
  /** Names of snapshots whose removal would be accepted. */
  readonly removable: ReadonlySet<string>
}

/**
 * Something that has to hold, with a look at each kind of moment where it can be seen to be broken. A look answers what is
 * wrong, undefined when nothing is.
 */
export type Checker = {
  readonly name: string
  /** A record is durable; the model is as it was before it. */
  readonly record?: (machine: Machine, record: Recorded) => string | undefined
  /** A run of an intent begins. */
  readonly intent?: (machine: Machine, intent: Intent) => string | undefined
  readonly answer?: (machine: Machine, answered: Answered) => string | undefined
  /** A process has opened the log. */
  readonly opened?: (machine: Machine) => string | undefined
  /** Nothing is under way, nothing is owed. */
  readonly rest?: (machine: Machine, rested: Rested) => string | undefined
}

export const checkers: readonly Checker[] = [
  ...recordCheckers,
  ...markCheckers,
  ...answerCheckers,
  ...courseCheckers,
  ...restCheckers,
]

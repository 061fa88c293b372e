import * as E from 'fp-ts/lib/Either.js'
import { Subject } from 'rxjs'
import type { Input } from '../decider/decide.js'
import { foresee } from '../decider/plan.js'
import { intentOf } from '../decider/intents.js'
import { step, type Stepped } from '../decider/step.js'
import { blockersOf, touchesOf } from '../decider/touches.js'
import type { Command } from '../model/command.js'
import type { Recorded } from '../model/event.js'
import { aborted, closed, overloaded, storeFault, type Failure, type StoreFault } from '../model/fault.js'
import type { Intent, Outcome } from '../model/intent.js'
import { get } from '../state/table.js'
import type { State } from '../state/state.js'
import type { Plan, Refused } from './face.js'
import { openJournal, type Journal, type JournalStart } from './journal.js'
import { queueLimit } from './limits.js'
import { openParking, type Parked } from './parking.js'
import { openPerformer, type Performer } from './performer.js'
import type { Backend, Progress } from './ports.js'

/** Ends a command: with the state in which it is complete, or with why it is not. */
type Answer = (result: E.Either<Refused, State>) => void

/** The moving part of a snapshotter: commands in, events to the journal, intents to the backend, outcomes back in. */
export type Engine = {
  readonly journal: Journal
  readonly performer: Performer
  readonly events$: Subject<Recorded>
  readonly intents$: Subject<Intent>
  readonly progress$: Subject<Progress>
  /** Runs a decoded command to its end. The signal ends the waiting of the caller, and a parked command. */
  readonly dispatch: (command: Command, signal?: AbortSignal) => Promise<E.Either<Refused, State>>
  /** Records events that no command leads to. */
  readonly record: (stepped: Stepped) => Promise<E.Either<Refused, State>>
  readonly plan: (command: Command) => E.Either<Refused, Plan>
  /** Ends the parked commands; from now on only `dispatch` of the engine's owner is to be called. */
  readonly endParked: () => void
}

export const openEngine = (start: Omit<JournalStart, 'onDurable'> & { readonly backend: Backend }): Engine => {
  const { clock, backend } = start
  const events$ = new Subject<Recorded>()
  const intents$ = new Subject<Intent>()
  const progress$ = new Subject<Progress>()
  const parking = openParking()
  const answers = new Map<string, Answer>()
  let unanswered = 0

  const onDurable = (records: readonly Recorded[], steps: readonly Stepped[]): void => {
    for (const record of records) events$.next(record)
    for (const { intents } of steps) for (const intent of intents) performer.perform(intent)
  }
  const journal = openJournal({ ...start, onDurable })

  const stopFault = (): StoreFault => journal.fault() ?? storeFault('the log could not be written', 'UNEXPECTED')

  const failEverything = (): void => {
    const fault = stopFault()
    for (const answer of answers.values()) answer(E.left(fault))
    answers.clear()
    for (const { end } of parking.clear()) end(E.left(fault))
  }

  /** Gives the step to the journal; `then` runs once it is durable, a fault has failed everything. */
  const take = (stepped: Stepped, then: () => void): void =>
    journal.take(stepped, (fault) => (fault === undefined ? then() : failEverything()))

  /** One step from the accepted state. A rule that throws is a fault of the library: nothing is written after it. */
  const stepNow = (input: Input): ReturnType<typeof step> | undefined => {
    try {
      return journal.fault() === undefined ? step(journal.accepted(), input, clock.now()) : undefined
    } catch (cause) {
      journal.fail(cause)
      failEverything()
      return undefined
    }
  }

  const onOutcome = (outcome: Outcome): void => {
    const stepped = stepNow(outcome)
    if (stepped === undefined || E.isLeft(stepped) || stepped.right.recorded.length === 0) return
    const result: E.Either<Failure, State> =
      outcome.type === 'Succeeded' ? E.right(stepped.right.state) : E.left(outcome.failure)
    take(stepped.right, () => {
      answers.get(outcome.intent)?.(result)
      answers.delete(outcome.intent)
    })
    parking.retry()
  }

  const performer = openPerformer({
    backend,
    clock,
    onStart: (intent) => intents$.next(intent),
    onProgress: (progress) => progress$.next(progress),
    onOutcome,
  })

  /** Decides now; answers when durable, or when the intent has ended. False: the command has to wait. */
  const attempt = (command: Command, answer: Answer): boolean => {
    const stepped = stepNow(command)
    if (stepped === undefined) {
      answer(E.left(stopFault()))
      return true
    }
    if (E.isLeft(stepped)) {
      if (stepped.left._tag === 'Unavailable') return false
      void journal.settled().then((lost) => answer(E.left(lost ?? stepped.left)))
      return true
    }
    const { recorded, intents, state } = stepped.right
    const [intent] = intents
    if (intent !== undefined) {
      answers.set(intent.id, answer)
      take(stepped.right, () => undefined)
    } else if (recorded.length > 0) {
      journal.take(stepped.right, (lost) => answer(lost === undefined ? E.right(state) : E.left(lost)))
    } else {
      void journal.settled().then((lost) => answer(lost === undefined ? E.right(state) : E.left(lost)))
    }
    return true
  }

  const dispatch = (command: Command, signal?: AbortSignal): Promise<E.Either<Refused, State>> =>
    new Promise((resolve) => {
      if (signal?.aborted === true) return resolve(E.left(aborted(signal.reason)))
      if (unanswered >= queueLimit) {
        const message = `${unanswered} commands are unanswered, which is the limit; send ${command.type} again when some have ended`
        return resolve(E.left(overloaded(message)))
      }
      unanswered++
      const answer: Answer = (result) => {
        unanswered--
        signal?.removeEventListener('abort', onAbort)
        resolve(result)
      }
      const touches = touchesOf(command)
      const parked: Parked = {
        command,
        touches,
        retry: () => (attempt(command, answer) ? 'done' : 'waits'),
        end: answer,
      }
      const onAbort = (): void => {
        if (parking.leave(parked)) answer(E.left(aborted(signal?.reason)))
        else resolve(E.left(aborted(signal?.reason)))
      }
      signal?.addEventListener('abort', onAbort, { once: true })
      if (parking.isBehind(touches) || !attempt(command, answer)) parking.park(parked)
    })

  const plan = (command: Command): E.Either<Refused, Plan> => {
    const state = journal.accepted()
    const waitsFor = [...parking.ahead(touchesOf(command)).map((parked) => parked.command), command]
    const ids = new Set(waitsFor.flatMap((one) => blockersOf(state, one)).map(({ intent }) => intent))
    if (ids.size > 0) {
      const blockers = [...ids].flatMap((id) => {
        const asking = get(state.outstanding, id)
        return asking === undefined ? [] : [intentOf(state, asking)]
      })
      return E.right({ events: [], intents: [], blockers })
    }
    const foreseen = foresee(state, command, clock.now())
    return E.isLeft(foreseen) ? foreseen : E.right({ ...foreseen.right, blockers: [] })
  }

  return {
    journal,
    performer,
    events$,
    intents$,
    progress$,
    dispatch,
    plan,
    record: (stepped) =>
      new Promise((resolve) => {
        journal.take(stepped, (fault) => resolve(fault === undefined ? E.right(stepped.state) : E.left(fault)))
      }),
    endParked: () => {
      for (const { end } of parking.clear()) end(E.left(closed('the snapshotter was closed while the command waited')))
    },
  }
}

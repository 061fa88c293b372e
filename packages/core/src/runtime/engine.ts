import * as E from 'fp-ts/lib/Either.js'
import { Subject } from 'rxjs'
import type { Input } from '../decider/decide.js'
import { intentOf } from '../decider/intents.js'
import { foresee } from '../decider/plan.js'
import { step, type Stepped } from '../decider/step.js'
import { blockersOf, touchesOf, type Touches } from '../decider/touches.js'
import { inputRow } from '../log/inputs.js'
import type { Command } from '../model/command.js'
import type { Recorded } from '../model/event.js'
import {
  aborted,
  closed,
  overloaded,
  storeFault,
  type Failure,
  type Rejection,
  type StoreFault,
} from '../model/fault.js'
import type { SnapshotId } from '../model/snapshot.js'
import type { Intent, IntentId, Outcome } from '../model/intent.js'
import type { State } from '../state/state.js'
import { get } from '../state/table.js'
import type { Plan, Refused } from './face.js'
import { failJournal, openJournal, settled, take, type Journal, type JournalStart, type Written } from './journal.js'
import { openLayerNames, type LayerNames } from './layer-names.js'
import { queueLimit } from './limits.js'
import { openParking, type Parked, type Parking } from './parking.js'
import { cancel, openPerformer, perform, wasCancelled, type Performer } from './performer.js'
import type { Backend, Clock, Progress, Row } from './ports.js'
import { openTar, type Blobs } from './unpack.js'

/** Ends a command: with the state in which it is complete, or with why it is not. */
type Answer = (result: E.Either<Refused, State>) => void

/** The moving part of a snapshotter: commands in, events to the journal, intents to the backend, outcomes back in. */
export type Engine = {
  readonly clock: Clock
  readonly journal: Journal
  readonly performer: Performer
  readonly parking: Parking
  readonly layerNames: LayerNames
  /** Whether every input is kept with its events. */
  readonly keepsInputs: boolean
  /** Layers that are being compared, and how often. */
  readonly pinned: Map<SnapshotId, number>
  /** Comparisons under way, and blobs being taken. */
  readonly comparisons: Set<{ readonly abort: () => void; readonly ended: Promise<void> }>
  isClosing: boolean
  readonly events$: Subject<Recorded>
  readonly intents$: Subject<Intent>
  readonly progress$: Subject<Progress>
  /** Who waits for the end of an intent. */
  readonly answers: Map<IntentId, Answer>
  unanswered: number
  /** Blobs that were begun: no two get the same name, whatever the clock says. */
  begun: number
}

export const openEngine = (
  start: Omit<JournalStart, 'onDurable'> & {
    readonly backend: Backend
    readonly blobs: Blobs
    readonly keepsInputs: boolean
  },
): Engine => {
  const { clock, backend, blobs, keepsInputs } = start
  const [events$, intents$, progress$] = [new Subject<Recorded>(), new Subject<Intent>(), new Subject<Progress>()]
  const journal = openJournal({
    ...start,
    onDurable: (records, steps) => {
      for (const record of records) events$.next(record)
      const cancelled = new Set<IntentId>()
      for (const { type, data } of records) if (type === 'CancelAccepted') cancelled.add(data.intent)
      for (const id of cancelled) cancel(performer, id)
      for (const { intents } of steps)
        for (const intent of intents) perform(performer, intent, cancelled.has(intent.id))
    },
  })
  const performer = openPerformer({
    backend,
    clock,
    openTar: (intent) => openTar(blobs, intent),
    onStart: (intent) => intents$.next(intent),
    onProgress: (progress) => progress$.next(progress),
    onOutcome: (outcome) => end(engine, outcome),
  })
  const parking = openParking()
  const engine: Engine = {
    clock,
    journal,
    performer,
    parking,
    layerNames: openLayerNames(() => journal.accepted, clock),
    keepsInputs,
    pinned: new Map(),
    comparisons: new Set(),
    isClosing: false,
    events$,
    intents$,
    progress$,
    answers: new Map(),
    unanswered: 0,
    begun: 0,
  }
  return engine
}

const stopFault = ({ journal }: Engine): StoreFault =>
  journal.fault ?? storeFault('the log could not be written', 'UNEXPECTED')

const failEverything = (engine: Engine): void => {
  const fault = E.left(stopFault(engine))
  for (const answer of engine.answers.values()) answer(fault)
  engine.answers.clear()
  for (const parked of engine.parking.clear()) parked.end(fault)
}

type Turn = Stepped & { readonly rows: readonly Row[] }

const turned = (input: Input, now: bigint, stepped: Stepped, keepsInputs: boolean): Turn => {
  const { state, recorded, intents } = stepped
  return { state, recorded, intents, rows: keepsInputs && recorded.length > 0 ? [inputRow(input, now, stepped)] : [] }
}

/** One step from the accepted state; undefined once the journal has stopped. A rule that throws stops it. */
const stepNow = (engine: Engine, input: Input): E.Either<Rejection, Turn> | undefined => {
  const { journal, clock, keepsInputs } = engine
  if (journal.fault !== undefined) return undefined
  try {
    const now = clock.now()
    const stepped = step(journal.accepted, input, now)
    return E.isLeft(stepped) ? stepped : E.right(turned(input, now, stepped.right, keepsInputs))
  } catch (cause) {
    failJournal(journal, cause)
    failEverything(engine)
    return undefined
  }
}

const accept = (engine: Engine, turn: Turn, written: Written): void => {
  engine.layerNames.follow(turn.recorded)
  take(engine.journal, turn, written, turn.rows)
}

/** An intent has ended: its events are recorded, its caller is answered once they are durable, parked commands get their turn. */
const end = (engine: Engine, outcome: Outcome): void => {
  const stepped = stepNow(engine, outcome)
  if (stepped === undefined || E.isLeft(stepped) || stepped.right.recorded.length === 0) return
  const { state } = stepped.right
  const result: E.Either<Failure, State> = outcome.type === 'Succeeded' ? E.right(state) : E.left(outcome.failure)
  accept(engine, stepped.right, (fault) => {
    if (fault !== undefined) return failEverything(engine)
    engine.answers.get(outcome.intent)?.(result)
    engine.answers.delete(outcome.intent)
  })
  engine.parking.retry()
}

const answerWhenSettled = async (engine: Engine, answer: Answer, result: E.Either<Refused, State>): Promise<void> => {
  const fault = await settled(engine.journal)
  answer(fault === undefined ? result : E.left(fault))
}

const changesLayer: ReadonlySet<Command['type']> = new Set(['Attach', 'Commit', 'Remove', 'Apply'])

/** Whether a command would change a layer that is being compared. */
const isPinned = ({ pinned, journal }: Engine, command: Command): boolean => {
  if (pinned.size === 0 || !changesLayer.has(command.type) || !('key' in command)) return false
  const id = get(journal.accepted.snapshots, command.key)?.id
  return id !== undefined && pinned.has(id)
}

/** Decides a command now. It is answered when its events are durable, or when its intent has ended. False: it has to wait. */
const attempt = (engine: Engine, command: Command, answer: Answer): boolean => {
  if (isPinned(engine, command)) return false
  const stepped = stepNow(engine, command)
  if (stepped === undefined) {
    answer(E.left(stopFault(engine)))
    return true
  }
  if (E.isLeft(stepped)) {
    if (stepped.left._tag === 'Unavailable') return false
    void answerWhenSettled(engine, answer, stepped)
    return true
  }
  const { recorded, intents, state } = stepped.right
  const [intent] = intents
  if (intent !== undefined) {
    engine.answers.set(intent.id, answer)
    accept(engine, stepped.right, (fault) => {
      if (fault !== undefined) failEverything(engine)
    })
  } else {
    if (recorded.length > 0) accept(engine, stepped.right, () => undefined)
    void answerWhenSettled(engine, answer, E.right(state))
  }
  return true
}

/** What ends an accepted command that its caller has given up; undefined for those that run to their end all the same. */
const cancelOf = (command: Command): Command | undefined => {
  if (command.type !== 'Commit' && command.type !== 'Apply') return undefined
  return { type: 'Cancel', key: command.key, ...(command.by === undefined ? {} : { by: command.by }) }
}

/**
 * Runs a decoded command to its end. The signal ends a parked command; it cancels an accepted commit or apply, which is
 * answered when it has ended; of any other it ends the caller's waiting.
 */
export const dispatch = (engine: Engine, command: Command, signal?: AbortSignal): Promise<E.Either<Refused, State>> =>
  new Promise((resolve) => {
    if (signal?.aborted === true) return resolve(E.left(aborted(signal.reason)))
    if (engine.unanswered >= queueLimit) {
      const found = `${engine.unanswered} commands are unanswered, which is the limit`
      return resolve(E.left(overloaded(`${command.type} was not taken: ${found}; send it again when some have ended`)))
    }
    engine.unanswered++
    const answer: Answer = (result) => {
      engine.unanswered--
      signal?.removeEventListener('abort', onAbort)
      const isEndedBySignal = signal?.aborted === true && E.isLeft(result) && wasCancelled(result.left)
      resolve(isEndedBySignal ? E.left(aborted(signal.reason)) : result)
    }
    const touches = (): Touches => touchesOf(engine.journal.accepted, command)
    const parked: Parked = { command, touches, retry: () => attempt(engine, command, answer), end: answer }
    const onAbort = (): void => {
      const refused = E.left(aborted(signal?.reason))
      if (engine.parking.leave(parked)) {
        answer(refused)
        return engine.parking.retry()
      }
      const cancelling = cancelOf(command)
      if (cancelling === undefined) return resolve(refused)
      // What is under way on that key may be another caller's. A refusal of the cancel comes too late to matter.
      if ([...engine.answers.values()].includes(answer)) attempt(engine, cancelling, () => undefined)
    }
    signal?.addEventListener('abort', onAbort, { once: true })
    if (engine.parking.isBehind(touches()) || !attempt(engine, command, answer)) engine.parking.park(parked)
  })

/** Records events that no command leads to. */
export const record = (engine: Engine, stepped: Stepped): Promise<E.Either<Refused, State>> =>
  new Promise((resolve) => {
    take(engine.journal, stepped, (fault) => resolve(fault === undefined ? E.right(stepped.state) : E.left(fault)))
  })

/** What a decoded command would lead to now, or what it would wait for. */
export const plan = (engine: Engine, command: Command): E.Either<Refused, Plan> => {
  const state = engine.journal.accepted
  const waitsFor = [command, ...engine.parking.ahead(touchesOf(state, command))]
  const intents = new Set(waitsFor.flatMap((one) => blockersOf(state, one)).map(({ intent }) => intent))
  if (intents.size === 0)
    return E.map((foreseen: Omit<Plan, 'blockers'>) => ({ ...foreseen, blockers: [] }))(
      foresee(state, command, engine.clock.now()),
    )
  const blockers = [...intents].flatMap((id) => {
    const asking = get(state.outstanding, id)
    return asking === undefined ? [] : [intentOf(state, asking)]
  })
  return E.right({ events: [], intents: [], blockers })
}

/** Ends the parked commands because the snapshotter closes. */
export const endParked = (engine: Engine): void => {
  for (const parked of engine.parking.clear()) {
    parked.end(E.left(closed('the snapshotter was closed while the command waited')))
  }
}

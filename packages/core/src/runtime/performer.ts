import * as E from 'fp-ts/lib/Either.js'
import { AnswerCodec } from '../model/codecs.js'
import { backendFault, hresult, shown, type BackendFault, type Failure } from '../model/fault.js'
import type { TarRead } from '../model/descriptor.js'
import { isOwed, type ImportLayer, type Intent, type IntentId, type Outcome, type Result } from '../model/intent.js'
import type { Outstanding, Refused } from './face.js'
import { firstPause, intentLimit, longestPause, owedLimit } from './limits.js'
import type { Backend, Clock, ExecuteOptions, Progress } from './ports.js'
import type { OpenedTar } from './unpack.js'

/** An intent on its way to its end. `resting`: owed, failed, waiting to be tried again. */
type Run = {
  readonly intent: Intent
  state: 'queued' | 'running' | 'resting'
  attempts: number
  lastFault: Failure | undefined
  isCancelled: boolean
  /**
   * Fires when an owed intent is to stop because the snapshotter closes, and when a promised one is cancelled. Made when first
   * asked for: most never are.
   */
  stopping: AbortController | undefined
}

export type PerformerStart = {
  readonly backend: Backend
  readonly clock: Clock
  readonly openTar: (intent: ImportLayer) => OpenedTar
  readonly onStart: (intent: Intent) => void
  readonly onProgress: (progress: Progress) => void
  /** Told how an intent ended; not told of an owed one that failed. */
  readonly onOutcome: (outcome: Outcome) => void
}

/**
 * Runs intents, at most `intentLimit` at once and at most `owedLimit` owed ones among them, promised ones first; owed ones
 * again and again with growing pauses.
 */
export type Performer = PerformerStart & {
  readonly runs: Map<IntentId, Run>
  readonly promised: Run[]
  readonly owed: Run[]
  isStopping: boolean
  running: number
  promisedRunning: number
  /** Woken whenever a run ends. */
  watchers: (() => void)[]
}

export const openPerformer = (start: PerformerStart): Performer => ({
  ...start,
  runs: new Map(),
  promised: [],
  owed: [],
  isStopping: false,
  running: 0,
  promisedRunning: 0,
  watchers: [],
})

const wake = (performer: Performer): void => {
  for (const told of performer.watchers.splice(0)) told()
}

const change = (performer: Performer): Promise<void> => new Promise((resolve) => performer.watchers.push(resolve))

const expected: Readonly<Record<Intent['type'], Result['type']>> = {
  CreateLayer: 'LayerCreated',
  SealLayer: 'LayerSealed',
  ImportLayer: 'LayerImported',
  AttachLayer: 'LayerAttached',
  DetachLayer: 'LayerDetached',
  RetireLayer: 'LayerRetired',
  DestroyLayer: 'LayerDestroyed',
}

/** The fault of a backend that threw or answered what no backend may answer. */
export const brokenContract = (asked: string, cause: unknown): BackendFault => {
  const what = cause instanceof Error ? cause.message : shown(cause)
  return backendFault(`the backend broke its contract in ${asked}: ${what}`, hresult.unspecified)
}

/** Whether this is how a cancelled intent ended. */
export const wasCancelled = (refused: Refused): boolean =>
  refused._tag === 'BackendFault' && refused.code === hresult.cancelled

/** One that failed in another way may not have undone everything. */
const cancelledFault = ({ type, layer }: Intent, failure: Failure): BackendFault => {
  const found = wasCancelled(failure) ? 'the layer is as it was before' : `it ended with: ${failure.message}`
  return backendFault(`${type} of layer ${layer} was cancelled; ${found}`, hresult.cancelled)
}

type Done = { readonly result: Result; readonly tar?: TarRead }

const stoppingOf = (run: Run): AbortController => (run.stopping ??= new AbortController())

const signalOf = (run: Run): AbortSignal => stoppingOf(run).signal

const abort = (run: Run): void => stoppingOf(run).abort()

const checked = (intent: Intent, asked: string, answer: unknown, tar?: OpenedTar): E.Either<Failure, Done> => {
  const decoded = AnswerCodec.decode(answer)
  if (E.isLeft(decoded)) return E.left(brokenContract(asked, `its answer is no result of an intent: ${shown(answer)}`))
  if (E.isLeft(decoded.right)) return decoded.right
  const result = decoded.right.right
  if (result.type !== expected[intent.type]) return E.left(brokenContract(asked, `it answered ${result.type}`))
  if (tar === undefined) return E.right({ result })
  const read = tar.read()
  return read === undefined
    ? E.left(brokenContract(asked, 'it did not read the tar to its end'))
    : E.right({ result, tar: read })
}

const execute = async ({ backend, onProgress, openTar }: Performer, run: Run): Promise<E.Either<Failure, Done>> => {
  const { intent } = run
  const asked = `${intent.type} of layer ${intent.layer}`
  const tar = intent.type === 'ImportLayer' ? openTar(intent) : undefined
  const options: ExecuteOptions = {
    ...(tar === undefined ? {} : { tar: tar.bytes }),
    ...(tar?.spend === undefined ? {} : { spend: tar.spend }),
    get signal() {
      return signalOf(run)
    },
    progress: onProgress,
  }
  try {
    return checked(intent, asked, await backend.execute(intent, options)(), tar)
  } catch (cause) {
    return E.left(brokenContract(asked, cause))
  }
}

const enqueue = (performer: Performer, run: Run): void => {
  run.state = 'queued'
  ;(isOwed(run.intent) ? performer.owed : performer.promised).push(run)
  fill(performer)
}

const rest = async (performer: Performer, run: Run): Promise<void> => {
  run.state = 'resting'
  const pause = Math.min(firstPause * 2 ** (run.attempts - 1), longestPause)
  const { attempts } = run
  await performer.clock.sleep(pause, signalOf(run))
  const isTriedSince = run.attempts !== attempts || run.state !== 'resting'
  if (!isTriedSince && !performer.isStopping) enqueue(performer, run)
}

const finish = (performer: Performer, run: Run, result: E.Either<Failure, Done>): void => {
  // The journal is about to be closed: what was owed stays owed, and is found done when it is performed again.
  if (performer.isStopping) return
  const { id } = run.intent
  if (E.isLeft(result) && isOwed(run.intent)) {
    run.lastFault = result.left
    void rest(performer, run)
    return
  }
  performer.runs.delete(id)
  if (E.isRight(result)) return performer.onOutcome({ type: 'Succeeded', intent: id, ...result.right })
  const failure = run.isCancelled ? cancelledFault(run.intent, result.left) : result.left
  performer.onOutcome({ type: 'Failed', intent: id, failure })
}

const begin = async (performer: Performer, run: Run): Promise<void> => {
  const owed = isOwed(run.intent)
  run.state = 'running'
  run.attempts++
  performer.running++
  if (!owed) performer.promisedRunning++
  performer.onStart(run.intent)
  const result = await execute(performer, run)
  performer.running--
  if (!owed) performer.promisedRunning--
  finish(performer, run, result)
  fill(performer)
  wake(performer)
}

const fill = (performer: Performer): void => {
  while (performer.running < intentLimit && !performer.isStopping) {
    const mayRunOwed = performer.running - performer.promisedRunning < owedLimit
    const run = performer.promised.shift() ?? (mayRunOwed ? performer.owed.shift() : undefined)
    if (run === undefined) return
    void begin(performer, run)
  }
}

/** `isCancelled`: it only undoes what a run before it has done. */
export const perform = (performer: Performer, intent: Intent, isCancelled = false): void => {
  const run: Run = {
    intent,
    state: 'queued',
    attempts: 0,
    lastFault: undefined,
    isCancelled,
    stopping: undefined,
  }
  if (isCancelled) abort(run)
  performer.runs.set(intent.id, run)
  enqueue(performer, run)
}

/** Tells a promised intent to undo what it has done. One that has not begun yet begins with the signal fired. */
export const cancel = (performer: Performer, id: IntentId): void => {
  const run = performer.runs.get(id)
  if (run === undefined) return
  run.isCancelled = true
  abort(run)
}

export const outstandingOf = (performer: Performer, intent: Intent): Outstanding => {
  const run = performer.runs.get(intent.id)
  const lastFault = run?.lastFault?.message ?? null
  return { intent, owed: isOwed(intent), attempts: run?.attempts ?? 0, lastFault }
}

/** Tries every owed intent now; answers the first fault after all were tried. */
export const settleOwed = async (performer: Performer): Promise<Failure | undefined> => {
  const owed = [...performer.runs.values()].filter(({ intent }) => isOwed(intent))
  const triesWanted = new Map(owed.map((run) => [run, run.state === 'running' ? run.attempts : run.attempts + 1]))
  for (const run of owed) if (run.state === 'resting') enqueue(performer, run)
  const isUntried = (run: Run): boolean =>
    performer.runs.has(run.intent.id) && (run.state !== 'resting' || run.attempts < (triesWanted.get(run) ?? 0))
  while (owed.some(isUntried) && !performer.isStopping) await change(performer)
  return owed.find(({ intent }) => performer.runs.has(intent.id))?.lastFault
}

/** Resolves when no promised intent waits or runs. */
export const idle = async (performer: Performer): Promise<void> => {
  while (performer.promisedRunning > 0 || performer.promised.length > 0) await change(performer)
}

/** Starts nothing more; owed intents that run are told to stop. */
export const stopPerforming = (performer: Performer): void => {
  performer.isStopping = true
  for (const { intent, stopping } of performer.runs.values()) if (isOwed(intent)) stopping?.abort()
  wake(performer)
}

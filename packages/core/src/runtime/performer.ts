import * as E from 'fp-ts/lib/Either.js'
import { backendFault, hresult, type Failure } from '../model/fault.js'
import { isOwed, type Intent, type IntentId, type Outcome, type Result } from '../model/intent.js'
import type { Outstanding } from './face.js'
import { firstPause, intentLimit, longestPause } from './limits.js'
import type { Backend, Clock, Progress } from './ports.js'

type Run = {
  readonly intent: Intent
  attempts: number
  lastFault: Failure | undefined
  state: 'queued' | 'running' | 'resting'
}

export type PerformerStart = {
  readonly backend: Backend
  readonly clock: Clock
  readonly onStart: (intent: Intent) => void
  readonly onProgress: (progress: Progress) => void
  /** Told how an intent ended; an owed one that failed is not told of. */
  readonly onOutcome: (outcome: Outcome) => void
}

/** Runs intents, at most `intentLimit` at once, promised ones first; owed ones again and again with growing pauses. */
export type Performer = {
  readonly perform: (intent: Intent) => void
  /** Tries every owed intent now; answers the first fault after all were tried. */
  readonly settleOwed: () => Promise<Failure | undefined>
  readonly describe: (intent: Intent) => Outstanding
  /** Resolves when no promised intent waits or runs. */
  readonly idle: () => Promise<void>
  /** Starts nothing more; owed intents that run are told to stop. */
  readonly stop: () => void
}

const expected: Readonly<Record<Intent['type'], Result['type']>> = {
  CreateLayer: 'LayerCreated',
  SealLayer: 'LayerSealed',
  AttachLayer: 'LayerAttached',
  DetachLayer: 'LayerDetached',
  RetireLayer: 'LayerRetired',
  DestroyLayer: 'LayerDestroyed',
}

const broken = (intent: Intent, what: string): Failure =>
  backendFault(
    `the backend broke its contract in ${intent.type} of layer ${intent.layer}: ${what}`,
    hresult.unspecified,
  )

const execute = async (
  { backend, onProgress }: PerformerStart,
  intent: Intent,
  signal: AbortSignal,
): Promise<E.Either<Failure, Result>> => {
  try {
    const result = await backend.execute(intent, { signal, progress: onProgress })()
    if (E.isLeft(result) || result.right.type === expected[intent.type]) return result
    return E.left(broken(intent, `it answered ${result.right.type}`))
  } catch (cause) {
    return E.left(broken(intent, cause instanceof Error ? cause.message : String(cause)))
  }
}

export const openPerformer = (start: PerformerStart): Performer => {
  const { clock, onStart, onOutcome } = start
  const runs = new Map<IntentId, Run>()
  const queues = { promised: [] as Run[], owed: [] as Run[] }
  const stopping = new AbortController()
  let running = 0
  let promisedRunning = 0
  let changed: (() => void)[] = []

  const tell = (): void => {
    const waiting = changed
    changed = []
    for (const told of waiting) told()
  }
  const change = (): Promise<void> => new Promise((resolve) => changed.push(resolve))

  const enqueue = (run: Run): void => {
    run.state = 'queued'
    ;(isOwed(run.intent) ? queues.owed : queues.promised).push(run)
    fill()
  }

  const rest = async (run: Run): Promise<void> => {
    run.state = 'resting'
    await clock.sleep(Math.min(firstPause * 2 ** (run.attempts - 1), longestPause), stopping.signal)
    if (run.state === 'resting' && !stopping.signal.aborted) enqueue(run)
  }

  const finish = (run: Run, result: E.Either<Failure, Result>): void => {
    const { intent } = run
    if (E.isRight(result)) {
      runs.delete(intent.id)
      onOutcome({ type: 'Succeeded', intent: intent.id, result: result.right })
    } else if (isOwed(intent)) {
      run.lastFault = result.left
      void rest(run)
    } else {
      runs.delete(intent.id)
      onOutcome({ type: 'Failed', intent: intent.id, failure: result.left })
    }
  }

  const begin = async (run: Run): Promise<void> => {
    const owed = isOwed(run.intent)
    run.state = 'running'
    run.attempts++
    running++
    if (!owed) promisedRunning++
    onStart(run.intent)
    const result = await execute(start, run.intent, owed ? stopping.signal : neverAborted)
    running--
    if (!owed) promisedRunning--
    finish(run, result)
    fill()
    tell()
  }

  const fill = (): void => {
    while (running < intentLimit && !stopping.signal.aborted) {
      const run = queues.promised.shift() ?? queues.owed.shift()
      if (run === undefined) return
      void begin(run)
    }
  }

  const settleOwed = async (): Promise<Failure | undefined> => {
    const owed = [...runs.values()].filter(({ intent }) => isOwed(intent))
    const before = new Map(owed.map((run) => [run, run.attempts]))
    for (const run of owed) if (run.state === 'resting') enqueue(run)
    const untried = (run: Run): boolean =>
      runs.has(run.intent.id) && (run.state === 'running' || run.attempts === before.get(run))
    while (owed.some(untried) && !stopping.signal.aborted) await change()
    return owed.find(({ intent }) => runs.has(intent.id))?.lastFault
  }

  return {
    perform: (intent) => {
      const run: Run = { intent, attempts: 0, lastFault: undefined, state: 'queued' }
      runs.set(intent.id, run)
      enqueue(run)
    },
    settleOwed,
    describe: (intent) => {
      const run = runs.get(intent.id)
      return { intent, owed: isOwed(intent), attempts: run?.attempts ?? 0, lastFault: run?.lastFault?.message ?? null }
    },
    idle: async () => {
      while (promisedRunning > 0 || queues.promised.length > 0) await change()
    },
    stop: () => {
      stopping.abort()
      tell()
    },
  }
}

const neverAborted = new AbortController().signal

import * as E from 'fp-ts/lib/Either.js'
import { backendFault, type Failure, type Intent, type Result } from '@varve/core/ports'
import { clock } from './clock.js'
import { codes } from './world/failure.js'

/**
 * A failure or a delay on demand, for one run of one kind of intent. The first row of the table that names a run holds for
 * it; rows added to the table later hold for later runs.
 */
export type PlannedFault = {
  readonly intent: Intent['type']
  /** Which run of such an intent by this backend: 1 is the first. */
  readonly time: number
  /** The HRESULT it fails with, as an unsigned 32-bit number. Absent: it only waits, or is only cut. */
  readonly code?: number
  /** Whether it fails before doing anything (the default), or having done everything. */
  readonly when?: 'before' | 'after'
  /** Milliseconds to wait before anything else. */
  readonly latencyMs?: number
  /** Steps after which it stops and leaves things half done; a run of no more steps succeeds. `when` does not matter then. */
  readonly cutAfter?: number
}

type Outcome = E.Either<Failure, Result>

/** Runs an intent that is cut after some steps, if any are given. */
export type Run = (cutAfter?: number) => Promise<Outcome>

/** Runs intents as the table wants them to go. */
export type Faults = (intent: Intent, signal: AbortSignal | undefined, run: Run) => Promise<Outcome>

const nth = (time: number): string => `run ${time} of this kind`

export const faultsOf = (table: readonly PlannedFault[]): Faults => {
  const runs = new Map<Intent['type'], number>()
  return async ({ type, layer }, signal, run) => {
    const time = (runs.get(type) ?? 0) + 1
    runs.set(type, time)
    const planned = table.find((fault) => fault.intent === type && fault.time === time)
    if (planned === undefined) return run()
    const { code, when = 'before', latencyMs = 0, cutAfter } = planned
    if (latencyMs > 0) await clock.sleep(latencyMs, signal)
    if (cutAfter !== undefined) {
      const outcome = await run(cutAfter)
      if (E.isRight(outcome) || code === undefined || outcome.left._tag !== 'BackendFault') return outcome
      return outcome.left.code === codes.aborted ? E.left(backendFault(outcome.left.message, code)) : outcome
    }
    if (code === undefined) return run()
    const outcome = when === 'after' ? await run() : undefined
    if (outcome !== undefined && E.isLeft(outcome)) return outcome
    const done = when === 'after' ? 'having done everything' : 'before doing anything'
    return E.left(backendFault(`${type} of layer ${layer} failed on demand (${nth(time)}), ${done}`, code))
  }
}

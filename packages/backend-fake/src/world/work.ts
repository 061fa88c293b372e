import * as E from 'fp-ts/lib/Either.js'
import type { Done } from '@varve/core/adapter'
import { backendFault, type BackendFault, type FilesError } from '@varve/core/ports'
import { codes, failureOf } from './failure.js'

/** What has to come before work that can't go on does: time, or something from outside. */
export type Pause = 'time' | 'event'

/** What one step did. With `pause` the next one can't do anything yet. */
export type Step = { readonly files: number; readonly bytes: number; readonly pause?: Pause }

/**
 * Work that is done step by step: every `yield` is a place where it may be cut, where others get their turn, and where
 * progress is counted.
 */
export type Work<T> = Generator<Step, T, undefined>

export const step: Step = { files: 0, bytes: 0 }
export const waiting: Step = { files: 0, bytes: 0, pause: 'event' }

/** Answers at every 64th call that a step is due: for work whose parts are too small to be steps. */
export const sparingly = (): (() => boolean) => {
  let calls = 0
  return () => ++calls % 64 === 0
}

/** A piece of work under way. */
export type Job<T> = {
  readonly done: () => Done
  /** Undefined while it runs. */
  readonly outcome: () => E.Either<FilesError, T> | undefined
  /** Does the next step; answers what the one after it has to wait for. */
  readonly advance: () => Pause | undefined
  /** Ends it between two steps and leaves what it has made. */
  readonly stop: (failure: FilesError) => void
}

const cutFault = (what: string, steps: number): BackendFault =>
  backendFault(`${what} was cut on demand after ${steps} steps; run it again to have the rest done`, codes.aborted)

/** Ends work between two steps: it closes what it has open, and what it has made stays. */
export const endWork = (work: Work<unknown>, cause: Error): void => {
  try {
    // Not `return`, which would need a result to return.
    work.throw(cause)
  } catch {
    // The work is over; its caller knows why.
  }
}

/** `what` says what was asked, for messages. Without `cutAfter`, or with fewer steps than that, it runs to its end. */
export const startJob = <T>(what: string, work: Work<T>, cutAfter?: number): Job<T> => {
  let outcome: E.Either<FilesError, T> | undefined
  let files = 0
  let bytes = 0
  let steps = 0
  const stop = (failure: FilesError): void => {
    outcome = E.left(failure)
    endWork(work, E.toError(failure))
  }
  const next = (): Pause | undefined => {
    const made = work.next()
    if (made.done === true) {
      outcome = E.right(made.value)
      return undefined
    }
    files += made.value.files
    bytes += made.value.bytes
    // How often work waits for others is not the same each time, and steps have to be.
    if (made.value.pause === 'event') steps--
    return made.value.pause
  }
  return {
    done: () => ({ files, bytes }),
    outcome: () => outcome,
    stop,
    advance: () => {
      try {
        if (steps++ !== cutAfter) return next()
        stop(cutFault(what, cutAfter))
      } catch (cause) {
        outcome = E.left(failureOf(what, cause))
      }
      return undefined
    },
  }
}

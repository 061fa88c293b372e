import * as E from 'fp-ts/lib/Either.js'
import { backendFault, type BackendFault, type FilesError } from '@varve/core/ports'
import { codes, failureOf } from './failure.js'

/** What one step did. `pause`: nothing can be done before time has passed. */
export type Step = { readonly files: number; readonly bytes: number; readonly pause?: true }

/**
 * Work that is done step by step: every `yield` is a place where it may be cut, where others get their turn, and where
 * progress is counted.
 */
export type Work<T> = Generator<Step, T, undefined>

export const step: Step = { files: 0, bytes: 0 }

/** Answers at every 64th call that a step is due: for work whose parts are too small to be steps. */
export const sparingly = (): (() => boolean) => {
  let calls = 0
  return () => ++calls % 64 === 0
}

/** Files and bytes written so far. */
export type Done = { readonly files: number; readonly bytes: number }

/** A piece of work under way. */
export type Job<T> = {
  readonly done: () => Done
  /** Undefined while it runs. */
  readonly outcome: () => E.Either<FilesError, T> | undefined
  /** Does the next step; answers whether time should pass before the one after it. */
  readonly advance: () => boolean
  /** Ends it between two steps and leaves what it has made. */
  readonly stop: (failure: FilesError) => void
}

/** The caller's signal, or the end of the process that asked, came between two steps. */
export const stoppedFault = (what: string): BackendFault =>
  backendFault(`${what} was stopped; run it again to have the rest done`, codes.aborted)

const cutFault = (what: string, steps: number): BackendFault =>
  backendFault(`${what} was cut on demand after ${steps} steps; run it again to have the rest done`, codes.aborted)

/** `what` says what was asked, for messages. Without `cutAfter`, or with fewer steps than that, it runs to its end. */
export const startJob = <T>(what: string, work: Work<T>, cutAfter?: number): Job<T> => {
  let outcome: E.Either<FilesError, T> | undefined
  let files = 0
  let bytes = 0
  let steps = 0
  const stop = (failure: FilesError): void => {
    outcome = E.left(failure)
    try {
      // Not `return`, which would need a result to return.
      work.throw(E.toError(failure))
    } catch {
      // The work is over; its failure is the one given.
    }
  }
  const next = (): boolean => {
    const made = work.next()
    if (made.done === true) {
      outcome = E.right(made.value)
      return false
    }
    files += made.value.files
    bytes += made.value.bytes
    return made.value.pause === true
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
      return false
    },
  }
}

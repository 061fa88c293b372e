import { backendFault } from '@varve/core/ports'
import { codes, messageOf, raise } from '../failure.js'
import type { Control } from './control.js'

/** Ends work that its caller wants undone. */
export const checkCancelled = (what: string, { isCancelled }: Control): void => {
  if (isCancelled()) raise(backendFault(`${what} was cancelled, and what it had done is undone`, codes.cancelled))
}

/** Ends work that nobody waits for any more. */
export const checkStopped = (what: string, { isStopped }: Control): void => {
  if (isStopped()) raise(backendFault(`${what} was stopped; run it again to have the rest done`, codes.aborted))
}

/** Does the work, or leaves nothing of it behind. */
export const undoable = <T>(what: string, work: () => T, undo: () => void): T => {
  try {
    return work()
  } catch (cause) {
    try {
      undo()
    } catch (second) {
      const found = `${what} failed (${messageOf(cause)}), and what it had done could not be undone (${messageOf(second)})`
      raise(backendFault(`${found}; set that right and ask again, or remove the snapshot`, codes.unspecified))
    }
    throw cause
  }
}

/** Cleans up outside of layers; what is left there is removed when the root is opened, if not before. */
export const ifPossible = (clean: () => void): void => {
  try {
    clean()
  } catch {
    // It does no harm, and what was asked is done.
  }
}

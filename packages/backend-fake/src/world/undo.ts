import { backendFault } from '@varve/core/ports'
import { codes, raise } from './failure.js'
import { endWork, type Step, type Work } from './work.js'

/** Work that leaves nothing behind when it fails or is cancelled. */
export type Undoable<T> = {
  /** What was asked, for messages. */
  readonly what: string
  readonly work: Work<T>
  readonly isCancelled: () => boolean
  /** Makes what was undone survive loss of power. */
  readonly sync: () => void
  /** Whether it is done but for what a later run finds done. */
  readonly isTooLate: () => boolean
  readonly undo: () => Work<void>
}

const messageOf = (cause: unknown): string => (cause instanceof Error ? cause.message : String(cause))

function* undoAfter({ what, undo, sync }: Undoable<unknown>, cause: unknown): Work<never> {
  try {
    yield* undo()
    sync()
  } catch (second) {
    const found = `${what} failed (${messageOf(cause)}), and what it had done could not be undone (${messageOf(second)})`
    raise(backendFault(`${found}; set that right and ask again, or remove the snapshot`, codes.unspecified))
  }
  throw cause
}

/** Does the work, or undoes it. Work that is cut, as by the end of the process, is not undone: the next run goes on from there. */
export function* undoable<T>(task: Undoable<T>): Work<T> {
  const { what, work } = task
  for (;;) {
    if (task.isCancelled() && !task.isTooLate()) {
      endWork(work, new Error('cancelled'))
      yield* task.undo()
      task.sync()
      raise(backendFault(`${what} was cancelled, and what it had done is undone`, codes.cancelled))
    }
    let made: IteratorResult<Step, T>
    try {
      made = work.next()
    } catch (cause) {
      return yield* undoAfter(task, cause)
    }
    if (made.done === true) return made.value
    try {
      yield made.value
    } catch (cut) {
      endWork(work, new Error('cut'))
      throw cut
    }
  }
}

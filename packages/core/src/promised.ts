import * as E from 'fp-ts/lib/Either.js'
import type { TaskEither } from 'fp-ts/lib/TaskEither.js'
import type { Observable } from 'rxjs'
import type { Recorded } from './model/event.js'
import type { Refused } from './runtime/face.js'

/** The tagged value as an Error; of an abort the signal's own reason. */
export const thrown = (refused: Refused): unknown =>
  refused._tag === 'Aborted'
    ? refused.reason
    : Object.assign(new Error(refused.message), refused, { name: refused._tag })

/** What a task answers; its refusal is thrown. */
export const resolved = async <R>(task: TaskEither<Refused, R>): Promise<R> => {
  const result = await task()
  if (E.isLeft(result)) throw thrown(result.left)
  return result.right
}

/** The call whose task is run at once. */
export const promised =
  <A extends readonly unknown[], R>(call: (...args: A) => TaskEither<Refused, R>) =>
  (...args: A): Promise<R> =>
    resolved(call(...args))

/** What an iterable yields; a refusal in it is thrown. */
export async function* thrownFrom<A>(all: AsyncIterable<E.Either<Refused, A>>): AsyncGenerator<A> {
  for await (const one of all) {
    if (E.isLeft(one)) throw thrown(one.left)
    yield one.right
  }
}

/** Records that may wait to be taken; the rest is read again from the log when they are. */
const waitingLimit = 1_000

/** What arrives from a number on until the stream ends or too much waits. */
const arriving = (records: Observable<Recorded>) => {
  const waiting: Recorded[] = []
  const told: { ended: boolean; refused: Refused | undefined; wake: () => void } = {
    ended: false,
    refused: undefined,
    wake: () => undefined,
  }
  const end = (refused?: Refused): void => {
    Object.assign(told, { ended: true, refused })
    told.wake()
  }
  const subscription = records.subscribe({
    next: (record) => {
      waiting.push(record)
      told.wake()
      if (waiting.length >= waitingLimit) subscription.unsubscribe()
    },
    error: end,
    complete: () => end(),
  })
  const more = (): Promise<void> => new Promise((resolve) => (told.wake = resolve))
  return { waiting, told, subscription, more }
}

/**
 * The records from a number on, one by one. Whoever takes them slowly lets them wait in the log: at most a thousand are held in
 * memory.
 */
export async function* iterated(
  eventsFrom: (seq: number) => Observable<Recorded>,
  seq: number,
): AsyncGenerator<Recorded> {
  let next = seq
  for (;;) {
    const { waiting, told, subscription, more } = arriving(eventsFrom(next))
    try {
      do {
        for (let record = waiting.shift(); record !== undefined; record = waiting.shift()) {
          next = record.seq + 1
          yield record
        }
        if (!told.ended && !subscription.closed) await more()
      } while (waiting.length > 0 || !(told.ended || subscription.closed))
    } finally {
      subscription.unsubscribe()
    }
    if (told.refused !== undefined) throw thrown(told.refused)
    if (told.ended) return
  }
}

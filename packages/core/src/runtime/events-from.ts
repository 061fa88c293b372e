import * as E from 'fp-ts/lib/Either.js'
import { filter, Observable, type Subscriber } from 'rxjs'
import { openRecord } from '../log/record.js'
import type { Recorded } from '../model/event.js'
import { closed, invalidArgument, storeFault, type StoreFault } from '../model/fault.js'
import type { Engine } from './engine.js'
import type { EventStore } from './ports.js'

/** Emits what the log holds from number `next` on. Answers the number that comes after, or why it could not be read. */
const emitLog = async (
  store: EventStore,
  next: number,
  subscriber: Subscriber<Recorded>,
): Promise<E.Either<StoreFault, number>> => {
  let seq = next
  for await (const texts of store.read(seq - 1)) {
    if (E.isLeft(texts)) return texts
    for (const text of texts.right) {
      const record = openRecord(text, seq)
      if (E.isLeft(record)) return record
      if (subscriber.closed) return E.right(seq)
      subscriber.next(record.right)
      seq++
    }
  }
  return E.right(seq)
}

const emitAll = async (
  engine: Engine,
  store: EventStore,
  from: number,
  subscriber: Subscriber<Recorded>,
): Promise<void> => {
  const { journal, events$ } = engine
  let next = from
  do {
    const read = await emitLog(store, next, subscriber)
    if (subscriber.closed) return
    if (E.isLeft(read)) {
      const cut = closed('the snapshotter was closed before all of its events were read')
      return subscriber.error(engine.isClosing ? cut : read.left)
    }
    next = read.right
  } while (next <= journal.durable.seq)
  // Nothing waits between the look at the durable state and here, so what becomes durable later is still to come.
  subscriber.add(events$.pipe(filter(({ seq }) => seq >= next)).subscribe(subscriber))
}

/** The records from a number on, out of the log as long as it is ahead, then live; see the face. */
export const eventsFrom = (engine: Engine, store: EventStore, seq: number): Observable<Recorded> =>
  new Observable((subscriber) => {
    if (!Number.isSafeInteger(seq) || seq < 1) {
      return subscriber.error(invalidArgument('seq', seq, 'must be the number of a record, 1 or more'))
    }
    emitAll(engine, store, seq, subscriber).catch((cause: unknown) => {
      const reason = cause instanceof Error ? cause.message : String(cause)
      subscriber.error(storeFault(`the store broke its contract in read: ${reason}`, 'UNEXPECTED'))
    })
  })

import * as E from 'fp-ts/lib/Either.js'
import { openRecord } from '../log/record.js'
import { replayFrom, type Replayed } from '../log/replay.js'
import type { Recorded } from '../model/event.js'
import type { StoreFault } from '../model/fault.js'
import type { State } from '../state/state.js'
import { rowSliceLength } from './limits.js'
import type { Clock, EventStore } from './ports.js'

/** What reading a log needs of a store that is open. */
export type ReadableLog = Pick<EventStore, 'read' | 'sha256'>

/** Folds all records of a store that follow a state, in slices. `seen` is told of each and of the state after it. */
export const foldLog = async (
  store: ReadableLog,
  clock: Clock,
  start: Replayed,
  seen?: (recorded: Recorded, state: State) => void,
): Promise<E.Either<StoreFault, Replayed>> => {
  let current = start
  for await (const texts of store.read(current.state.seq)) {
    if (E.isLeft(texts)) return texts
    for (let from = 0; from < texts.right.length; from += rowSliceLength) {
      const next = replayFrom(current, texts.right.slice(from, from + rowSliceLength), store.sha256, seen)
      if (E.isLeft(next)) return next
      current = next.right
      await clock.yield()
    }
  }
  return E.right(current)
}

/** Tells `see` of the records up to number `through`, in slices. Their hashes are not checked again. */
export const eachRecord = async (
  store: ReadableLog,
  clock: Clock,
  through: number,
  see: (recorded: Recorded) => void,
): Promise<StoreFault | undefined> => {
  let seq = 0
  for await (const texts of store.read(0)) {
    if (E.isLeft(texts)) return texts.left
    for (const text of texts.right) {
      if (seq === through) return undefined
      const record = openRecord(text, ++seq)
      if (E.isLeft(record)) return record.left
      see(record.right)
      if (seq % rowSliceLength === 0) await clock.yield()
    }
  }
  return undefined
}

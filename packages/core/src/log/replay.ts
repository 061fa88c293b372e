import * as E from 'fp-ts/lib/Either.js'
import type { Recorded } from '../model/event.js'
import { storeFault, type StoreFault } from '../model/fault.js'
import { evolve } from '../decider/evolve.js'
import type { State } from '../state/state.js'
import { isChained, openRecord, type Sha256 } from './record.js'

/** A state and the hash of the record that led to it. */
export type Replayed = { readonly state: State; readonly hash: string }

/**
 * Folds the records that follow a state, checking numbers, hashes and versions of each. Stops at the first that is wrong.
 * `seen` is told of every record.
 */
export const replay = (
  from: Replayed,
  texts: readonly string[],
  sha256: Sha256,
  seen?: (recorded: Recorded) => void,
): E.Either<StoreFault, Replayed> => {
  let { state, hash } = from
  for (const text of texts) {
    const seq = state.seq + 1
    const record = openRecord(text, seq)
    if (E.isLeft(record)) return record
    if (!isChained(text, hash, sha256)) {
      return E.left(storeFault(`record ${seq} does not follow record ${seq - 1}: the log was altered`, 'CHAIN_BROKEN'))
    }
    try {
      state = evolve(state, record.right)
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause)
      return E.left(storeFault(`record ${seq} does not fit what comes before it: ${reason}`, 'MALFORMED_RECORD'))
    }
    hash = record.right.hash
    seen?.(record.right)
  }
  return E.right({ state, hash })
}

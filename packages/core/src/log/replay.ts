import * as E from 'fp-ts/lib/Either.js'
import type { Recorded } from '../model/event.js'
import { storeFault, type StoreFault } from '../model/fault.js'
import type { Intent } from '../model/intent.js'
import type { Profile } from '../model/snapshot.js'
import { evolve } from '../decider/evolve.js'
import { intentsOf } from '../decider/intents.js'
import { initialState, type State } from '../state/state.js'
import { digest } from './digest.js'
import { isChained, noHash, openRecord, type Sha256 } from './record.js'
import { sha256 as pureSha256 } from './sha256.js'

/** A state and the hash of the record that led to it. */
export type Replayed = { readonly state: State; readonly hash: string }

/** The beginning of every log. */
export const beginning = (profile: Profile): Replayed => ({ state: initialState(profile), hash: noHash })

/**
 * Folds the records that follow a state, checking numbers, hashes and versions of each. Stops at the first that is wrong.
 * `seen` is told of every record and the state after it.
 */
export const replayFrom = (
  from: Replayed,
  texts: readonly string[],
  sha256: Sha256,
  seen?: (recorded: Recorded, state: State) => void,
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
    seen?.(record.right, state)
  }
  return E.right({ state, hash })
}

/** `profile`: default `bind`. `sha256`: where there is `node:crypto`, its is several times as fast as the default. */
export type ReplayOptions = { readonly profile?: Profile; readonly sha256?: Sha256 }

/** What a whole log leads to: the state, its digest, and with each event the intents that it asked for. */
export type ReplayedLog = Replayed & {
  readonly digest: string
  readonly steps: readonly { readonly event: Recorded; readonly intents: readonly Intent[] }[]
}

/** The records of a log in lines; the ends of the lines may be those that Windows likes. */
export const linesIn = (text: string): readonly string[] => {
  const lines = text.split(/\r?\n/)
  return lines.at(-1) === '' ? lines.slice(0, -1) : lines
}

/**
 * Folds a recorded log from its first record on: the texts as a store keeps them, or one text with a record in each line.
 * Numbers, hashes and versions are checked; the StoreFault names the first record that is wrong.
 */
export const replay = (
  log: string | readonly string[],
  { profile = 'bind', sha256 = pureSha256 }: ReplayOptions = {},
): E.Either<StoreFault, ReplayedLog> => {
  const steps: { readonly event: Recorded; readonly intents: readonly Intent[] }[] = []
  const texts = typeof log === 'string' ? linesIn(log) : log
  const replayed = replayFrom(beginning(profile), texts, sha256, (event, state) => {
    steps.push({ event, intents: intentsOf(state, event) })
  })
  if (E.isLeft(replayed)) return replayed
  return E.right({ ...replayed.right, digest: digest(replayed.right.state, sha256), steps })
}

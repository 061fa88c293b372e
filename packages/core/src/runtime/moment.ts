import * as E from 'fp-ts/lib/Either.js'
import { intentOf } from '../decider/intents.js'
import { digest } from '../log/digest.js'
import type { Sha256 } from '../log/record.js'
import { decodeName } from '../model/decode-command.js'
import type { Rejection } from '../model/fault.js'
import { infoOf, type Snapshot } from '../model/snapshot.js'
import { find, mountsOf } from '../state/queries.js'
import type { State } from '../state/state.js'
import { entries } from '../state/table.js'
import type { Moment } from './history-face.js'
import type { Clock } from './ports.js'
import { walking } from './queries.js'

/** The queries of a state. */
export const momentOf = (state: State, clock: Clock, sha256: Sha256): Moment => {
  const ask = <A>(key: string, answer: (snapshot: Snapshot) => A): E.Either<Rejection, A> => {
    const name = decodeName('key', key)
    return E.isLeft(name) ? name : E.map(answer)(find(state, name.right))
  }
  return {
    seq: state.seq,
    at: state.at,
    state,
    stat: (key) => ask(key, infoOf),
    mounts: (key, layout) => E.flatten(ask(key, ({ name }) => mountsOf(state, name, layout))),
    usage: (key) => ask(key, ({ usage }) => ({ ...usage })),
    walk: (filters = []) => walking(() => state, clock, filters),
    outstanding: () =>
      [...entries(state.outstanding)]
        .map(([, asking]) => asking)
        .toSorted((one, other) => one.seq - other.seq)
        .map((asking) => intentOf(state, asking)),
    digest: () => digest(state, sha256),
  }
}

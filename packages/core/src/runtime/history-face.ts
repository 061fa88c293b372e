import type { Either } from 'fp-ts/lib/Either.js'
import type { TaskEither } from 'fp-ts/lib/TaskEither.js'
import type { Explanation } from '../log/explanation.js'
import type { Difference } from '../model/differences.js'
import type { Fault, InvalidArgument, NotFound, Rejection, StoreFault } from '../model/fault.js'
import type { Intent } from '../model/intent.js'
import type { Layout } from '../model/layout.js'
import type { Info, Mount, Profile, SnapshotId, Usage } from '../model/snapshot.js'
import type { Named } from '../state/changes.js'
import type { State } from '../state/state.js'
import type { Clock, Head } from './ports.js'

/** The snapshots as they were after one of the log's records, asked as the snapshotter is asked. */
export type Moment = {
  /** The number of the record, 0 before the first, and its time, `''` before the first. */
  readonly seq: number
  readonly at: string
  readonly state: State
  readonly stat: (key: string) => Either<Rejection, Info>
  /** As a backend with this layout would have answered. */
  readonly mounts: (key: string, layout: Layout) => Either<Rejection, readonly Mount[]>
  /** As recorded: of the commit, the last detach or the making. */
  readonly usage: (key: string) => Either<Rejection, Usage>
  readonly walk: (filters?: readonly string[]) => AsyncIterable<Either<Rejection | Fault, Info>>
  /** What had been accepted and had not ended, in the order in which it was asked for. */
  readonly outstanding: () => readonly Intent[]
  readonly digest: () => string
}

/** A record's number, 0 being before the first; or a time in RFC 3339, UTC with `Z`, which means the last record not after it. */
export type Instant = number | string

/** What changed from one moment to another, by name. `from` and `to` are the numbers of their records. */
export type Changes = {
  readonly from: number
  readonly to: number
  readonly added: readonly Named[]
  readonly removed: readonly Named[]
  readonly changed: readonly (Named & { readonly fields: readonly Difference[] })[]
}

/** A log that can be asked about any of its moments. It stands for the log as it was when it was opened. */
export type History = {
  readonly log: string
  readonly head: Head
  readonly at: (when: Instant) => TaskEither<InvalidArgument | StoreFault, Moment>
  readonly diff: (from: Instant, to: Instant) => TaskEither<InvalidArgument | StoreFault, Changes>
  /** Why a snapshot is as it is at the head, or how it ended: by key or name, or by id. */
  readonly explain: (target: string | SnapshotId) => TaskEither<NotFound | StoreFault, Explanation>
  /** Closes the store, unless it belongs to a snapshotter. */
  readonly close: () => TaskEither<StoreFault, void>
}

/** `profile`: default `bind`. `clock`: default the host's. */
export type HistoryOptions = { readonly profile?: Profile; readonly clock?: Clock }

import type { Cause, EventOf } from '../model/event.js'
import type { IntentId } from '../model/intent.js'
import type { Profile, Snapshot, SnapshotId } from '../model/snapshot.js'
import { emptyTable, get, leavesOf, valueOf, type Table } from './table.js'

/** An event whose intent has not ended, in its place in the log. */
export type Asking = (
  | EventOf<'PrepareAccepted'>
  | EventOf<'PrepareFailed'>
  | EventOf<'CommitAccepted'>
  | EventOf<'ApplyAccepted'>
  | EventOf<'RemoveAccepted'>
  | EventOf<'Removed'>
  | EventOf<'AttachAccepted'>
  | EventOf<'DetachAccepted'>
) & {
  readonly seq: number
  readonly at: string
  readonly cause: Cause
  /** Its intent is to undo what it has done, if it still can. */
  readonly cancelled?: true
}

/** A key or name that an intent works on. `attachment` blocks less than `everything`: Update goes on. */
export type Pending = { readonly intent: IntentId; readonly blocks: 'everything' | 'attachment' }

/** The world as the log tells it. Only completed snapshots are in `snapshots`. */
export type State = {
  /** The log's UUID; `''` before the first record. */
  readonly log: string
  /** Belongs to the opening, not to the log. */
  readonly profile: Profile
  readonly seq: number
  /** Of the last event; `''` before the first. */
  readonly at: string
  readonly lastId: SnapshotId
  /** By key or name: they share one key space (containerd metastore). */
  readonly snapshots: Table<Snapshot>
  /** What is attached, by key: the intent that attached it. */
  readonly attached: Table<IntentId>
  readonly pending: Table<Pending>
  /** By intent id. */
  readonly outstanding: Table<Asking>
}

/** The state before the first record. */
export const initialState = (profile: Profile): State => ({
  log: '',
  profile,
  seq: 0,
  at: '',
  lastId: 0,
  snapshots: emptyTable((row) => JSON.parse(row) as Snapshot),
  attached: emptyTable((row) => JSON.parse(row) as IntentId),
  pending: emptyTable((row) => JSON.parse(row) as Pending),
  outstanding: emptyTable((row) => JSON.parse(row) as Asking),
})

/** Whether the content of the snapshot is laid out in a directory now. */
export const isAttached = (state: State, key: string): boolean => get(state.attached, key) !== undefined

/** The id of a snapshot called `parent` and those of its parents, nearest first, the base layer last; none for `''`. */
export const parentIds = (state: State, parent: string): readonly SnapshotId[] => {
  if (parent === '') return []
  const snapshot = get(state.snapshots, parent)
  if (snapshot === undefined) throw new Error(`the state holds no record of the parent ${parent}`)
  return [snapshot.id, ...(snapshot.parents ?? parentIds(state, snapshot.parent))]
}

const idInRow = /^\{"id":(\d+),/

/** Every snapshot's key or name and id. Reads the id off rows of a checkpoint without decoding them. */
export function* snapshotIds({ snapshots }: State): Generator<readonly [name: string, id: SnapshotId]> {
  for (const leaf of leavesOf(snapshots.root)) {
    const digits = leaf.row === undefined ? undefined : idInRow.exec(leaf.row)?.[1]
    yield [leaf.key, digits === undefined ? valueOf(snapshots, leaf).id : Number(digits)]
  }
}

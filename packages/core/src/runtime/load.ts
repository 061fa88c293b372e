import * as E from 'fp-ts/lib/Either.js'
import { collectCheckpoint, headRow, openHeadRow, rowPrefixes } from '../log/checkpoint.js'
import { beginning, type Replayed } from '../log/replay.js'
import { storeFault, type StoreFault } from '../model/fault.js'
import type { Profile } from '../model/snapshot.js'
import { initialState, type State } from '../state/state.js'
import type { Clock, EventStore, Head } from './ports.js'
import { foldLog } from './read-log.js'

/** The state at the head of a log, and the one its checkpoint stands for. */
export type Loaded = { readonly state: State; readonly head: Head; readonly checkpointed: State }

const checkpointHead = async (store: EventStore, initial: State): Promise<E.Either<StoreFault, Replayed>> => {
  for await (const rows of store.rows(headRow)) {
    if (E.isLeft(rows)) return rows
    const value = rows.right[0]?.value
    if (value === undefined) continue
    const found = openHeadRow(value, initial)
    return found === undefined
      ? E.left(
          storeFault(
            'the checkpoint was written by another version of the library; open it with that one',
            'UNKNOWN_VERSION',
          ),
        )
      : E.right(found)
  }
  return E.right(beginning(initial.profile))
}

const checkpointState = async (
  store: EventStore,
  clock: Clock,
  initial: State,
): Promise<E.Either<StoreFault, Replayed>> => {
  const found = await checkpointHead(store, initial)
  if (E.isLeft(found) || found.right.state.seq === 0) return found
  const collected = collectCheckpoint(found.right.state)
  for (const prefix of rowPrefixes) {
    for await (const rows of store.rows(prefix)) {
      if (E.isLeft(rows)) return rows
      for (const { key, value } of rows.right) if (value !== undefined) collected.add(key, value)
      await clock.yield()
    }
  }
  return E.right({ state: collected.state(), hash: found.right.hash })
}

/** A log whose records end elsewhere than its head says. */
export const unreached = (head: Head, found: number): StoreFault => {
  const message = `the log says that it ends at record ${head.seq}, but what can be read ends at record ${found}`
  return storeFault(message, 'STALE_HEAD')
}

/** Reads the checkpoint, then the records after it, checking that they reach the store's head. */
export const load = async (
  store: EventStore,
  clock: Clock,
  head: Head,
  profile: Profile,
): Promise<E.Either<StoreFault, Loaded>> => {
  const checkpoint = await checkpointState(store, clock, initialState(profile))
  if (E.isLeft(checkpoint)) return checkpoint
  const folded = await foldLog(store, clock, checkpoint.right)
  if (E.isLeft(folded)) return folded
  const { state, hash } = folded.right
  if (state.seq !== head.seq || hash !== head.hash) return E.left(unreached(head, state.seq))
  return E.right({ state, head, checkpointed: checkpoint.right.state })
}

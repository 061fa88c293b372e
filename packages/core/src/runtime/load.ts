import * as E from 'fp-ts/lib/Either.js'
import { collectCheckpoint, headRow, openHeadRow, rowPrefixes } from '../log/checkpoint.js'
import { noHash } from '../log/record.js'
import { replayFrom, type Replayed } from '../log/replay.js'
import { storeFault, type StoreFault } from '../model/fault.js'
import type { Profile } from '../model/snapshot.js'
import { initialState, type State } from '../state/state.js'
import { rowSliceLength } from './limits.js'
import type { Clock, EventStore, Head } from './ports.js'

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
  return E.right({ state: initial, hash: noHash })
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

/** Reads the checkpoint, then the records after it, checking that they reach the store's head. */
export const load = async (
  store: EventStore,
  clock: Clock,
  head: Head,
  profile: Profile,
): Promise<E.Either<StoreFault, Loaded>> => {
  const checkpoint = await checkpointState(store, clock, initialState(profile))
  if (E.isLeft(checkpoint)) return checkpoint
  let current = checkpoint.right
  for await (const texts of store.read(current.state.seq)) {
    if (E.isLeft(texts)) return texts
    for (let from = 0; from < texts.right.length; from += rowSliceLength) {
      const next = replayFrom(current, texts.right.slice(from, from + rowSliceLength), store.sha256)
      if (E.isLeft(next)) return next
      current = next.right
      await clock.yield()
    }
  }
  if (current.state.seq !== head.seq || current.hash !== head.hash) {
    const message = `the log says that it ends at record ${head.seq}, but what can be read ends at record ${current.state.seq}`
    return E.left(storeFault(message, 'STALE_HEAD'))
  }
  return E.right({ state: current.state, head, checkpointed: checkpoint.right.state })
}

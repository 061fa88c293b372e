import * as E from 'fp-ts/lib/Either.js'
import { intentOf } from '../decider/intents.js'
import { recordAll } from '../decider/step.js'
import type { Event, Recorded } from '../model/event.js'
import type { SnapshotId } from '../model/snapshot.js'
import { entries } from '../state/table.js'
import type { State } from '../state/state.js'
import type { Engine } from './engine.js'
import type { Refused } from './face.js'
import { sliceLength } from './limits.js'
import type { Clock, FoundLayer } from './ports.js'

/** Of the directories found, those that no record and no outstanding intent of this state stands for. */
export const unclaimed = async (
  state: State,
  clock: Clock,
  found: readonly FoundLayer[],
): Promise<readonly FoundLayer[]> => {
  if (found.length === 0) return []
  const known = new Set<SnapshotId>()
  let visited = 0
  for (const [, { id }] of entries(state.snapshots)) {
    known.add(id)
    if (++visited % sliceLength === 0) await clock.yield()
  }
  const working = new Set<SnapshotId>()
  for (const [, asking] of entries(state.outstanding)) working.add(asking.data.id)
  return found.filter(({ id, retired }) => !working.has(id) && (retired || !known.has(id)))
}

/** Records what opening found: a new log's identity, an accepted loss, directories moved aside. */
const recordFindings = async (
  engine: Engine,
  clock: Clock,
  events: readonly Event[],
): Promise<E.Either<Refused, State>> => {
  const state = engine.journal.accepted()
  if (events.length === 0) return E.right(state)
  return engine.record(recordAll(state, events, { id: String(state.seq + 1), by: 'open' }, clock.now()))
}

/**
 * Brings the world to where the log is before anything new is accepted: performs what was outstanding, waits for what was
 * promised, then detaches what a dead owner left attached. Answers the records that this led to.
 */
export const recover = async (
  engine: Engine,
  clock: Clock,
  findings: readonly Event[],
): Promise<E.Either<Refused, readonly Recorded[]>> => {
  const records: Recorded[] = []
  const watching = engine.events$.subscribe((record) => records.push(record))
  const recorded = await recordFindings(engine, clock, findings)
  if (E.isLeft(recorded)) return recorded
  const state = engine.journal.durable()
  for (const [, asking] of entries(state.outstanding)) engine.performer.perform(intentOf(state, asking))
  await engine.performer.idle()
  const lost = await engine.journal.settled()
  if (lost !== undefined) return E.left(lost)
  await detachAll(engine, 'open')
  watching.unsubscribe()
  const fault = engine.journal.fault()
  return fault === undefined ? E.right(records) : E.left(fault)
}

/** Detaches everything that is attached. What can't be detached stays so in the record, and its commit stays refused. */
export const detachAll = async (engine: Engine, by: string): Promise<void> => {
  const keys = [...entries(engine.journal.durable().attached)].map(([key]) => key)
  for (const key of keys) await engine.dispatch({ type: 'Detach', key, by })
}

import * as E from 'fp-ts/lib/Either.js'
import { intentOf } from '../decider/intents.js'
import { recordAll } from '../decider/step.js'
import type { Event, Recorded } from '../model/event.js'
import type { SnapshotId } from '../model/snapshot.js'
import { snapshotIds, type State } from '../state/state.js'
import { entries } from '../state/table.js'
import { dispatch, record, type Engine } from './engine.js'
import type { Refused } from './face.js'
import { settled } from './journal.js'
import { sliceLength } from './limits.js'
import { idle, perform } from './performer.js'
import type { Clock, FoundLayer } from './ports.js'

/** Of the directories found, those that no record and no outstanding intent of this state stands for. */
export const unclaimed = async (
  state: State,
  clock: Clock,
  found: readonly FoundLayer[],
): Promise<readonly FoundLayer[]> => {
  if (found.length === 0) return []
  const recorded = new Set<SnapshotId>()
  for (const [, id] of snapshotIds(state)) {
    recorded.add(id)
    if (recorded.size % sliceLength === 0) await clock.yield()
  }
  const worked = new Set<SnapshotId>()
  for (const [, asking] of entries(state.outstanding)) worked.add(asking.data.id)
  const named = new Set(found.filter(({ retired }) => !retired).map(({ id }) => id))
  // A retire that failed when it was done has renamed a layer whose record stays.
  const isClaimed = ({ id, retired }: FoundLayer): boolean => recorded.has(id) && !(retired && named.has(id))
  return found.filter((layer) => !worked.has(layer.id) && !isClaimed(layer))
}

/** Detaches everything that is attached. What can't be detached stays attached in the record, so that its commit is refused. */
export const detachAll = async (engine: Engine, by: string): Promise<void> => {
  for (const [key] of entries(engine.journal.durable.attached)) await dispatch(engine, { type: 'Detach', key, by })
}

/**
 * Brings the world to where the log is before anything new is accepted: records what opening found, performs what was
 * outstanding, waits for what was promised, then detaches what a dead owner left attached. Answers the records made.
 */
export const recover = async (
  engine: Engine,
  findings: readonly Event[],
): Promise<E.Either<Refused, readonly Recorded[]>> => {
  const { journal, performer, clock } = engine
  const records: Recorded[] = []
  const watching = engine.events$.subscribe((recorded) => records.push(recorded))
  const state = journal.accepted
  const outstanding = [...entries(state.outstanding)].map(([, asking]) => asking)
  if (findings.length > 0) {
    const recorded = await record(
      engine,
      recordAll(state, findings, { id: String(state.seq + 1), by: 'open' }, clock.now()),
    )
    if (E.isLeft(recorded)) return recorded
  }
  for (const asking of outstanding) perform(performer, intentOf(state, asking), asking.cancelled)
  await idle(performer)
  await settled(journal)
  await detachAll(engine, 'open')
  watching.unsubscribe()
  return journal.fault === undefined ? E.right(records) : E.left(journal.fault)
}

import * as E from 'fp-ts/lib/Either.js'
import { intentOf } from '../decider/intents.js'
import { blockersOf } from '../decider/touches.js'
import { closed, failedPrecondition } from '../model/fault.js'
import { infoOf, type Info, type Usage } from '../model/snapshot.js'
import { parseFilters } from '../state/filters.js'
import { find } from '../state/queries.js'
import { isAttached, type State } from '../state/state.js'
import { entries, get } from '../state/table.js'
import type { Engine } from './engine.js'
import type { Outstanding, Refused } from './face.js'
import { guardedFiles } from './guarded-files.js'
import { sliceLength, sliceTime } from './limits.js'
import { brokenContract, outstandingOf } from './performer.js'
import type { Attachment, Backend, Clock } from './ports.js'

/** Committed as recorded; others counted now, but while attached or worked on as of the last detach. */
export const usageOf = async (engine: Engine, backend: Backend, key: string): Promise<E.Either<Refused, Usage>> => {
  const { durable, accepted } = engine.journal
  const found = find(durable, key)
  if (E.isLeft(found)) return found
  const { id, kind, usage } = found.right
  const isAtRest = !isAttached(durable, key) && get(accepted.pending, key) === undefined
  if (kind === 'Committed' || !isAtRest) return E.right({ ...usage })
  try {
    return await backend.usage(id)()
  } catch (cause) {
    return E.left(brokenContract(`usage of layer ${id}`, cause))
  }
}

/** The content of what was attached in `state`, refused once it is no longer attached by the same intent. */
export const attachmentOf = (
  engine: Engine,
  backend: Backend,
  state: State,
  key: string,
): E.Either<Refused, Attachment> => {
  const found = find(state, key)
  if (E.isLeft(found)) return found
  const { id, kind, parent } = found.right
  if (kind === 'Committed') return E.left(failedPrecondition(`files of snapshot ${key}: it is Committed`))
  const attachedBy = get(state.attached, key)
  const isStillAttached = (): boolean =>
    get(engine.journal.durable.attached, key) === attachedBy &&
    blockersOf(engine.journal.accepted, { type: 'Detach', key }).length === 0
  const attachment = backend.files({ id, kind, isParentless: parent === '' })
  return E.right(guardedFiles(attachment, key, isStillAttached))
}

/** Everything durable that has not ended, in the order in which it was asked for. */
export const outstandingIn = ({ journal, performer }: Engine): readonly Outstanding[] =>
  [...entries(journal.durable.outstanding)]
    .map(([, asking]) => asking)
    .toSorted((a, b) => a.seq - b.seq)
    .map((asking) => outstandingOf(performer, intentOf(journal.durable, asking)))

/** Visits one state, fixed at the first `next()`, in slices: an expensive filter may need more than a thousand records' time. */
export async function* walking(
  state: () => State,
  clock: Clock,
  filters: readonly string[],
  isClosed: () => boolean = () => false,
): AsyncGenerator<E.Either<Refused, Info>> {
  const ended = E.left(closed('the snapshotter is closed'))
  if (isClosed()) return yield ended
  const matches = parseFilters(filters)
  if (E.isLeft(matches)) return yield matches
  let visited = 0
  let since = clock.now()
  for (const [, snapshot] of entries(state().snapshots)) {
    if (isClosed()) return yield ended
    const info = infoOf(snapshot)
    if (matches.right(info)) yield E.right(info)
    if (++visited % sliceLength !== 0 && clock.now() - since < sliceTime) continue
    await clock.yield()
    since = clock.now()
  }
}

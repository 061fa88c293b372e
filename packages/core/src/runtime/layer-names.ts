import type { Decided } from '../model/event.js'
import type { SnapshotId } from '../model/snapshot.js'
import { snapshotIds, type State } from '../state/state.js'
import { sliceLength } from './limits.js'
import type { Clock } from './ports.js'

/**
 * The key or name of each layer, by id, for callers who know a layer by its directory. Gathered when first asked for, in
 * slices, and kept up from then on: who never applies or compares pays nothing for it.
 */
export type LayerNames = {
  readonly ready: () => Promise<void>
  /** Of a completed snapshot. To be asked when ready. */
  readonly get: (id: SnapshotId) => string | undefined
  readonly follow: (events: readonly Decided[]) => void
}

export const openLayerNames = (accepted: () => State, clock: Clock): LayerNames => {
  const names = new Map<SnapshotId, string>()
  // What changed while they were being gathered is newer than what is gathered.
  const followed = new Set<SnapshotId>()
  let gathering: Promise<void> | undefined
  let isGathered = false

  const gather = async (): Promise<void> => {
    let visited = 0
    for (const [name, id] of snapshotIds(accepted())) {
      if (!followed.has(id)) names.set(id, name)
      if (++visited % sliceLength === 0) await clock.yield()
    }
    followed.clear()
    isGathered = true
  }
  const follow = (event: Decided): void => {
    if (event.type === 'Prepared') names.set(event.data.id, event.data.key)
    else if (event.type === 'Committed') names.set(event.data.id, event.data.name)
    else if (event.type === 'Removed') names.delete(event.data.id)
    else return
    if (!isGathered) followed.add(event.data.id)
  }
  return {
    ready: () => (gathering ??= gather()),
    get: (id) => names.get(id),
    follow: (events) => {
      if (gathering !== undefined) for (const event of events) follow(event)
    },
  }
}

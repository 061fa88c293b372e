import type { EventOf } from '../model/event.js'
import type { SnapshotId } from '../model/snapshot.js'
import { entries } from '../state/table.js'
import type { State } from '../state/state.js'

/** A snapshot, or one in the making, and the name that it stands on or is to stand on. */
type Standing = { readonly id: SnapshotId; readonly key: string; readonly parent: string }

const standingIn = (state: State): readonly Standing[] => {
  const made = [...entries(state.snapshots)].map(([key, { id, parent }]) => ({ id, key, parent }))
  const making = [...entries(state.outstanding)].flatMap(([, { type, data }]) =>
    type === 'PrepareAccepted' || type === 'CommitAccepted' ? [data] : [],
  )
  return [...made, ...making]
}

/**
 * Gives up the snapshots whose layers are lost, and all that stand on them, children first. `lost` says of each why. One that is
 * being made, or is about to gain a lost parent, counts too. Of an id that the state does not know nothing comes.
 */
export const giveUp = (state: State, lost: ReadonlyMap<SnapshotId, string>): readonly EventOf<'GivenUp'>[] => {
  if (lost.size === 0) return []
  const standing = standingIn(state)
  const children = new Map<string, Standing[]>()
  for (const one of standing) children.set(one.parent, [...(children.get(one.parent) ?? []), one])
  const events = new Map<SnapshotId, EventOf<'GivenUp'>>()
  const follow = ({ id, key }: Standing, reason: string): void => {
    if (events.has(id)) return
    for (const child of children.get(key) ?? [])
      follow(child, lost.get(child.id) ?? `the layer of its parent ${JSON.stringify(key)} is lost`)
    events.set(id, { type: 'GivenUp', data: { id, key, reason } })
  }
  for (const one of standing) {
    const reason = lost.get(one.id)
    if (reason !== undefined) follow(one, reason)
  }
  return [...events.values()]
}

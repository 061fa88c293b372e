import type { Decided } from '../model/event.js'
import type { Intent } from '../model/intent.js'
import { get } from '../state/table.js'
import { parentIds, type Asking, type State } from '../state/state.js'
import type { Snapshot } from '../model/snapshot.js'

/** The intent of an event that asks for one, read off the state as it is after that event. */
export const intentOf = (state: State, asking: Asking): Intent => {
  const id = String(asking.seq)
  const layer = asking.data.id
  switch (asking.type) {
    case 'PrepareAccepted': {
      const { key, kind, purpose, labels, profile, scratch, parent } = asking.data
      const parents = parentIds(state, parent)
      const own = scratch === null ? null : { ...scratch }
      return {
        type: 'CreateLayer',
        id,
        layer,
        key,
        kind,
        parents,
        purpose,
        labels: { ...labels },
        profile,
        scratch: own,
      }
    }
    case 'CommitAccepted': {
      const { key, name, labels, profile, parent } = asking.data
      const { purpose, parent: madeOn, unpacked } = snapshotOf(state, key)
      const parents = parentIds(state, parent)
      return {
        type: 'SealLayer',
        id,
        layer,
        key,
        name,
        parents,
        madeParentless: madeOn === '',
        purpose,
        applied: unpacked !== undefined,
        labels: { ...labels },
        profile,
      }
    }
    case 'ApplyAccepted': {
      const { key, descriptor, limits } = asking.data
      const parents = parentIds(state, snapshotOf(state, key).parent)
      return { type: 'ImportLayer', id, layer, parents, descriptor: { ...descriptor }, limits: { ...limits } }
    }
    case 'RemoveAccepted':
      return { type: 'RetireLayer', id, layer }
    case 'AttachAccepted': {
      const { kind, parent } = snapshotOf(state, asking.data.key)
      if (kind === 'Committed') throw new Error(`the log attaches ${asking.data.key}, which is Committed`)
      return { type: 'AttachLayer', id, layer, kind, parents: parentIds(state, parent) }
    }
    case 'DetachAccepted':
      return { type: 'DetachLayer', id, layer, parents: parentIds(state, snapshotOf(state, asking.data.key).parent) }
    case 'PrepareFailed':
    case 'Removed':
      return { type: 'DestroyLayer', id, layer }
  }
}

const snapshotOf = (state: State, name: string): Snapshot => {
  const snapshot = get(state.snapshots, name)
  if (snapshot === undefined) throw new Error(`an intent names ${name}, which the state does not hold`)
  return snapshot
}

/** The side effects that a durable event asks for: one or none. `state` is the state after the event. */
export const intentsOf = (state: State, event: Decided): readonly Intent[] => {
  const asking = get(state.outstanding, String(event.seq))
  return asking === undefined ? [] : [intentOf(state, asking)]
}

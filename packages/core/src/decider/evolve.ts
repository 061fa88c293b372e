import { Immer } from 'immer'
import type { Decided, EventOf } from '../model/event.js'
import type { Snapshot } from '../model/snapshot.js'
import { entries as entriesOf, get, remove, set, type Table } from '../state/table.js'
import { parentIds, type Asking, type Pending, type State } from '../state/state.js'

const immer = new Immer({ autoFreeze: true })

/** The intents that have not ended and the names they hold. */
type Work = Pick<State, 'outstanding' | 'pending'>

/** The parts of the state that an event changes. */
type Change = Partial<State>

const found = <V>(table: Table<V>, key: string): V => {
  const value = get(table, key)
  if (value === undefined) throw new Error(`the log names ${key}, which the state does not hold`)
  return value
}

const edited = (
  snapshots: Table<Snapshot>,
  name: string,
  edit: (draft: { -readonly [K in keyof Snapshot]: Snapshot[K] }) => void,
) => set(snapshots, name, immer.produce(found(snapshots, name), edit))

const childrenOf = (snapshots: Table<Snapshot>, parent: string, more: 1 | -1): Table<Snapshot> => {
  if (parent === '') return snapshots
  const snapshot = found(snapshots, parent)
  return set(snapshots, parent, { ...snapshot, children: snapshot.children + more })
}

/** The event's intent is outstanding and the names are held for it. */
const asked = (work: Work, event: Asking, names: readonly string[], blocks: Pending['blocks']): Work => {
  const { type, data, seq, at, cause } = event
  const intent = String(seq)
  return {
    outstanding: set(work.outstanding, intent, { type, data, seq, at, cause } as Asking),
    pending: names.reduce((pending, name) => set(pending, name, { intent, blocks }), work.pending),
  }
}

/** The intent has ended and the names are free. */
const ended = (work: Work, intent: string, names: readonly string[]): Work => ({
  outstanding: remove(work.outstanding, intent),
  pending: names.reduce((pending, name) => remove(pending, name), work.pending),
})

const askedBy = <T extends Asking['type']>(
  state: State,
  event: Decided,
  type: T,
): Extract<Asking, { readonly type: T }> => {
  const asking = found(state.outstanding, event.cause.id)
  if (asking.type !== type)
    throw new Error(`event ${event.seq} ends intent ${event.cause.id}, which ${asking.type} asked for`)
  return asking as Extract<Asking, { readonly type: T }>
}

const prepared = (state: State, event: Decided & EventOf<'Prepared'>): Change => {
  const { data } = askedBy(state, event, 'PrepareAccepted')
  const { id, kind, key, parent, purpose, labels, scratch } = data
  const { effective, usage } = event.data
  const snapshot: Snapshot = {
    id,
    kind,
    name: key,
    parent,
    parents: parentIds(state, parent),
    purpose,
    labels,
    created: event.at,
    updated: event.at,
    children: 0,
    usage,
    scratch: scratch === null || effective === null ? null : { ...scratch, effective },
  }
  return { ...ended(state, event.cause.id, [key]), snapshots: set(state.snapshots, key, snapshot) }
}

const committed = (state: State, event: Decided & EventOf<'Committed'>): Change => {
  const { key, name, parent, labels } = askedBy(state, event, 'CommitAccepted').data
  const snapshot = immer.produce(found(state.snapshots, key), (draft) => {
    const parents = parentIds(state, parent)
    Object.assign(draft, { kind: 'Committed', name, parent, parents, labels, usage: event.data.usage })
    draft.created = event.at
    draft.updated = event.at
  })
  return { ...ended(state, event.cause.id, [key, name]), snapshots: set(remove(state.snapshots, key), name, snapshot) }
}

const detached = (state: State, event: Decided & EventOf<'Detached'>): Change => ({
  ...ended(state, event.cause.id, [event.data.key]),
  attached: remove(state.attached, event.data.key),
  snapshots: edited(state.snapshots, event.data.key, (draft) => {
    draft.usage = event.data.usage
  }),
})

const commitAccepted = (state: State, event: Decided & EventOf<'CommitAccepted'>): Change => {
  const { key, name, parent } = event.data
  const gained = found(state.snapshots, key).parent === parent ? '' : parent
  return {
    ...asked(state, event, [key, name], 'everything'),
    snapshots: childrenOf(state.snapshots, gained, 1),
  }
}

const commitFailed = (state: State, event: Decided & EventOf<'CommitFailed'>): Change => {
  const { key, name, parent } = askedBy(state, event, 'CommitAccepted').data
  const gained = found(state.snapshots, key).parent === parent ? '' : parent
  return { ...ended(state, event.cause.id, [key, name]), snapshots: childrenOf(state.snapshots, gained, -1) }
}

const applied = (state: State, event: Decided & EventOf<'Applied'>): Change => {
  const { descriptor } = askedBy(state, event, 'ApplyAccepted').data
  const { key, diffId, size, entries, usage } = event.data
  const snapshot = { ...found(state.snapshots, key), usage, unpacked: { descriptor, diffId, size, entries } }
  return { ...ended(state, event.cause.id, [key]), snapshots: set(state.snapshots, key, snapshot) }
}

const cancelled = (state: State, { data }: EventOf<'CancelAccepted'>): Change => ({
  outstanding: set(state.outstanding, data.intent, { ...found(state.outstanding, data.intent), cancelled: true }),
})

const rescued = (state: State, { data, at }: Decided & EventOf<'Rescued'>): Change => {
  const { id, name, kind, parent, purpose, labels, usage, utilityVm, effective } = data
  const scratch = effective === null ? null : { requested: null, requestedBy: null, utilityVm, note: null, effective }
  const parents = parentIds(state, parent)
  const known = { id, kind, name, parent, parents, purpose, labels, usage, scratch }
  const snapshot: Snapshot = { ...known, created: at, updated: at, children: 0 }
  const snapshots = set(childrenOf(state.snapshots, parent, 1), name, snapshot)
  return { snapshots, lastId: Math.max(state.lastId, id) }
}

/** The parent that an intent under way counts as that of one more child, as long as it has not ended. */
const promisedParent = (state: State, asking: Asking): string => {
  if (asking.type === 'PrepareAccepted') return asking.data.parent
  if (asking.type !== 'CommitAccepted') return ''
  const { key, parent } = asking.data
  return found(state.snapshots, key).parent === parent ? '' : parent
}

const givenUp = (state: State, { data: { id, key } }: EventOf<'GivenUp'>): Change => {
  let work: Work = state
  let { snapshots } = state
  for (const [intent, asking] of entriesOf(state.outstanding)) {
    if (asking.data.id !== id) continue
    const held = [...entriesOf(state.pending)].filter(([, pending]) => pending.intent === intent)
    work = ended(
      work,
      intent,
      held.map(([name]) => name),
    )
    snapshots = childrenOf(snapshots, promisedParent(state, asking), -1)
  }
  const snapshot = get(snapshots, key)
  if (snapshot?.id === id) snapshots = childrenOf(remove(snapshots, key), snapshot.parent, -1)
  const { outstanding, pending } = work
  return { outstanding, pending, snapshots, attached: remove(state.attached, key) }
}

const changeOf = (state: State, event: Decided): Change => {
  switch (event.type) {
    case 'LogCreated':
      return { log: event.data.log }
    case 'PrepareAccepted': {
      const { id, key, parent } = event.data
      const snapshots = childrenOf(state.snapshots, parent, 1)
      return { ...asked(state, event, [key], 'everything'), snapshots, lastId: id }
    }
    case 'Prepared':
      return prepared(state, event)
    case 'PrepareFailed': {
      const { parent } = askedBy(state, event, 'PrepareAccepted').data
      const work = asked(ended(state, event.cause.id, [event.data.key]), event, [], 'everything')
      return { ...work, snapshots: childrenOf(state.snapshots, parent, -1) }
    }
    case 'CommitAccepted':
      return commitAccepted(state, event)
    case 'Committed':
      return committed(state, event)
    case 'CommitFailed':
      return commitFailed(state, event)
    case 'RemoveAccepted':
    case 'ApplyAccepted':
      return asked(state, event, [event.data.key], 'everything')
    case 'Applied':
      return applied(state, event)
    case 'CancelAccepted':
      return cancelled(state, event)
    case 'Removed': {
      const { key } = event.data
      const snapshots = childrenOf(remove(state.snapshots, key), found(state.snapshots, key).parent, -1)
      const work = asked(ended(state, event.cause.id, [key]), event, [], 'everything')
      return { ...work, snapshots, attached: remove(state.attached, key) }
    }
    case 'Destroyed':
      return ended(state, event.cause.id, [])
    case 'Updated': {
      const { key, labels } = event.data
      const snapshots = edited(state.snapshots, key, (draft) => {
        draft.labels = labels
        draft.updated = event.at
      })
      return { snapshots }
    }
    case 'AttachAccepted':
    case 'DetachAccepted':
      return asked(state, event, [event.data.key], 'attachment')
    case 'Attached': {
      const { key } = event.data
      return { ...ended(state, event.cause.id, [key]), attached: set(state.attached, key, event.cause.id) }
    }
    case 'Detached':
      return detached(state, event)
    case 'RemoveFailed':
    case 'ApplyFailed':
    case 'AttachFailed':
    case 'DetachFailed':
      return ended(state, event.cause.id, [event.data.key])
    case 'Quarantined':
    case 'LossAccepted':
      return {}
    case 'IdsBurnt':
      return { lastId: Math.max(state.lastId, event.data.through) }
    case 'Rescued':
      return rescued(state, event)
    case 'GivenUp':
      return givenUp(state, event)
  }
}

/** The state after the event. Pure; an event that does not fit the state throws, because then the log is not this state's. */
export const evolve = (state: State, event: Decided): State => {
  const change = changeOf(state, event)
  // Field by field: spreading two objects into a third costs several times as much, for every event.
  return {
    log: change.log ?? state.log,
    profile: state.profile,
    seq: event.seq,
    at: event.at,
    lastId: change.lastId ?? state.lastId,
    snapshots: change.snapshots ?? state.snapshots,
    attached: change.attached ?? state.attached,
    pending: change.pending ?? state.pending,
    outstanding: change.outstanding ?? state.outstanding,
  }
}

import { giveUp } from '../decider/give-up.js'
import type { EventOf } from '../model/event.js'
import type { Snapshot, SnapshotId } from '../model/snapshot.js'
import { type BackendMend, type Remakable } from '../runtime/ports.js'
import { isAttached, parentIds, type Asking, type State } from '../state/state.js'
import { entries } from '../state/table.js'
import { finding, type Finding } from './findings.js'
import { judgeLayer, type JudgedLayer } from './layers.js'
import type { Root } from './root.js'
import { judgeSidecar } from './sidecars.js'
import { judgeStrays } from './strays.js'

/** What is wrong with a root, and how it is set right. `events`: what the log has to learn of it. */
export type JudgedWorld = {
  readonly findings: readonly Finding[]
  readonly events: readonly EventOf<'GivenUp'>[]
  /** Of what is attached to the log's knowledge only. */
  readonly detachments: readonly EventOf<'DetachAccepted'>[]
  readonly mends: readonly BackendMend[]
}

/** The log and the root that are held against each other. */
export type Compared = { readonly state: State; readonly root: Root; readonly remakes: ReadonlySet<Remakable> }

/** What the log says of layers, by id. */
export type Records = {
  readonly snapshots: ReadonlyMap<SnapshotId, Snapshot>
  /** Work on the layer is under way or owed: what its directory holds says nothing before that has been done. */
  readonly worked: ReadonlyMap<SnapshotId, Asking>
}

export const recordsOf = (state: State): Records => ({
  snapshots: new Map([...entries(state.snapshots)].map(([, one]) => [one.id, withParents(state, one)])),
  worked: new Map([...entries(state.outstanding)].map(([, asking]) => [asking.data.id, asking])),
})

/** Rows of old checkpoints lack the parents' ids. */
const withParents = (state: State, snapshot: Snapshot): Snapshot =>
  snapshot.parents === undefined ? { ...snapshot, parents: parentIds(state, snapshot.parent) } : snapshot

const nothing: JudgedLayer = { findings: [], mends: [] }

const lostLayer = ({ id, name }: Snapshot): JudgedLayer => {
  const found = `snapshots/${id} is missing`
  return { findings: [finding('missing-layer', { id, name, found })], mends: [], lost: found }
}

/** Work that finds its layer's directory there. A removal or a creation may find anything. */
const needsDirectory = ({ type }: Asking): boolean =>
  type === 'CommitAccepted' || type === 'ApplyAccepted' || type === 'AttachAccepted' || type === 'DetachAccepted'

/** The directory of a snapshot and its sidecar. */
const judgeSnapshot = (snapshot: Snapshot, asking: Asking | undefined, compared: Compared): JudgedLayer => {
  const { root, remakes } = compared
  const { id, name } = snapshot
  const layer = root.layers.get(id)
  const retired = root.retired.get(id)
  if (asking !== undefined) {
    const isThere = layer !== undefined || !needsDirectory(asking)
    return isThere ? nothing : lostLayer(snapshot)
  }
  const there = layer ?? retired
  if (there === undefined) return lostLayer(snapshot)
  const disks = root.layers.get(snapshot.parents?.at(-1) ?? id)?.parts?.disks ?? []
  const judged = judgeLayer(snapshot, there.parts, {
    remakes,
    hasTemplate: (path) =>
      remakes.has('template') || disks.some((disk) => disk.path === path && disk.problem === undefined),
    freeName: root.freeName,
    path: `snapshots/${id}`,
  })
  if (judged.lost !== undefined) return judged
  const sidecar = judgeSidecar(compared, snapshot)
  const findings = [...judged.findings, ...sidecar.findings]
  const mends = [...judged.mends, ...sidecar.mends]
  if (layer !== undefined) return { findings, mends }
  const found = `snapshots/${id} is called rm-${id}`
  return {
    findings: [finding('retired-layer', { id, name, found }), ...findings],
    mends: [{ type: 'Reinstate', id }, ...mends],
  }
}

/** What stands on a lost layer is lost with it. */
const heirs = (given: readonly EventOf<'GivenUp'>[], lost: ReadonlyMap<SnapshotId, string>): readonly Finding[] =>
  given
    .filter(({ data }) => !lost.has(data.id))
    .map(({ data: { id, key, reason } }) => finding('missing-parent', { id, name: key, found: reason }))

/** What the log has attached and nothing shows. A parentless layer is seen in its own directory. */
const unseen = ({ state, root }: Compared, { snapshots, worked }: Records): readonly Snapshot[] => {
  const seen = new Set(root.attachments.filter(({ shows }) => shows).map(({ id }) => id))
  return [...snapshots.values()].filter(
    ({ id, name, parents = [] }) => isAttached(state, name) && parents.length > 0 && !worked.has(id) && !seen.has(id),
  )
}

const unseenFinding = ({ id, name }: Snapshot): Finding =>
  finding('missing-attachment', { id, name, found: `layer ${id} is attached, and nothing shows its content` })

/** Holds a root that belongs to the log against its state. */
export const judgeWorld = (compared: Compared): JudgedWorld => {
  const { state, root } = compared
  const records = recordsOf(state)
  const judged = [...records.snapshots.values()]
    .sort((one, other) => one.id - other.id)
    .map((one) => [one, judgeSnapshot(one, records.worked.get(one.id), compared)] as const)
  const lost = new Map(judged.flatMap(([{ id }, one]) => (one.lost === undefined ? [] : [[id, one.lost] as const])))
  const events = giveUp(state, lost)
  const given = new Set(events.map(({ data }) => data.id))
  // What is given up is not mended; of what is lost only that is told.
  const kept = judged.filter(([{ id }]) => !given.has(id)).map(([, one]) => one)
  const told = judged.filter(([{ id }]) => lost.has(id)).map(([, one]) => one)
  const hidden = unseen(compared, records).filter(({ id }) => !given.has(id))
  const detaching = new Set(hidden.map(({ id }) => id))
  const strays = judgeStrays(root, {
    state,
    given,
    has: (id) => (records.snapshots.has(id) || records.worked.has(id)) && !given.has(id),
    isWorked: (id) => (records.worked.has(id) || detaching.has(id)) && !given.has(id),
    isAttached: (id) => {
      const snapshot = records.snapshots.get(id)
      return snapshot !== undefined && isAttached(state, snapshot.name)
    },
  })
  return {
    findings: [
      ...[...told, ...kept].flatMap(({ findings }) => findings),
      ...heirs(events, lost),
      ...hidden.map(unseenFinding),
      ...strays.findings,
    ],
    events,
    detachments: hidden.map(({ id, name: key }) => ({ type: 'DetachAccepted', data: { id, key } })),
    mends: [...kept.flatMap(({ mends }) => mends), ...strays.mends],
  }
}

import type { SnapshotId } from '../model/snapshot.js'
import type { BackendMend } from '../runtime/ports.js'
import type { State } from '../state/state.js'
import { finding, type Finding, type FindingCode } from './findings.js'
import type { Root } from './root.js'

type Judged = { readonly findings: readonly Finding[]; readonly mends: readonly BackendMend[] }

/** What the log says of ids. */
export type Claims = {
  readonly state: State
  /** Those that are being given up. */
  readonly given: ReadonlySet<SnapshotId>
  /** Whether it has a record, or work on it is under way or owed. */
  readonly has: (id: SnapshotId) => boolean
  readonly isWorked: (id: SnapshotId) => boolean
  readonly isAttached: (id: SnapshotId) => boolean
}

const all = (judged: readonly Judged[]): Judged => ({
  findings: judged.flatMap(({ findings }) => findings),
  mends: judged.flatMap(({ mends }) => mends),
})

const byId = (one: { readonly id: SnapshotId }, other: { readonly id: SnapshotId }): number => one.id - other.id

type Moved = Extract<BackendMend, { readonly type: 'QuarantineLayer' }>

const moved = ({ freeName }: Root, id: SnapshotId, retired: boolean): Moved => ({
  type: 'QuarantineLayer',
  id,
  retired,
  to: freeName(`snapshots/${retired ? 'rm-' : ''}${id}`),
})

/** Directories of layers that the log does not know, and retired ones that nobody is about to destroy. */
const strayLayers = (root: Root, { state, given, has, isWorked }: Claims): Judged => {
  const unknown = [...root.layers.values()].filter(({ id }) => !has(id) && !given.has(id)).sort(byId)
  // A retired directory without another one may be that of a snapshot with a record, which gets its name back.
  const retired = [...root.retired.values()]
    .filter(({ id }) => !isWorked(id) && !(has(id) && !root.layers.has(id)) && !given.has(id))
    .sort(byId)
  const codeOf = (id: SnapshotId): FindingCode => (id > state.lastId ? 'unknown-layer' : 'stale-layer')
  return {
    findings: [
      ...unknown.map(({ id, path }) => finding(codeOf(id), { id, found: `${path} has no record in the log` })),
      ...retired.map(({ id, path }) => finding('leftover-retired', { id, found: `${path} was left behind` })),
    ],
    mends: [...unknown, ...retired].map(({ id, retired: isRetired }) => moved(root, id, isRetired)),
  }
}

/** What is left of snapshots that are given up. */
const remains = (root: Root, given: ReadonlySet<SnapshotId>): readonly BackendMend[] =>
  [...given]
    .sort((one, other) => one - other)
    .flatMap((id) => {
      const others = [...root.content, ...root.attachments, ...root.sidecars.values()]
      const isRetired = root.retired.has(id)
      const isThere = root.layers.has(id) || others.some((one) => one.id === id)
      return [...(isThere ? [moved(root, id, false)] : []), ...(isRetired ? [moved(root, id, true)] : [])]
    })

type Trace = { readonly path: string; readonly id: SnapshotId }

const traces = (root: Root, code: FindingCode, found: readonly Trace[], what: string): Judged => ({
  findings: [...new Map(found.map((one) => [one.id, one])).values()].map(({ id, path }) =>
    finding(code, { id, found: `${path} ${what}` }),
  ),
  mends: found.map(({ path }) => ({ type: 'Quarantine', path, to: root.freeName(path) })),
})

/** What takes room in a root and belongs to nothing that the log knows. */
export const judgeStrays = (root: Root, claims: Claims): Judged => {
  const { given, has, isWorked, isAttached } = claims
  const layers = strayLayers(root, claims)
  const leaving = new Set([
    ...given,
    ...layers.mends.flatMap((mend) => (mend.type === 'QuarantineLayer' ? [mend.id] : [])),
  ])
  const isAlone = ({ id }: Trace): boolean => !has(id) && !leaving.has(id)
  const isStray = (one: Trace): boolean => isAlone(one) || (has(one.id) && !isWorked(one.id) && !isAttached(one.id))
  const temporaries = root.temporaries.filter(({ id }) => !isWorked(id))
  return all([
    layers,
    { findings: [], mends: remains(root, given) },
    traces(root, 'stray-sidecar', [...root.sidecars.values()].filter(isAlone), 'is that of a layer that is not there'),
    traces(root, 'stray-content', root.content.filter(isAlone), 'is that of a layer that is not there'),
    traces(root, 'stray-attachment', root.attachments.filter(isStray), 'is there, and the layer is not attached'),
    {
      findings: root.foreign.map(({ path }) => finding('foreign-entry', { found: `${path} is no layer's` })),
      mends: root.foreign.map(({ path }) => ({ type: 'Quarantine', path, to: root.freeName(path) })),
    },
    {
      findings: temporaries.map(({ id, path }) =>
        finding('leftover-temporary', { id, found: `${path} was left behind` }),
      ),
      mends: temporaries.map(({ path }) => ({ type: 'DeleteTemporary', path })),
    },
  ])
}

import { differences } from '../model/differences.js'
import type { Snapshot } from '../model/snapshot.js'
import type { Sidecar } from '../model/sidecar.js'
import type { BackendMend } from '../runtime/ports.js'
import type { State } from '../state/state.js'
import { finding, type Finding, type FindingCode } from './findings.js'
import type { Root } from './root.js'

type Judged = { readonly findings: readonly Finding[]; readonly mends: readonly BackendMend[] }

/** What the sidecar of a snapshot has to say. The profile of its creation or commit is known from a sidecar only. */
const sidecarOf = ({ profile }: State, snapshot: Snapshot, there: Sidecar | undefined): Sidecar => {
  const { id, kind, name, parents = [], purpose, labels } = snapshot
  return { id, kind, name, parents, purpose, profile: there?.profile ?? profile, labels }
}

const problemOf = (
  state: State,
  snapshot: Snapshot,
  found: NonNullable<ReturnType<Root['sidecars']['get']>> | undefined,
): readonly [FindingCode, string] | undefined => {
  if (found === undefined) return ['missing-sidecar', `the sidecar of layer ${snapshot.id} is missing`]
  const { path, log, sidecar } = found
  if (sidecar === undefined) return ['damaged-sidecar', `${path} is no sidecar`]
  if (log !== state.log) return ['foreign-sidecar', `${path} is that of a layer of log ${log}`]
  const { id, kind, name, parents, purpose } = sidecar
  const wanted = sidecarOf(state, snapshot, sidecar)
  const [first] = differences({ ...wanted, id, kind, name, parents, purpose }, wanted)
  if (first === undefined) return undefined
  const [says, is] = [JSON.stringify(first.before), JSON.stringify(first.after)]
  return ['wrong-sidecar', `${path} says that ${first.path} is ${says}, and it is ${is}`]
}

const isEqual = (one: Sidecar | undefined, other: Sidecar): boolean => differences(one, other).next().done === true

/** Judges what is kept beside a layer to know it by. */
export const judgeSidecar = (
  { state, root }: { readonly state: State; readonly root: Root },
  snapshot: Snapshot,
): Judged => {
  const there = root.sidecars.get(snapshot.id)
  const problem = problemOf(state, snapshot, there)
  if (problem === undefined) return { findings: [], mends: [] }
  const { id, name } = snapshot
  const [code, found] = problem
  const wanted = sidecarOf(state, snapshot, there?.sidecar)
  const saysNothingElse = there === undefined || isEqual(there.sidecar, wanted)
  const aside: readonly BackendMend[] = saysNothingElse
    ? []
    : [{ type: 'Quarantine', path: there.path, to: root.freeName(there.path) }]
  const write: BackendMend = { type: 'WriteSidecar', log: state.log, sidecar: wanted }
  return { findings: [finding(code, { id, name, found })], mends: [...aside, write] }
}

import type { Sidecar } from '../model/sidecar.js'
import type { SnapshotId } from '../model/snapshot.js'
import type { LayerParts } from '../runtime/ports.js'
import type { Root } from './root.js'

/** A layer that its sidecar and those below it tell enough of. */
export type Survivor = {
  readonly sidecar: Sidecar
  readonly parts: LayerParts
  /** The parent's name; `''`: none. */
  readonly parent: string
  readonly isAttached: boolean
}

/** Survivors after those that they stand on, and of all others why they are none. */
export type Told = { readonly survivors: readonly Survivor[]; readonly reasons: ReadonlyMap<SnapshotId, string> }

type Candidate = Omit<Survivor, 'parent'>

const candidateAt = (root: Root, id: SnapshotId): Candidate | string => {
  const layer = root.layers.get(id)
  const side = root.sidecars.get(id)
  if (layer === undefined) return root.retired.has(id) ? 'it was about to be destroyed' : 'it has no directory'
  if (side === undefined) return 'it has no sidecar'
  const { sidecar } = side
  if (sidecar === undefined) return `its sidecar ${side.path} can not be read`
  if (sidecar.id !== id) return `its sidecar ${side.path} is that of layer ${sidecar.id}`
  if (layer.parts === undefined) return `${layer.path} is no directory`
  const isHalfFilled = sidecar.purpose === 'unpack' && sidecar.kind !== 'Committed' && layer.parts.names.length > 0
  if (isHalfFilled) return 'a tar was being applied to it, and nothing says how much of it is there; apply it again'
  const isAttached = root.attachments.some((one) => one.id === id)
  return { sidecar, parts: layer.parts, isAttached }
}

/** Of several with one name the Committed one has it, or the youngest. */
const winsOver = (one: Candidate, other: Candidate): boolean => {
  const rank = ({ sidecar }: Candidate): number => (sidecar.kind === 'Committed' ? 1 : 0)
  return rank(one) === rank(other) ? one.sidecar.id > other.sidecar.id : rank(one) > rank(other)
}

/** Goes through what sidecars say, from layers to those that they stand on. */
export const tellSidecars = (root: Root): Told => {
  const reasons = new Map<SnapshotId, string>()
  const candidates = new Map<SnapshotId, Candidate>()
  const holders = new Map<string, Candidate>()
  const ids = [...new Set([...root.layers.keys(), ...root.retired.keys(), ...root.sidecars.keys()])]
  for (const id of ids.sort((one, other) => one - other)) {
    const candidate = candidateAt(root, id)
    if (typeof candidate === 'string') {
      reasons.set(id, candidate)
      continue
    }
    const holder = holders.get(candidate.sidecar.name)
    const loser = holder === undefined || winsOver(candidate, holder) ? holder : candidate
    if (loser !== candidate) holders.set(candidate.sidecar.name, candidate)
    candidates.set(id, candidate)
    if (loser === undefined) continue
    candidates.delete(loser.sidecar.id)
    reasons.set(loser.sidecar.id, `its name ${JSON.stringify(loser.sidecar.name)} is that of another layer, too`)
  }
  const survivors = new Map<SnapshotId, Survivor>()
  const follow = (id: SnapshotId): Survivor | undefined => {
    const known = survivors.get(id)
    const candidate = candidates.get(id)
    if (known !== undefined || candidate === undefined) return known
    const [nearest, ...others] = candidate.sidecar.parents
    // Taken away first: sidecars that were tampered with may go round in circles.
    candidates.delete(id)
    const parent = nearest === undefined ? undefined : follow(nearest)
    if (nearest !== undefined && parent?.sidecar.kind !== 'Committed') {
      reasons.set(id, `its parent, layer ${nearest}, could not be rescued as a Committed one`)
      return undefined
    }
    if (parent !== undefined && parent.sidecar.parents.join() !== others.join()) {
      reasons.set(
        id,
        `it says that layer ${nearest} stands on ${others.join() || 'nothing'}, which that one does not say`,
      )
      return undefined
    }
    const survivor = { ...candidate, parent: parent?.sidecar.name ?? '' }
    survivors.set(id, survivor)
    return survivor
  }
  for (const id of ids) follow(id)
  return { survivors: [...survivors.values()], reasons }
}

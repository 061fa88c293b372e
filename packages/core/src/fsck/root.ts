import type { SnapshotId } from '../model/snapshot.js'
import type { Found } from '../runtime/ports.js'

type With<R extends Found['role']> = Extract<Found, { readonly role: R }>

/** What was found in a root, by role and layer. */
export type Root = {
  readonly owner: With<'owner'> | undefined
  readonly layers: ReadonlyMap<SnapshotId, With<'layer'>>
  readonly retired: ReadonlyMap<SnapshotId, With<'layer'>>
  readonly sidecars: ReadonlyMap<SnapshotId, With<'sidecar'>>
  readonly content: readonly With<'content'>[]
  readonly attachments: readonly With<'attachment'>[]
  readonly temporaries: readonly With<'temporary'>[]
  readonly foreign: readonly With<'foreign'>[]
  /** The highest id that anything belongs to. */
  readonly highest: SnapshotId
  /** A name that is free in quarantine, for what was found at a path; each answer is another one. */
  readonly freeName: (path: string) => string
}

const quarantine = 'quarantine/'

/** Names that nothing in quarantine has; what belongs to a layer is called after it, with an ending. */
const namer = (names: readonly string[]) => {
  const taken = new Set(
    names.flatMap((name) => [name, ...[...name.matchAll(/\./g)].map(({ index }) => name.slice(0, index))]),
  )
  return (path: string): string => {
    const [folder, ...below] = path.split('/')
    const name = folder === 'snapshots' && below.length === 1 ? below.join('') : path.replaceAll('/', '-')
    for (let n = 1; ; n++) {
      const wanted = `${name}-${n}`
      if (taken.has(wanted)) continue
      taken.add(wanted)
      return wanted
    }
  }
}

export const indexFound = (found: readonly Found[]): Root => {
  const sorted = found.toSorted((one, other) => (one.path < other.path ? -1 : 1))
  const of = <R extends Found['role']>(role: R): readonly With<R>[] =>
    sorted.filter((one): one is With<R> => one.role === role)
  const byId = <T extends { readonly id: SnapshotId }>(all: readonly T[]): ReadonlyMap<SnapshotId, T> =>
    new Map(all.map((one) => [one.id, one]))
  const layers = of('layer')
  const quarantined = of('quarantined').map(({ path }) => path.slice(quarantine.length))
  return {
    owner: of('owner')[0],
    layers: byId(layers.filter(({ retired }) => !retired)),
    retired: byId(layers.filter(({ retired }) => retired)),
    sidecars: byId(of('sidecar')),
    content: of('content'),
    attachments: of('attachment'),
    temporaries: of('temporary'),
    foreign: of('foreign'),
    highest: found.reduce((most, one) => ('id' in one ? Math.max(most, one.id) : most), 0),
    freeName: namer(quarantined),
  }
}

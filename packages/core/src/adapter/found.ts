import type { SnapshotId } from '../model/snapshot.js'
import type { Found, FoundLayer } from '../runtime/ports.js'

const layerForm = /^(?<retired>rm-)?(?<id>[1-9]\d{0,15})$/

/** The layer that a name in `snapshots` is that of, its content not looked at yet; or something foreign. */
export const layerNamed = (name: string): Extract<Found, { readonly role: 'layer' | 'foreign' }> => {
  const groups = layerForm.exec(name)?.groups
  const path = `snapshots/${name}`
  if (groups === undefined) return { role: 'foreign', path }
  return { role: 'layer', path, id: Number(groups['id']), retired: groups['retired'] !== undefined, parts: undefined }
}

/** The layers among the names in `snapshots`. */
export const layersNamed = (names: readonly string[]): readonly FoundLayer[] =>
  names.map(layerNamed).flatMap((found) => (found.role === 'layer' ? [{ id: found.id, retired: found.retired }] : []))

/** The sidecar of a layer, not read yet. */
export const sidecarOf = (id: SnapshotId): Found => ({
  role: 'sidecar',
  path: `meta/${id}.json`,
  id,
  log: undefined,
  sidecar: undefined,
})

/** The sidecar that a name in `meta` is that of, not read yet. */
export const sidecarNamed = (name: string): Found | undefined => {
  const [, id] = /^([1-9]\d{0,15})\.json$/.exec(name) ?? []
  return id === undefined ? undefined : sidecarOf(Number(id))
}

/** What the names in a folder below the root stand for; the first group is the layer's id. */
export type Trace = readonly [
  folder: string,
  name: RegExp,
  what: { readonly role: 'content' | 'temporary' } | { readonly role: 'attachment'; readonly shows: boolean },
]

/** What a name in a folder stands for by the first trace that fits; undefined where none does. */
export const traceNamed = (traces: readonly Trace[], folder: string, name: string): Found | undefined => {
  for (const [place, form, what] of traces) {
    const [, id] = (place === folder ? form.exec(name) : undefined) ?? []
    if (id !== undefined) return { ...what, path: `${folder}/${name}`, id: Number(id) }
  }
  return undefined
}

/** Where a layer may have virtual disks: paths below it. */
export const diskPaths = [
  'sandbox.vhdx',
  'vm/sandbox.vhdx',
  'blank-base.vhdx',
  'blank.vhdx',
  'UtilityVM/SystemTemplateBase.vhdx',
  'UtilityVM/SystemTemplate.vhdx',
] as const

/** By disk of a layer, the one that it was copied from or stands on, as a sidecar has them. `isThere` is asked with paths below the root. */
export const templatesThere = (
  id: SnapshotId,
  parents: readonly SnapshotId[],
  isThere: (path: string) => boolean,
): Readonly<Record<string, string>> => {
  const layer = `snapshots/${id}`
  const base = `snapshots/${parents.at(-1) ?? id}`
  const pairs = [
    ['sandbox.vhdx', `${base}/blank.vhdx`],
    ['vm/sandbox.vhdx', `${base}/UtilityVM/SystemTemplate.vhdx`],
    ['blank.vhdx', `${layer}/blank-base.vhdx`],
    ['UtilityVM/SystemTemplate.vhdx', `${layer}/UtilityVM/SystemTemplateBase.vhdx`],
  ] as const
  return Object.fromEntries(pairs.filter(([path]) => isThere(`${layer}/${path}`)))
}

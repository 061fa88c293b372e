import type { Unpacked } from './descriptor.js'

/** `Active`: writable, made by Prepare. `View`: thrown away later, made by View. `Committed`: a layer that others may stand on. */
export type Kind = 'Active' | 'View' | 'Committed'

/** `unpack`: no scratch disk, its commit converts nothing. Settled at Prepare or View, for life. */
export type Purpose = 'scratch' | 'unpack'

/** `bind`: a parentless snapshot is mounted as a bind of its `Files`. `windows-layer`: containerd 2.x, every mount is a `windows-layer`. */
export type Profile = 'bind' | 'windows-layer'

/** Names a layer's directory, in decimal. Positive, counts up, never used twice, kept across commit. */
export type SnapshotId = number

/** Never holds an empty value: an empty value deletes (containerd metastore). */
export type Labels = Readonly<Record<string, string>>

/**
 * Bytes, parents excluded. `size`: logical bytes, counted once per name. `inodes`: 0, as on Windows. `onDisk`: allocated
 * bytes. `scratch`: the part of `size` held as `sandbox.vhdx`.
 */
export type Usage = {
  readonly size: number
  readonly inodes: number
  readonly onDisk: number
  readonly scratch: number
}

/** What the caller's labels asked of the scratch disk, and what came of it. Byte counts are decimal strings. */
export type Scratch = {
  /** `null`: no size was asked for. */
  readonly requested: string | null
  /** What set the size: a label, or the `bind` profile's rule for views. */
  readonly requestedBy: string | null
  /** Also make `vm/sandbox.vhdx` for a utility VM. */
  readonly utilityVm: boolean
  /** For example that the label is deprecated. */
  readonly note: string | null
}

/** A completed snapshot as the state holds it. */
export type Snapshot = {
  readonly id: SnapshotId
  readonly kind: Kind
  /** Its key while Active or View, its name once Committed. */
  readonly name: string
  /** The parent's name; `''`: none. */
  readonly parent: string
  /** Ids of the parents, nearest first, the base layer last. Absent in rows of checkpoints that are older than this field. */
  readonly parents?: readonly SnapshotId[]
  readonly purpose: Purpose
  readonly labels: Labels
  /** RFC 3339 UTC with nine digits. Reset by commit. */
  readonly created: string
  readonly updated: string
  /** Snapshots that stand on this one, pending ones included. */
  readonly children: number
  /** Committed: as of the commit. Others: as of creation or the last detach. */
  readonly usage: Usage
  /** `null`: no scratch disk. */
  readonly scratch: (Scratch & { readonly effective: string }) | null
  /** Absent: nothing was applied. */
  readonly unpacked?: Unpacked
}

/** A snapshot as callers see it. */
export type Info = {
  readonly name: string
  readonly kind: Kind
  readonly parent: string
  readonly labels: Labels
  /** RFC 3339 UTC text with nine digits and `Z`. */
  readonly created: string
  readonly updated: string
}

/** What a runtime mounts. `target` is always empty; the options come in containerd's order. */
export type Mount = {
  readonly type: 'bind' | 'windows-layer'
  readonly source: string
  readonly target: string
  readonly options: readonly string[]
}

/** The caller's own: nothing in it is shared with the state. */
export const infoOf = (snapshot: Snapshot): Info => ({
  name: snapshot.name,
  kind: snapshot.kind,
  parent: snapshot.parent,
  labels: { ...snapshot.labels },
  created: snapshot.created,
  updated: snapshot.updated,
})

/** Own labels only, so that a label called `toString` is absent unless somebody set it. */
export const labelOf = (labels: Labels, key: string): string | undefined =>
  Object.hasOwn(labels, key) ? labels[key] : undefined

/** containerd metastore: entries whose value is empty are never stored. */
export const storedLabels = (labels: Labels): Labels =>
  Object.fromEntries(Object.entries(labels).filter(([, value]) => value !== ''))

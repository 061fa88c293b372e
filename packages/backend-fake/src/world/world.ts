import { pathOf, type Layout, type SnapshotId } from '@varve/core/ports'
import type { Disk } from './disk.js'

/** A simulated Windows storage: the same rules over either disk. */
export type World = {
  readonly layout: Layout
  readonly disk: Disk
  /** Nanoseconds since 1970. */
  readonly now: () => bigint
  /** UUID of the log that owns the root; `''` before it is claimed. */
  log: string
  /** The root of each attached layer's content. */
  readonly attached: Map<SnapshotId, string>
}

export const makeWorld = (layout: Layout, disk: Disk, now: () => bigint): World => ({
  layout,
  disk,
  now,
  log: '',
  attached: new Map(),
})

/** A path of the disk as people and tools see it. */
export const shownPath = (world: World, path: string): string => pathOf(world.layout, ...path.split('/'))

export const layerOf = (id: SnapshotId): string => `snapshots/${id}`
export const retiredOf = (id: SnapshotId): string => `snapshots/rm-${id}`
/** Content of a parentless layer and of a committed one. */
export const filesOf = (id: SnapshotId): string => `snapshots/${id}/Files`
/** What a scratch with parents has of its own: `Files`, its table and the streams that are in the table. */
export const deltaOf = (id: SnapshotId): string => `scratch/${id}`
export const deltaFilesOf = (id: SnapshotId): string => `scratch/${id}/Files`
export const deltaTableOf = (id: SnapshotId): string => `scratch/${id}/deleted.ndjson`
export const deltaStreamsOf = (id: SnapshotId): string => `scratch/${id}/streams`
/** A delta, or the table of a layer that is being imported, before it is complete. */
export const halfDeltaOf = (id: SnapshotId): string => `scratch/${id}.tmp`
/** A complete delta that is about to replace the one before. */
export const newDeltaOf = (id: SnapshotId): string => `scratch/${id}.new`
/** What a layer hides from its parents' content, and what its files can't hold of their metadata. */
export const tableOf = (id: SnapshotId): string => `tables/${id}.ndjson`
/** Bytes of alternate data streams, one behind the other. */
export const streamsOf = (id: SnapshotId): string => `tables/${id}.streams`
/** What a seal makes in a parentless layer that was not there before: kept while it can be undone. */
export const sealNoteOf = (id: SnapshotId): string => `scratch/${id}.seal`
/** The merged tree of an attached layer with parents: complete when it is there. */
export const mountOf = (id: SnapshotId): string => `mounts/${id}`
/** The merged tree of a layer that was retired while it was attached. */
export const retiredMountOf = (id: SnapshotId): string => `mounts/rm-${id}`
export const manifestOf = (id: SnapshotId): string => `mounts/${id}.ndjson`
export const sidecarOf = (id: SnapshotId): string => `meta/${id}.json`

/** Names of things half made or half removed, deleted when found at opening. */
export const halfBuilt = /^\d+\.(?:tmp|part|gone|probe)$/

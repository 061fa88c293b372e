import type { SnapshotId } from './snapshot.js'

/** Where a backend keeps its layers. `root` is absolute and has no trailing separator. */
export type Layout = { readonly root: string; readonly separator: '/' | '\\' }

/** Joins names below a root; the names themselves are taken as they are. */
export const pathOf = (layout: Layout, ...names: readonly string[]): string =>
  [layout.root, ...names].join(layout.separator)

/** `<root>/snapshots/<id>`: the directory of a layer of any kind. */
export const layerPath = (layout: Layout, id: SnapshotId): string => pathOf(layout, 'snapshots', String(id))

/** `<root>/snapshots/rm-<id>`: a layer that is being destroyed. */
export const retiredPath = (layout: Layout, id: SnapshotId): string => pathOf(layout, 'snapshots', `rm-${id}`)

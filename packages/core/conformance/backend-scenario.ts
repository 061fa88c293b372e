import type { Intent, Result } from '../src/model/intent.js'
import type { SnapshotId } from '../src/model/snapshot.js'
import type { Backend } from '../src/runtime/ports.js'
import { attached } from './backend-rig.js'
import { holds, type Tree } from './content.js'

/** One intent on a layer of its own, beside the base layer 1: what it needs, and what must hold once it is done. */
export type Scenario = {
  readonly name: string
  readonly before: (backend: Backend, layer: SnapshotId) => Promise<unknown>
  readonly intent: (layer: SnapshotId) => Intent
  /** Of an import. */
  readonly tar?: Uint8Array
  /** However often it took. */
  readonly check: (backend: Backend, layer: SnapshotId, result: Result) => Promise<void>
  /** What the layer shows when the intent failed: of a seal, because the snapshot is Active again. */
  readonly active?: {
    readonly parents: readonly SnapshotId[]
    readonly tree: Tree
    /** What it stands on, and shows, once it is sealed. */
    readonly sealedOn: readonly SnapshotId[]
    readonly sealedTree: Tree
  }
}

/** On the base layer that every scenario finds. */
export const onBase = { parents: [1] }

export const shows = (
  backend: Backend,
  layer: SnapshotId,
  parents: readonly SnapshotId[],
  tree: Tree,
  kind: 'Active' | 'View' = 'Active',
): Promise<void> => attached(backend, layer, { parents, kind }, (files) => holds('what the layer shows', files, tree))

export const nothing = async (): Promise<void> => undefined

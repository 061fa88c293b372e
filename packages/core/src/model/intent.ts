import type { ApplyLimits, Descriptor, TarRead } from './descriptor.js'
import type { Failure } from './fault.js'
import type { Labels, Profile, Purpose, Scratch, SnapshotId, Usage } from './snapshot.js'

/** The sequence number, in decimal, of the event that asked for the intent. */
export type IntentId = string

/**
 * A side effect that a backend performs. Each is idempotent by `id`: performed again, it looks at what is there and does
 * the rest. `layer` names the directory, `parents` the layers below it, nearest first, the base layer last.
 */
export type Intent = CreateLayer | SealLayer | ImportLayer | AttachLayer | DetachLayer | RetireLayer | DestroyLayer

type Asked<T extends string> = { readonly type: T; readonly id: IntentId; readonly layer: SnapshotId }

/** Makes the layer's directory: `Files` when parentless, `sandbox.vhdx` copied from the base layer otherwise, nothing for unpack. */
export type CreateLayer = Asked<'CreateLayer'> & {
  readonly key: string
  readonly kind: 'Active' | 'View'
  readonly parents: readonly SnapshotId[]
  readonly purpose: Purpose
  readonly labels: Labels
  readonly profile: Profile
  readonly scratch: Scratch | null
}

/**
 * Turns a scratch into a layer that others may stand on: converted in place into a base layer without parents, re-imported
 * with parents. An unpack layer that a tar was applied to without parents becomes a base layer, or a layer of the parent it
 * gained; one that nothing was applied to shows what its parents show. `parents` are those it has once committed; one made
 * without parents (`madeParentless`) may have gained one.
 */
export type SealLayer = Asked<'SealLayer'> & {
  readonly key: string
  readonly name: string
  readonly parents: readonly SnapshotId[]
  readonly madeParentless: boolean
  readonly purpose: Purpose
  /** Whether a tar was applied to it. */
  readonly applied: boolean
  readonly labels: Labels
  readonly profile: Profile
}

/**
 * Fills a layer from the tar that is given with the call. What a run before it left there is removed first; a run that fails
 * leaves the layer empty.
 */
export type ImportLayer = Asked<'ImportLayer'> & {
  readonly parents: readonly SnapshotId[]
  readonly descriptor: Descriptor
  readonly limits: ApplyLimits
}

/** Makes the content of a layer and its parents readable and writable in one directory. */
export type AttachLayer = Asked<'AttachLayer'> & {
  readonly kind: 'Active' | 'View'
  readonly parents: readonly SnapshotId[]
}

/** Takes what was written into the layer and removes the directory that attach made. */
export type DetachLayer = Asked<'DetachLayer'> & { readonly parents: readonly SnapshotId[] }

/** Renames the layer's directory to `rm-<id>`; an attached layer is detached first and what was written is dropped. */
export type RetireLayer = Asked<'RetireLayer'>

/** Deletes what is left of a layer, under its own name (a failed prepare) or as `rm-<id>`. Owed: tried until done. */
export type DestroyLayer = Asked<'DestroyLayer'>

/** Who is told of a failure: a promised intent's caller; an owed one is tried again until it is done. */
export const isOwed = (intent: Intent): boolean => intent.type === 'DestroyLayer'

/** What a backend answers when an intent is done. */
export type Result =
  | {
      readonly type: 'LayerCreated'
      readonly usage: Usage
      /** Virtual size of the scratch disk in bytes, decimal; `null` without one. */
      readonly effective: string | null
    }
  | { readonly type: 'LayerSealed'; readonly usage: Usage }
  | { readonly type: 'LayerImported'; readonly usage: Usage; readonly entries: number }
  | { readonly type: 'LayerAttached' }
  | { readonly type: 'LayerDetached'; readonly usage: Usage }
  | { readonly type: 'LayerRetired' }
  | { readonly type: 'LayerDestroyed' }

/** How an intent ended; an input of `decide` like any command. `tar`: of an import, what was read of its tar. */
export type Outcome =
  | { readonly type: 'Succeeded'; readonly intent: IntentId; readonly result: Result; readonly tar?: TarRead }
  | { readonly type: 'Failed'; readonly intent: IntentId; readonly failure: Failure }

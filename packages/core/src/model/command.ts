import type { ApplyLimits, Descriptor } from './descriptor.js'
import type { Labels, Purpose } from './snapshot.js'

/** What a caller may ask. `parent` `''` or absent: none. `by`: who asks, a free string kept with the events. */
export type Command = Prepare | View | Commit | Remove | Update | Attach | Detach | Apply | Cancel

type Asked = { readonly by?: string }
type Creation = Asked & {
  readonly key: string
  readonly parent?: string
  readonly labels?: Labels
  /** Absent: `unpack` when the key contains `extract-`, else `scratch`. */
  readonly purpose?: Purpose
}

/** Makes an Active snapshot. */
export type Prepare = Creation & { readonly type: 'Prepare' }
/** Makes a View, which can't be committed. */
export type View = Creation & { readonly type: 'View' }
/** Turns the Active snapshot `key` into the Committed snapshot `name`. `labels` replace those given at Prepare. */
export type Commit = Asked & {
  readonly type: 'Commit'
  readonly name: string
  readonly key: string
  readonly labels?: Labels
  /** A parentless snapshot may gain a parent here. */
  readonly parent?: string
}
/** Removes a snapshot of any kind on which none stands. */
export type Remove = Asked & { readonly type: 'Remove'; readonly key: string }
/** Replaces the labels, or with `paths` (`labels`, `labels.K`) just those named. */
export type Update = Asked & {
  readonly type: 'Update'
  readonly name: string
  readonly labels?: Labels
  readonly paths?: readonly string[]
}
/** Lays out the content of an Active or View in a directory. */
export type Attach = Asked & { readonly type: 'Attach'; readonly key: string }
/** Takes what was written there into the snapshot. */
export type Detach = Asked & { readonly type: 'Detach'; readonly key: string }
/** Fills the empty layer of an Active unpack snapshot from a blob of the content. */
export type Apply = Asked & {
  readonly type: 'Apply'
  readonly key: string
  readonly descriptor: Descriptor
  /** Default: `defaultApplyLimits`. */
  readonly limits?: Partial<ApplyLimits>
}
/** Ends the commit or apply under way on `key`, which is Active again then. Too late once its last step has begun. */
export type Cancel = Asked & { readonly type: 'Cancel'; readonly key: string }

import type { Either } from 'fp-ts/lib/Either.js'
import type { TaskEither } from 'fp-ts/lib/TaskEither.js'
import type { CheckpointRow } from '../log/checkpoint.js'
import type { BackendFault, StoreFault } from '../model/fault.js'
import type { Sidecar } from '../model/sidecar.js'
import type { SnapshotId } from '../model/snapshot.js'

/** The end of a log, as a store notes it. */
export type NotedHead = { readonly log: string; readonly seq: number; readonly hash: string }

/** What a store says of itself without judging it. */
export type StoreFacts = {
  /** The log's UUID as far as the store knows it; of an empty store a new one. */
  readonly log: string
  /** Noted with the records; `damaged`: can't be read; undefined: nothing was ever written. */
  readonly head: NotedHead | 'damaged' | undefined
  /** Noted apart from the records, so that their loss is noticed; undefined: not there, or this store has none. */
  readonly anchor: NotedHead | 'damaged' | undefined
}

/** A record as it was found: its text may be anything. */
export type FoundRecord = { readonly seq: number; readonly text: string }

/**
 * How a log is mended, in one atomic durable step: it ends at record `keep`, followed by `records`. What it had after `keep` is not
 * destroyed but put beside the log first. `rows` go with it as in an append. What the store notes of its head, and its anchor, are
 * made anew.
 */
export type StoreMend = {
  readonly log: string
  readonly keep: number
  readonly records: readonly { readonly seq: number; readonly hash: string; readonly text: string }[]
  /** The hash of the last record then: of `records`, or of `keep`. */
  readonly hash: string
  readonly rows: readonly CheckpointRow[]
}

/** A store that is held for maintenance. Every call answers, none throws. */
export type MaintainedStore = {
  readonly facts: StoreFacts
  /** All records there are, in the order of their numbers, gaps or not. Ends after the first Left. */
  readonly records: () => AsyncIterable<Either<StoreFault, readonly FoundRecord[]>>
  readonly rows: (prefix: string) => AsyncIterable<Either<StoreFault, readonly CheckpointRow[]>>
  readonly mend: (mend: StoreMend) => TaskEither<StoreFault, void>
  /** May be called twice. */
  readonly close: () => TaskEither<StoreFault, void>
}

/** What `check`, `repair` and `rescue` need of a store. */
export type StoreMaintenance = {
  /**
   * Takes the store as `open` does, whatever state its log is in, and changes nothing. A StoreFault while anybody has it open. May
   * be called again after it was closed.
   */
  readonly open: () => TaskEither<StoreFault, MaintainedStore>
}

/**
 * A virtual disk of a layer. `path` is below the layer, its names joined by `/`. Of one that is in use neither size nor problem need
 * be known.
 */
export type FoundDisk = {
  readonly path: string
  /** Virtual size in bytes, decimal. */
  readonly virtualSize?: string
  /** Why it is no use. `truncated`: it ends too early. */
  readonly problem?: { readonly kind: 'truncated' | 'damaged'; readonly message: string }
}

/** What is in the directory of a layer, as far as layers differ in it. */
export type LayerParts = {
  /** Names in it, sorted by UTF-16 code units. */
  readonly names: readonly string[]
  /** Whether `Files` is a directory. */
  readonly hasFiles: boolean
  /** Whether `UtilityVM/Files` is a directory. */
  readonly hasUtilityVm: boolean
  /** Of the files that only a base layer has (hives and layout, the disks apart) those that are missing. */
  readonly missingBaseFiles: readonly string[]
  readonly disks: readonly FoundDisk[]
}

/**
 * Something in a backend's root. `path` is below the root, its names joined by `/`. Roles, besides those that say themselves:
 * `content`: belongs to a layer and is kept beside its directory. `attachment`: shows a layer's content, or says that it is shown.
 * `temporary`: half made or half removed, of no use to anybody but who made it. `foreign`: nothing that a backend makes there.
 */
export type Found =
  /** `log`: the UUID of whose layers these are; undefined: it does not say. */
  | { readonly role: 'owner'; readonly path: string; readonly log: string | undefined }
  /** Called `<id>`, or `rm-<id>` when retired. `parts`: undefined where it is no directory. */
  | {
      readonly role: 'layer'
      readonly path: string
      readonly id: SnapshotId
      readonly retired: boolean
      readonly parts: LayerParts | undefined
    }
  /** `sidecar` and `log`: undefined where it can't be read. */
  | {
      readonly role: 'sidecar'
      readonly path: string
      readonly id: SnapshotId
      readonly log: string | undefined
      readonly sidecar: Sidecar | undefined
    }
  | { readonly role: 'content'; readonly path: string; readonly id: SnapshotId }
  /** `shows`: the content is seen there; of an attached layer with parents one does. */
  | { readonly role: 'attachment'; readonly path: string; readonly id: SnapshotId; readonly shows: boolean }
  | { readonly role: 'temporary'; readonly path: string; readonly id: SnapshotId }
  | { readonly role: 'quarantined'; readonly path: string }
  | { readonly role: 'foreign'; readonly path: string }

/** Parts of layers that a backend may be able to make anew without a loss of content. */
export type Remakable = 'scratch of an Active' | 'scratch of a View' | 'template' | 'base files'

/**
 * What a backend can be told to mend. Each is done again without harm, none deletes content, and what is answered survives loss of
 * power. `to` is a name below `<root>/quarantine` that is free.
 */
export type BackendMend =
  /** The root is that of this log from now on. */
  | { readonly type: 'TakeRoot'; readonly log: string }
  /** Moves the layer, and all that is kept of it elsewhere, under both of its names; detaches it before. */
  | { readonly type: 'QuarantineLayer'; readonly id: SnapshotId; readonly retired: boolean; readonly to: string }
  /** Moves what was found at a path. An attachment is taken down. */
  | { readonly type: 'Quarantine'; readonly path: string; readonly to: string }
  /** `rm-<id>` is called `<id>` again. */
  | { readonly type: 'Reinstate'; readonly id: SnapshotId }
  | { readonly type: 'WriteSidecar'; readonly log: string; readonly sidecar: Sidecar }
  /** Makes a disk that is missing. `requested`: bytes, decimal; a template has its own size. */
  | {
      readonly type: 'RemakeDisk'
      readonly id: SnapshotId
      readonly path: string
      readonly parents: readonly SnapshotId[]
      readonly requested: string
    }
  /** Makes the files of a base layer that are missing. */
  | { readonly type: 'RemakeBaseFiles'; readonly id: SnapshotId }
  /** Deletes what was found as a `temporary`; anything else is refused. */
  | { readonly type: 'DeleteTemporary'; readonly path: string }

/** What `check`, `repair` and `rescue` need of a backend. It need not be open for it, and must not be in use. */
export type BackendMaintenance = {
  readonly remakes: readonly Remakable[]
  /** Everything in the root, one thing at a time; changes nothing and takes nothing. Ends after the first Left. */
  readonly inspect: () => AsyncIterable<Either<BackendFault, Found>>
  readonly mend: (mend: BackendMend) => TaskEither<BackendFault, void>
}

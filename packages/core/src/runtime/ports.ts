import type { Either } from 'fp-ts/lib/Either.js'
import type { TaskEither } from 'fp-ts/lib/TaskEither.js'
import type {
  BackendFault,
  Failure,
  FailedPrecondition,
  InvalidArgument,
  NotFound,
  StoreFault,
} from '../model/fault.js'
import type { Intent, Result } from '../model/intent.js'
import type { Layout } from '../model/layout.js'
import type { Labels, SnapshotId, Usage } from '../model/snapshot.js'
import type { CheckpointRow } from '../log/checkpoint.js'
import type { BackendMaintenance, StoreMaintenance } from './maintenance.js'
import type { Sha256 } from '../log/record.js'

/** Time and turns. Nothing else in core knows what time it is. */
export type Clock = {
  /** Nanoseconds since 1970, UTC. */
  readonly now: () => bigint
  /** Resolves after `ms` milliseconds, or at once when the signal fires; never rejects. */
  readonly sleep: (ms: number, signal?: AbortSignal) => Promise<void>
  /** Lets other work of the process have a turn. */
  readonly yield: () => Promise<void>
}

export type { Sha256 }
export * from './maintenance.js'

/** The end of a log: the last record's number and hash. Of an empty log: 0 and 64 zeros. */
export type Head = { readonly seq: number; readonly hash: string }

/** A record as it is stored: its number, its hash, and its text, which holds both. */
export type Sealed = { readonly seq: number; readonly hash: string; readonly text: string }

/**
 * What a store keeps beside its records: the rows of checkpoints, and inputs where they are kept. One without a value deletes the row of
 * its key.
 */
export type Row = CheckpointRow

/** What opening a store found. `log` is the log's UUID; for an empty store a new one, to be recorded first. */
export type OpenedStore = {
  readonly log: string
  readonly head: Head
  /** Acknowledged records that are gone and whose loss the operator has accepted: `after` < seq <= `through`. */
  readonly lost?: { readonly after: number; readonly through: number }
}

/** A log of records with rows beside it. One writer; every call answers, none throws. */
export type EventStore = {
  readonly sha256: Sha256
  readonly open: () => TaskEither<StoreFault, OpenedStore>
  /**
   * Writes records and rows in one atomic durable batch, after which the head is the last record's. Refused with a
   * StoreFault `STALE_HEAD`, nothing written, when the log does not end at `expected`, and with `INVALID_RECORDS` when the
   * records don't follow it one by one. Calls are not made in parallel.
   */
  readonly append: (expected: Head, records: readonly Sealed[], rows?: readonly Row[]) => TaskEither<StoreFault, void>
  /** The texts of all records after `after`, in order, in batches of any size. Ends after the first Left. */
  readonly read: (after: number) => AsyncIterable<Either<StoreFault, readonly string[]>>
  /** All rows whose key starts with `prefix`, in batches of at most 250. Ends after the first Left. */
  readonly rows: (prefix: string) => AsyncIterable<Either<StoreFault, readonly Row[]>>
  /** May be called twice. */
  readonly close: () => TaskEither<StoreFault, void>
  /** Absent: the store can't be checked, repaired or filled by a rescue. */
  readonly maintenance?: StoreMaintenance
}

/** A directory of layers as a backend found it: `snapshots/<id>`, or `snapshots/rm-<id>` when retired. */
export type FoundLayer = { readonly id: SnapshotId; readonly retired: boolean }

/** What a backend needs to know about the log when it opens its root. */
export type OwnedBy = {
  readonly log: string
  /** Of the layers found, those that the log has no record of. */
  readonly unclaimed: (found: readonly FoundLayer[]) => Promise<readonly FoundLayer[]>
}

/** Progress of one intent, or of an export (`intent` `''`). `totalBytes` is absent while unknown. */
export type Progress = {
  readonly intent: string
  readonly layer: SnapshotId
  readonly files: number
  readonly bytes: number
  readonly totalBytes?: number
}

/** Bytes in chunks of any size; ends after the first Left. A chunk belongs to whoever receives it. */
export type ByteStream<F> = AsyncIterable<Either<F, Uint8Array>>

/**
 * `signal` fires when the intent is cancelled: SealLayer and ImportLayer then undo what they have done and fail, if they still
 * can; it may have fired before the call, when the process that cancelled is dead. `tar`: of ImportLayer, the uncompressed tar;
 * a Left in it is what the intent fails with.
 */
export type ExecuteOptions = {
  readonly signal: AbortSignal
  readonly progress: (progress: Progress) => void
  readonly tar?: ByteStream<Failure>
  /** Takes chunks of the tar that are needed no more: their buffers are filled again. */
  readonly spend?: (chunk: Uint8Array) => void
}

/** A layer to be read as a tar. `parents`: nearest first, the base layer last. */
export type ExportedLayer = { readonly id: SnapshotId; readonly parents: readonly SnapshotId[] }

export type ExportOptions = {
  readonly signal: AbortSignal
  readonly progress: (progress: Progress) => void
  /** Every time in the tar is this one, nanoseconds since 1970. */
  readonly epoch?: bigint
  /** Chunks of this stream that its reader needs no more, one at a call: the backend may fill their buffers again. */
  readonly spent?: () => Uint8Array | undefined
}

/** Performs intents. Every call answers, none throws. */
export type Backend = {
  readonly layout: Layout
  readonly supports: {
    /** Whether a write to an attached view fails (otherwise it is kept apart and dropped with the view). */
    readonly readOnlyViews: boolean
  }
  /**
   * Takes the root for this log (a root of another log is a BackendFault) and moves unclaimed directories to
   * `<root>/quarantine`, whose names below that folder it answers.
   */
  readonly open: (owner: OwnedBy) => TaskEither<BackendFault, { readonly quarantined: readonly string[] }>
  /**
   * Performs one intent. What it has answered survives a loss of power, as the record of it does: a log must not speak of a layer
   * that is not there. Of AttachLayer and DestroyLayer nothing needs to survive.
   */
  readonly execute: (intent: Intent, options: ExecuteOptions) => TaskEither<Failure, Result>
  /**
   * The Windows layer tar of a layer that is not attached: the same bytes each time while nothing changes it. Begins at the
   * first `next()`; leaving the loop ends it.
   */
  readonly exportLayer: (layer: ExportedLayer, options: ExportOptions) => ByteStream<Failure>
  /** Of a layer that is not attached, counted now. */
  readonly usage: (id: SnapshotId) => TaskEither<BackendFault, Usage>
  /** The content of an attached layer. Answers at once, also for one that is not attached: its files refuse every call. */
  readonly files: (layer: AttachedLayer) => Attachment
  /** May be called twice. */
  readonly close: () => TaskEither<BackendFault, void>
  /** Absent: the root can't be checked, repaired or rescued. */
  readonly maintenance?: BackendMaintenance
}

/** A layer as its attachment needs it. */
export type AttachedLayer = {
  readonly id: SnapshotId
  readonly kind: 'Active' | 'View'
  readonly isParentless: boolean
}

/** Where an attached layer is: a directory of the host (in memory: a path that no host call can open), and its content. */
export type Attachment = { readonly path: string; readonly files: Files }

export type FilesError = NotFound | FailedPrecondition | Failure

/** `size` in bytes (0 unless a file); `modified` in nanoseconds since 1970; `target` of a symlink. */
export type FileStat = {
  readonly type: 'file' | 'directory' | 'symlink'
  readonly size: number
  readonly modified: bigint
  readonly target?: string
}

/**
 * The content of an attached layer, the same in every world. Paths are relative and use `/`; `''` is the root; a path that
 * leaves the root or leads through a symlink is InvalidArgument; a missing one is NotFound; after detach every call is
 * FailedPrecondition.
 */
export type Files = {
  readonly read: (path: string) => TaskEither<FilesError, Uint8Array>
  /** Replaces or creates the file, and the directories above it. */
  readonly write: (path: string, content: Uint8Array | string) => TaskEither<FilesError, void>
  /** Names in a directory, sorted by UTF-16 code units. */
  readonly list: (path: string) => TaskEither<FilesError, readonly string[]>
  /** Does not follow a symlink. */
  readonly stat: (path: string) => TaskEither<FilesError, FileStat>
  /** Removes a file, a symlink, or a directory with all it holds. */
  readonly remove: (path: string) => TaskEither<FilesError, void>
  /** Replaces what is at `to` if it is a file. */
  readonly rename: (from: string, to: string) => TaskEither<FilesError, void>
  /** A second name for a file. */
  readonly link: (existing: string, path: string) => TaskEither<FilesError, void>
  /** `target` is stored as it is and never followed. */
  readonly symlink: (target: string, path: string) => TaskEither<FilesError, void>
}

/** A blob that is there. */
export type BlobInfo = { readonly digest: string; readonly size: number; readonly labels: Labels }

/** Writes one blob. After `commit` or `abort` it is over. */
export type ContentWriter = {
  /** The bytes are the caller's own again once it has answered. */
  readonly write: (bytes: Uint8Array) => TaskEither<StoreFault, void>
  /**
   * Makes the blob durable under its digest. InvalidArgument, nothing kept, when size or digest are not those expected. One
   * that is there already is success; its labels gain those given.
   */
  readonly commit: (expected: {
    readonly digest?: string
    readonly size?: number
    readonly labels?: Labels
  }) => TaskEither<InvalidArgument | StoreFault, BlobInfo>
  /** Drops what was written. */
  readonly abort: () => TaskEither<StoreFault, void>
}

/** Blobs by digest. Every call answers, none throws. */
export type Content = {
  readonly info: (digest: string) => TaskEither<NotFound | StoreFault, BlobInfo>
  /**
   * The bytes as they are there: whoever needs to be sure hashes them. `spent` answers chunks of this stream that its reader
   * needs no more, one at a call: their buffers may be filled again.
   */
  readonly read: (
    digest: string,
    options?: { readonly spent?: () => Uint8Array | undefined },
  ) => ByteStream<NotFound | StoreFault>
  /**
   * Begins a blob under a name of the caller's choice; what a dead writer left under it is dropped. A StoreFault `REF_LOCKED`
   * while another writer has it.
   */
  readonly writer: (ref: string) => TaskEither<StoreFault, ContentWriter>
  /** Sets labels of a blob; an empty value deletes. */
  readonly label: (digest: string, labels: Labels) => TaskEither<NotFound | StoreFault, void>
}

export type Compression = 'gzip' | 'zstd'

/** A digest in the making. */
export type Hash = {
  readonly update: (bytes: Uint8Array) => void
  /** 64 lower-case hex digits. */
  readonly digest: () => string
}

/** Digests and compression, which core does not do itself. */
export type Codecs = {
  readonly sha256: () => Hash
  /** Streams that can't be decompressed are InvalidArgument. Leaving the loop ends it. */
  readonly decompress: <F>(compression: Compression, bytes: ByteStream<F>) => ByteStream<F | InvalidArgument>
  /** At the default level, the same bytes for the same bytes. */
  readonly compress: <F>(compression: Compression, bytes: ByteStream<F>) => ByteStream<F | StoreFault>
  /** Why it can't compress so, naming the version that could; undefined when it can. Decompressing can always be done. */
  readonly whyNotCompress: (compression: Compression) => string | undefined
}

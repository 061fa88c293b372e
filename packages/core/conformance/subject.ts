import type { Intent } from '../src/model/intent.js'
import type { Layout } from '../src/model/layout.js'
import type { Profile } from '../src/model/snapshot.js'
import type { PromiseSnapshotter } from '../src/promise.js'
import type { Backend, Codecs, Content, EventStore } from '../src/runtime/ports.js'

export type { PromiseFiles, PromiseSnapshotter } from '../src/promise.js'

/** What a snapshotter case is run with: an open snapshotter over an empty log and an empty root. */
export type SnapshotterSubject = {
  readonly snapshotter: PromiseSnapshotter
  /** The one it was opened with. */
  readonly profile: Profile
  /** The backend's. */
  readonly layout: Layout
  /** The backend's. */
  readonly supports: Backend['supports']
  /** The clock that the snapshotter goes by, in nanoseconds since 1970. */
  readonly now: () => bigint
  /** Closes the snapshotter, which the case may have closed already, and drops the log and the root. */
  readonly close: () => Promise<void>
}

/** What a store case is run with. */
export type StoreSubject = {
  /** Not opened yet, and empty. */
  readonly store: EventStore
  /** Another store, not opened yet, over the same data. Called after the one before was closed. */
  readonly reopen: () => Promise<EventStore>
  /** Closes what is open and drops the data. */
  readonly close: () => Promise<void>
}

/** What a backend case is run with. */
export type BackendSubject = {
  /** Not opened yet, over an empty root. */
  readonly backend: Backend
  /** Another backend, not opened yet, over the same root, as after a crash: the one before was not closed. */
  readonly reopen: () => Promise<Backend>
  /**
   * Makes the next run of an intent of that type, by the first backend, fail with a BackendFault after `steps`
   * of its steps, leaving what those made. A run of no more than `steps` steps succeeds. Without `cut`, the cases that cut an
   * intent run it to its end.
   */
  readonly cut?: (type: Intent['type'], steps: number) => void
  /**
   * Paths of everything below a directory that the root is in and that nothing else uses. With it, a run that fails must
   * leave none behind, inside the root and beside it.
   */
  readonly names?: () => Promise<readonly string[]>
  /** Closes what is open and drops the root. */
  readonly close: () => Promise<void>
}

/** What a blob case is run with. */
export type ContentSubject = {
  /** Holds nothing yet. */
  readonly content: Content
  /** Another one over the same data; both may be used from then on. */
  readonly reopen: () => Promise<Content>
  /** Drops the data. */
  readonly close: () => Promise<void>
}

/** What a codec case is run with. */
export type CodecsSubject = { readonly codecs: Codecs; readonly close: () => Promise<void> }

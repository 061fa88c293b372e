import type { Either } from 'fp-ts/lib/Either.js'
import type { TaskEither } from 'fp-ts/lib/TaskEither.js'
import type { Observable } from 'rxjs'
import type { Command } from '../model/command.js'
import type { ApplyLimits, Descriptor } from '../model/descriptor.js'
import type { Event, Recorded } from '../model/event.js'
import type { Fault, Rejection } from '../model/fault.js'
import type { Intent } from '../model/intent.js'
import type { Info, Labels, Mount, Profile, Purpose, SnapshotId, Usage } from '../model/snapshot.js'
import type { Explanation } from '../log/explanation.js'
import type { History } from './history-face.js'
import type { Attachment, Backend, Clock, Codecs, Content, EventStore, Progress } from './ports.js'

/** What any call of a snapshotter may end with. */
export type Refused = Rejection | Fault

/** Given to `openSnapshotter`. Anything else is an InvalidArgument. */
export type OpenOptions = {
  readonly store: EventStore
  readonly backend: Backend
  /** Where blobs are. Without it and `codecs`, apply and compare are FailedPrecondition. */
  readonly content?: Content
  readonly codecs?: Codecs
  /** Default `bind`. */
  readonly profile?: Profile
  /** Default: the host's clock. */
  readonly clock?: Clock
  /** Keeps every input that leads to events in the store with them, for `redecide`. Default: false. */
  readonly journal?: boolean
}

/**
 * `signal` ends the caller's waiting; an accepted command still runs to its end, but for a commit or an apply, which is undone
 * if it still can be. `by`: who asks, kept with the events.
 */
export type CallOptions = { readonly signal?: AbortSignal; readonly by?: string }
export type CreateOptions = CallOptions & {
  readonly parent?: string
  readonly labels?: Labels
  /** Default: `unpack` when the key contains `extract-`, else `scratch`. */
  readonly purpose?: Purpose
}
export type CommitOptions = CallOptions & { readonly labels?: Labels; readonly parent?: string }

export type ApplyOptions = CallOptions & {
  /** The blob, for one that the content may not have: written there and verified first. */
  readonly stream?: AsyncIterable<Uint8Array>
  /** Default: `defaultApplyLimits`. */
  readonly limits?: Partial<ApplyLimits>
}
export type CompareOptions = {
  /** Default `application/vnd.oci.image.layer.v1.tar+gzip`; also `…tar` and `…tar+zstd`. */
  readonly mediaType?: string
  /** Every time in the tar, in seconds since 1970. */
  readonly sourceDateEpoch?: number
  /** Labels of the blob. */
  readonly labels?: Labels
  /** Under which name the blob is written. Default: one that nobody else uses. */
  readonly ref?: string
  /** Ends the comparison; nothing is left of it. */
  readonly signal?: AbortSignal
}

/** An intent that is under way or owed. `attempts` counts this opening's runs; `lastFault` is what the last one ended with. */
export type Outstanding = {
  readonly intent: Intent
  readonly owed: boolean
  readonly attempts: number
  readonly lastFault: string | null
}

/**
 * What a command would do now. `events` and `intents` are those of its acceptance and of what follows when every intent
 * succeeds; outcome data (usage, effective sizes) is left out. Where the command would wait, both are empty and `blockers`
 * lists the intents it would wait for.
 */
export type Plan = {
  readonly events: readonly { readonly type: Event['type']; readonly data: Readonly<Record<string, unknown>> }[]
  readonly intents: readonly Intent[]
  readonly blockers: readonly Intent[]
}

/** Streams of an open snapshotter; they complete when it closes. */
export type Streams = {
  /** Every record once it is durable, before its caller is answered. */
  readonly events$: Observable<Recorded>
  /** Every intent when its run starts, also again at recovery. */
  readonly intents$: Observable<Intent>
  readonly progress$: Observable<Progress>
}

/** The snapshotter whose calls are TaskEithers: nothing happens until the task is run. */
export type Snapshotter = Streams & {
  /** The records that opening made: outstanding intents that were performed again, what was detached or moved aside. */
  readonly recovered: readonly Recorded[]
  readonly prepare: (key: string, options?: CreateOptions) => TaskEither<Refused, readonly Mount[]>
  readonly view: (key: string, options?: CreateOptions) => TaskEither<Refused, readonly Mount[]>
  readonly commit: (name: string, key: string, options?: CommitOptions) => TaskEither<Refused, void>
  readonly remove: (key: string, options?: CallOptions) => TaskEither<Refused, void>
  readonly update: (
    info: { readonly name: string; readonly labels?: Labels },
    paths?: readonly string[],
    options?: CallOptions,
  ) => TaskEither<Refused, Info>
  readonly attach: (key: string, options?: CallOptions) => TaskEither<Refused, Attachment>
  readonly detach: (key: string, options?: CallOptions) => TaskEither<Refused, void>
  /**
   * Fills the layer that the mounts of an unpack snapshot stand for from a blob of the content. Answers the uncompressed tar's
   * descriptor, whose digest is the DiffID. What was applied already is answered as it was recorded.
   */
  readonly apply: (
    descriptor: Descriptor,
    mounts: readonly Mount[],
    options?: ApplyOptions,
  ) => TaskEither<Refused, Descriptor>
  /**
   * Writes what `upper` changed of `lower`, the mounts of a view of its parent, to the content, and answers the blob's
   * descriptor. A committed layer that was unpacked gives back the blob it came from, if that is still there.
   */
  readonly compare: (
    lower: readonly Mount[],
    upper: readonly Mount[],
    options?: CompareOptions,
  ) => TaskEither<Refused, Descriptor>
  readonly stat: (key: string) => TaskEither<Refused, Info>
  readonly mounts: (key: string) => TaskEither<Refused, readonly Mount[]>
  readonly usage: (key: string) => TaskEither<Refused, Usage>
  /** Snapshots that match any of the filters (containerd's language, docs/model.md), in no promised order; ends after the first Left. */
  readonly walk: (filters?: readonly string[]) => AsyncIterable<Either<Refused, Info>>
  readonly plan: (command: Command) => TaskEither<Refused, Plan>
  /** Everything that has been accepted and has not ended. */
  readonly outstanding: () => TaskEither<Refused, readonly Outstanding[]>
  /**
   * Every record from number `seq` on: those in the log, then each as it becomes durable; none twice, none left out. Errors with
   * what any call may end with.
   */
  readonly eventsFrom: (seq: number) => Observable<Recorded>
  /** Why a snapshot is as it is, or how it ended: by key or name, or by its id. Reads the log at most twice. */
  readonly explain: (target: string | SnapshotId) => TaskEither<Refused, Explanation>
  /** Folds the log up to now, so that it can be asked about any moment until the snapshotter closes. */
  readonly history: () => TaskEither<Refused, History>
  /** Performs every owed intent now; fails with the first fault after all were tried. */
  readonly cleanup: () => TaskEither<Refused, void>
  /** Ends parked commands, waits for running intents, detaches, writes a checkpoint. May be called twice. */
  readonly close: () => TaskEither<Fault, void>
}

import * as t from 'io-ts'
import {
  BytesCodec,
  DescriptorCodec,
  EntriesCodec,
  FailureCodec,
  LimitsCodec,
  TarReadFields,
  UsageCodec,
} from './codecs.js'

const Id = t.number
const OnKey = { id: Id, key: t.string }
const LabelsCodec = t.record(t.string, t.string)
const PurposeCodec = t.union([t.literal('scratch'), t.literal('unpack')])
const ProfileCodec = t.union([t.literal('bind'), t.literal('windows-layer')])
const ScratchCodec = t.type({
  requested: t.union([BytesCodec, t.null]),
  requestedBy: t.union([t.string, t.null]),
  utilityVm: t.boolean,
  note: t.union([t.string, t.null]),
})

/** Data of the newest version of every event, by type. `id` is the snapshot's, `key` its key or name at that moment. */
export const eventData = {
  /** The first record of every log. `log` is its UUID. */
  LogCreated: t.type({ log: t.string }),
  /** Prepare or View was accepted: the id is used up, the parent has one more child. */
  PrepareAccepted: t.type({
    ...OnKey,
    kind: t.union([t.literal('Active'), t.literal('View')]),
    parent: t.string,
    purpose: PurposeCodec,
    labels: LabelsCodec,
    profile: ProfileCodec,
    scratch: t.union([ScratchCodec, t.null]),
  }),
  Prepared: t.type({ ...OnKey, effective: t.union([BytesCodec, t.null]), usage: UsageCodec }),
  PrepareFailed: t.type({ ...OnKey, failure: FailureCodec }),
  /** `parent` is the one it has once committed. */
  CommitAccepted: t.type({
    ...OnKey,
    name: t.string,
    parent: t.string,
    labels: LabelsCodec,
    profile: ProfileCodec,
  }),
  Committed: t.type({ ...OnKey, name: t.string, usage: UsageCodec }),
  CommitFailed: t.type({ ...OnKey, name: t.string, failure: FailureCodec }),
  ApplyAccepted: t.type({ ...OnKey, descriptor: DescriptorCodec, limits: LimitsCodec }),
  /** `diffId` and `size` are those of the uncompressed tar. */
  Applied: t.type({ ...OnKey, ...TarReadFields, entries: EntriesCodec, usage: UsageCodec }),
  ApplyFailed: t.type({ ...OnKey, failure: FailureCodec }),
  /** The intent of the commit or apply under way is to undo what it has done, if it still can. */
  CancelAccepted: t.type({ ...OnKey, intent: t.string }),
  RemoveAccepted: t.type(OnKey),
  /** The record is gone and the directory renamed; destroying it is owed. */
  Removed: t.type(OnKey),
  RemoveFailed: t.type({ ...OnKey, failure: FailureCodec }),
  Destroyed: t.type({ id: Id }),
  /** `labels` are the complete labels from now on. */
  Updated: t.type({ key: t.string, labels: LabelsCodec }),
  AttachAccepted: t.type(OnKey),
  Attached: t.type(OnKey),
  AttachFailed: t.type({ ...OnKey, failure: FailureCodec }),
  DetachAccepted: t.type(OnKey),
  Detached: t.type({ ...OnKey, usage: UsageCodec }),
  DetachFailed: t.type({ ...OnKey, failure: FailureCodec }),
  /** Directories that no record claims were moved to `<root>/quarantine`. */
  Quarantined: t.type({ directories: t.readonlyArray(t.string) }),
  /** The operator accepted that acknowledged records are gone: those after `after` up to `through`. */
  LossAccepted: t.type({ after: t.number, through: t.number }),
  /** Ids up to this one may have been in use by records that are gone: none of them is given to a snapshot again. */
  IdsBurnt: t.type({ through: Id }),
  /** The snapshot, or what was being made under that key, is no more, because its layer or one below it is gone. */
  GivenUp: t.type({ ...OnKey, reason: t.string }),
  /** A snapshot whose records are gone, as its sidecar tells it. `effective`: the virtual size of its scratch disk. */
  Rescued: t.type({
    id: Id,
    name: t.string,
    kind: t.union([t.literal('Active'), t.literal('View'), t.literal('Committed')]),
    parent: t.string,
    purpose: PurposeCodec,
    labels: LabelsCodec,
    profile: ProfileCodec,
    utilityVm: t.boolean,
    effective: t.union([BytesCodec, t.null]),
    usage: UsageCodec,
  }),
} as const

type Data = typeof eventData
export type EventType = keyof Data

/** Something that happened, in the past tense. */
export type Event = { readonly [T in EventType]: { readonly type: T; readonly data: t.TypeOf<Data[T]> } }[EventType]
export type EventOf<T extends EventType> = Extract<Event, { readonly type: T }>

/** `id`: the command (the sequence number of its first event) or the intent that led to the event. `by`: who asked. */
export type Cause = { readonly id: string; readonly by?: string }

/** An event in its place in the log, as `step` returns it. `at` is RFC 3339 UTC with nine digits, later than every earlier one. */
export type Decided = Event & { readonly seq: number; readonly at: string; readonly cause: Cause }

/** A record as stored. `v` is the version of its data; `hash` covers the previous record's hash and this record's text. */
export type Recorded = Decided & { readonly v: number; readonly hash: string }

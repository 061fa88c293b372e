import type { Checked } from '../src/fsck/check.js'
import type { RepairPlan } from '../src/fsck/judge.js'
import type { Repaired } from '../src/fsck/repair.js'
import type { Rescued } from '../src/fsck/rescue.js'
import type { FoundRecord, NotedHead } from '../src/runtime/ports.js'
import type { PromiseSnapshotter } from './subject.js'

/** The files of a backend's root, by paths below it whose names are joined by `/`. To be used while nobody has it open. */
export type RootFiles = {
  /** Names in a directory; none where there is no directory. */
  readonly list: (path: string) => Promise<readonly string[]>
  /** Undefined where there is no file. */
  readonly read: (path: string) => Promise<Uint8Array | undefined>
  /** Makes or replaces a file, and the directories above it. */
  readonly write: (path: string, content: Uint8Array | string) => Promise<void>
  /** Cuts a file to so many bytes. */
  readonly truncate: (path: string, length: number) => Promise<void>
  readonly remove: (path: string) => Promise<void>
  readonly rename: (from: string, to: string) => Promise<void>
}

/** What a store holds, behind its back. To be used while nobody has it open. */
export type LogFiles = {
  readonly records: () => Promise<readonly FoundRecord[]>
  readonly put: (record: FoundRecord) => Promise<void>
  readonly drop: (seq: number) => Promise<void>
  /** Loses records after `seq` as stores lose them: the store's own note of its head says nothing of them. */
  readonly loseAfter: (seq: number) => Promise<void>
  readonly rows: () => Promise<ReadonlyMap<string, string>>
  readonly putRow: (key: string, value: string | undefined) => Promise<void>
  readonly anchor: () => Promise<NotedHead | undefined>
  readonly setAnchor: (anchor: NotedHead | 'damaged') => Promise<void>
  /** Absent: the store has no note of its head that could be damaged. */
  readonly damageHead?: () => Promise<void>
  readonly sha256: (text: string) => string
}

/** Files that are written to snapshots which are attached: texts by path, by key. */
export type Written = Readonly<Record<string, Readonly<Record<string, string>>>>

/** A store and a backend that can be damaged, checked and repaired. */
export type FsckSubject = {
  readonly open: () => Promise<PromiseSnapshotter>
  /** Opens, attaches as `attachAll` does, and leaves everything as a process that is killed then. */
  readonly leaveAttached: (written: Written) => Promise<void>
  readonly check: () => Promise<Checked>
  readonly repair: (plan: RepairPlan) => Promise<Repaired>
  /** Into a log that is empty; from then on that is the log of this subject. */
  readonly rescue: () => Promise<Rescued>
  readonly root: RootFiles
  readonly log: LogFiles
  /** Paths of what the backend keeps of a layer beside its directory, and of what it has half made of it. */
  readonly beside: (id: number) => { readonly content: string; readonly temporary: string }
  /** Whether the backend can make the disks of a base layer anew. */
  readonly remakesTemplates: boolean
}

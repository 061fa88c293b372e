import type { Command } from './model/command.js'
import type { Info, Labels, Mount, SnapshotId, Usage } from './model/snapshot.js'
import type { Descriptor } from './model/descriptor.js'
import type {
  ApplyOptions,
  CallOptions,
  CommitOptions,
  CompareOptions,
  CreateOptions,
  OpenOptions,
  Outstanding,
  Plan,
  Snapshotter,
  Streams,
} from './runtime/face.js'
import type { FileStat, Files } from './runtime/ports.js'
import type { Explanation } from './log/explanation.js'
import type { Recorded } from './model/event.js'
import { iterated, promised, resolved, thrownFrom } from './promised.js'
import { historyOf, type PromiseHistory } from './promise-history.js'
import { openSnapshotter as openTask } from './runtime/snapshotter.js'

/** The content of an attached snapshot, as promises. */
export type PromiseFiles = {
  readonly read: (path: string) => Promise<Uint8Array>
  readonly write: (path: string, content: Uint8Array | string) => Promise<void>
  readonly list: (path: string) => Promise<readonly string[]>
  readonly stat: (path: string) => Promise<FileStat>
  readonly remove: (path: string) => Promise<void>
  readonly rename: (from: string, to: string) => Promise<void>
  readonly link: (existing: string, path: string) => Promise<void>
  readonly symlink: (target: string, path: string) => Promise<void>
}

/** The snapshotter whose calls are promises. A refusal rejects with an Error that carries the tagged value's fields. */
export type PromiseSnapshotter = Streams & {
  readonly recovered: readonly Recorded[]
  readonly prepare: (key: string, options?: CreateOptions) => Promise<readonly Mount[]>
  readonly view: (key: string, options?: CreateOptions) => Promise<readonly Mount[]>
  readonly commit: (name: string, key: string, options?: CommitOptions) => Promise<void>
  readonly remove: (key: string, options?: CallOptions) => Promise<void>
  readonly update: (
    info: { readonly name: string; readonly labels?: Labels },
    paths?: readonly string[],
    options?: CallOptions,
  ) => Promise<Info>
  readonly attach: (
    key: string,
    options?: CallOptions,
  ) => Promise<{ readonly path: string; readonly files: PromiseFiles }>
  readonly detach: (key: string, options?: CallOptions) => Promise<void>
  readonly apply: (descriptor: Descriptor, mounts: readonly Mount[], options?: ApplyOptions) => Promise<Descriptor>
  readonly compare: (lower: readonly Mount[], upper: readonly Mount[], options?: CompareOptions) => Promise<Descriptor>
  readonly stat: (key: string) => Promise<Info>
  readonly mounts: (key: string) => Promise<readonly Mount[]>
  readonly usage: (key: string) => Promise<Usage>
  readonly walk: (filters?: readonly string[]) => AsyncIterable<Info>
  readonly plan: (command: Command) => Promise<Plan>
  readonly outstanding: () => Promise<readonly Outstanding[]>
  /** Every record from number `seq` on: those in the log, then each as it becomes durable; ends when the snapshotter closes. */
  readonly eventsFrom: (seq: number) => AsyncIterable<Recorded>
  readonly explain: (target: string | SnapshotId) => Promise<Explanation>
  readonly history: () => Promise<PromiseHistory>
  readonly cleanup: () => Promise<void>
  readonly close: () => Promise<void>
  readonly [Symbol.asyncDispose]: () => Promise<void>
}

const filesOf = ({ read, write, list, stat, remove, rename, link, symlink }: Files): PromiseFiles => ({
  read: promised(read),
  write: promised(write),
  list: promised(list),
  stat: promised(stat),
  remove: promised(remove),
  rename: promised(rename),
  link: promised(link),
  symlink: promised(symlink),
})

const faceOf = (snapshotter: Snapshotter): PromiseSnapshotter => {
  const attach = promised(snapshotter.attach)
  const close = promised(snapshotter.close)
  return {
    events$: snapshotter.events$,
    intents$: snapshotter.intents$,
    progress$: snapshotter.progress$,
    recovered: snapshotter.recovered,
    prepare: promised(snapshotter.prepare),
    view: promised(snapshotter.view),
    commit: promised(snapshotter.commit),
    remove: promised(snapshotter.remove),
    update: promised(snapshotter.update),
    attach: async (key, options) => {
      const { path, files } = await attach(key, options)
      return { path, files: filesOf(files) }
    },
    detach: promised(snapshotter.detach),
    apply: promised(snapshotter.apply),
    compare: promised(snapshotter.compare),
    stat: promised(snapshotter.stat),
    mounts: promised(snapshotter.mounts),
    usage: promised(snapshotter.usage),
    walk: (filters) => thrownFrom(snapshotter.walk(filters)),
    plan: promised(snapshotter.plan),
    outstanding: promised(snapshotter.outstanding),
    eventsFrom: (seq) => iterated(snapshotter.eventsFrom, seq),
    explain: promised(snapshotter.explain),
    history: async () => historyOf(await resolved(snapshotter.history())),
    cleanup: promised(snapshotter.cleanup),
    close,
    [Symbol.asyncDispose]: close,
  }
}

/** Opens a snapshotter whose calls are promises; otherwise the same as `openSnapshotter` of `@varve/core`. */
export const openSnapshotter = async (options: OpenOptions): Promise<PromiseSnapshotter> =>
  faceOf(await resolved(openTask(options)))

export { check, repair, rescue } from './promise-fsck.js'
export { exportBundle, importBundle } from './promise-bundle.js'
export { openHistory, type PromiseHistory, type PromiseMoment } from './promise-history.js'

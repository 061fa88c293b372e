import * as E from 'fp-ts/lib/Either.js'
import type { TaskEither } from 'fp-ts/lib/TaskEither.js'
import type { Command } from './model/command.js'
import type { Info, Labels, Mount, Usage } from './model/snapshot.js'
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
  Refused,
  Snapshotter,
  Streams,
} from './runtime/face.js'
import type { FileStat, Files } from './runtime/ports.js'
import type { Recorded } from './model/event.js'
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
  readonly cleanup: () => Promise<void>
  readonly close: () => Promise<void>
  readonly [Symbol.asyncDispose]: () => Promise<void>
}

/** The tagged value as an Error; of an abort the signal's own reason. */
const thrown = (refused: Refused): unknown =>
  refused._tag === 'Aborted'
    ? refused.reason
    : Object.assign(new Error(refused.message), refused, { name: refused._tag })

const resolved = async <R>(task: TaskEither<Refused, R>): Promise<R> => {
  const result = await task()
  if (E.isLeft(result)) throw thrown(result.left)
  return result.right
}

const promised =
  <A extends readonly unknown[], R>(call: (...args: A) => TaskEither<Refused, R>) =>
  (...args: A): Promise<R> =>
    resolved(call(...args))

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

async function* thrownFrom(infos: AsyncIterable<E.Either<Refused, Info>>): AsyncGenerator<Info> {
  for await (const info of infos) {
    if (E.isLeft(info)) throw thrown(info.left)
    yield info.right
  }
}

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
    cleanup: promised(snapshotter.cleanup),
    close,
    [Symbol.asyncDispose]: close,
  }
}

/** Opens a snapshotter whose calls are promises; otherwise the same as `openSnapshotter` of `@varve/core`. */
export const openSnapshotter = async (options: OpenOptions): Promise<PromiseSnapshotter> =>
  faceOf(await resolved(openTask(options)))

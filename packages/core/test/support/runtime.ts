import * as E from 'fp-ts/lib/Either.js'
import type { TaskEither } from 'fp-ts/lib/TaskEither.js'
import {
  openSnapshotter,
  type Backend,
  type EventStore,
  type Failure,
  type Info,
  type Intent,
  type OpenOptions,
  type Recorded,
  type Refused,
  type Snapshotter,
} from '@varve/core'
import { turns } from './clock.js'
import { arrayStore, recordingBackend } from './memory.js'

/** What a task answers, or its refusal as an error. */
export const ok = async <R>(task: TaskEither<{ readonly _tag: string; readonly message: string }, R>): Promise<R> => {
  const result = await task()
  if (E.isLeft(result)) throw new Error(`${result.left._tag}: ${result.left.message}`)
  return result.right
}

/** The refusal that a task ends with. */
export const refused = async <L extends { readonly _tag: string }>(task: TaskEither<L, unknown>): Promise<L> => {
  const result = await task()
  if (E.isRight(result)) throw new Error('it was not refused')
  return result.left
}

/** How a task ended: the tag of its refusal, or `done`. */
export const ending = async (task: TaskEither<{ readonly _tag: string }, unknown>): Promise<string> => {
  const result = await task()
  return E.isLeft(result) ? result.left._tag : 'done'
}

/** What a promise rejects with: an Error with the fields of the refusal. */
export const rejection = async (promise: Promise<unknown>): Promise<Error & Record<string, unknown>> => {
  const [result] = await Promise.allSettled([promise])
  if (result?.status !== 'rejected') throw new Error('it did not reject')
  return result.reason as Error & Record<string, unknown>
}

export const open = (options: Partial<OpenOptions> = {}): Promise<Snapshotter> =>
  ok(openSnapshotter({ store: arrayStore(), backend: recordingBackend(), ...options }))

/** The records of a store, as its texts tell them. */
export const recordsOf = ({ texts }: { readonly texts: readonly string[] }): readonly Recorded[] =>
  texts.map((text) => JSON.parse(text) as Recorded)

/** What a record of a failure keeps of it. */
export const failureIn = (record: Recorded | undefined): Failure => {
  if (record === undefined || !('failure' in record.data)) throw new Error(`${record?.type} is no failure`)
  return record.data.failure
}

export const typesOf = (store: { readonly texts: readonly string[] }): readonly string[] =>
  recordsOf(store).map(({ type }) => type)

/** All snapshots by name. */
export const infosOf = async (snapshotter: Snapshotter): Promise<ReadonlyMap<string, Info>> => {
  const infos: Info[] = []
  for await (const info of snapshotter.walk()) {
    if (E.isLeft(info)) throw new Error(info.left.message)
    infos.push(info.right)
  }
  return new Map(infos.sort((one, other) => (one.name < other.name ? -1 : 1)).map((info) => [info.name, info]))
}

/** A committed snapshot without a parent. */
export const commitLayer = async (snapshotter: Snapshotter, name: string): Promise<void> => {
  await ok(snapshotter.prepare(`${name}-key`))
  await ok(snapshotter.commit(name, `${name}-key`))
}

/** Whether a promise has ended once nothing else is left to run. */
export const hasEnded = async (promise: Promise<unknown>): Promise<boolean> => {
  let ended = false
  const note = (): void => {
    ended = true
  }
  promise.then(note, note)
  await turns()
  return ended
}

type Held = { readonly intent: Intent; readonly end: (failure?: Failure) => void }

/** A backend whose intents wait until the test ends them. */
export type GatedBackend = ReturnType<typeof recordingBackend> & {
  readonly held: readonly Held[]
  /** Ends the oldest held intent, or the oldest of a type, and lets run what follows. */
  readonly release: (type?: Intent['type'], failure?: Failure) => Promise<void>
  /** Ends all that are held; from now on holds nothing. */
  readonly releaseAll: () => Promise<void>
}

export const gatedBackend = (holds: (intent: Intent) => boolean = () => true): GatedBackend => {
  const held: Held[] = []
  let isOpen = false
  const backend = recordingBackend((intent) =>
    isOpen || !holds(intent)
      ? undefined
      : new Promise((resolve) => held.push({ intent, end: (failure) => resolve(failure) })),
  )
  return {
    ...backend,
    held,
    release: async (type, failure) => {
      const index = held.findIndex(({ intent }) => type === undefined || intent.type === type)
      const [found] = index < 0 ? [] : held.splice(index, 1)
      if (found === undefined) throw new Error(`no ${type ?? 'intent'} is held`)
      found.end(failure)
      await turns()
    },
    releaseAll: async () => {
      isOpen = true
      for (const { end } of held.splice(0)) end()
      await turns()
    },
  }
}

/** What a store was asked for, in order. */
export type Watched = {
  readonly store: EventStore & { readonly texts: string[]; failNext?: boolean }
  readonly calls: readonly string[]
  /** How it was used against its contract. */
  readonly broken: readonly string[]
}

/** An array store that throws, and notes it, when it is used against its contract: two appends at once, one after close. */
export const watchedStore = (inner = arrayStore()): Watched => {
  const calls: string[] = []
  const broken: string[] = []
  let appending = false
  let isClosed = false
  const append: EventStore['append'] = (expected, records, rows) => async () => {
    if (appending) broken.push('two appends at once')
    if (isClosed) broken.push(`an append of ${records.map(({ text }) => text).join()} after close`)
    if (broken.length > 0) throw new Error(broken.join())
    appending = true
    calls.push(`append ${records.length}${rows === undefined ? '' : ' with rows'}`)
    const result = await inner.append(expected, records, rows)()
    appending = false
    return result
  }
  const close: EventStore['close'] = () => async () => {
    if (appending) broken.push('close during an append')
    isClosed = true
    calls.push('close')
    return inner.close()()
  }
  return {
    store: Object.defineProperties(
      { ...inner, append, close },
      {
        failNext: {
          get: () => inner.failNext,
          set: (fails: boolean) => {
            inner.failNext = fails
          },
        },
      },
    ),
    calls,
    broken,
  }
}

export const withExecute = (execute: Backend['execute']): Backend => ({ ...recordingBackend(), execute })

export type { Refused }

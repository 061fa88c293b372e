import * as E from 'fp-ts/lib/Either.js'
import { defer, throwError } from 'rxjs'
import type { TaskEither } from 'fp-ts/lib/TaskEither.js'
import type { Command } from '../model/command.js'
import { decodeCommand, decodeName } from '../model/decode-command.js'
import type { Event, Recorded } from '../model/event.js'
import { closed, type Fault } from '../model/fault.js'
import { readOnce } from '../model/read-once.js'
import { infoOf, type Info } from '../model/snapshot.js'
import { find, mountsOf } from '../state/queries.js'
import type { State } from '../state/state.js'
import { dispatch, endParked, openEngine, plan, type Engine } from './engine.js'
import { apply } from './apply.js'
import { compare } from './compare.js'
import type { Differ } from './differ.js'
import type { OpenOptions, Refused, Snapshotter } from './face.js'
import { settled, writeCheckpoint } from './journal.js'
import { load } from './load.js'
import { decodeCallOptions, decodeOpenOptions, type Given } from './options.js'
import { idle, settleOwed, stopPerforming } from './performer.js'
import type { Backend, EventStore, OpenedStore } from './ports.js'
import { eventsFrom } from './events-from.js'
import { explainLog, foldHistory } from './history.js'
import type { History } from './history-face.js'
import { attachmentOf, outstandingIn, usageOf, walking } from './queries.js'
import { detachAll, recover, unclaimed } from './recover.js'

type Parts = {
  readonly engine: Engine
  readonly backend: Backend
  readonly store: EventStore
  readonly differ: Differ
  readonly recovered: readonly Recorded[]
  closing: Promise<E.Either<Fault, void>> | undefined
}

type Reply<R> = E.Either<Refused, R> | Promise<E.Either<Refused, R>>

/** Steps in this order, each although an earlier one failed; the first fault is answered. */
const shut = async ({ engine, backend, store }: Parts): Promise<E.Either<Fault, void>> => {
  const { journal, performer, comparisons } = engine
  engine.isClosing = true
  endParked(engine)
  for (const { abort } of comparisons) abort()
  await Promise.all([...comparisons].map(({ ended }) => ended))
  await settled(journal)
  await idle(performer)
  await settled(journal)
  if (journal.fault === undefined) await detachAll(engine, 'close')
  stopPerforming(performer)
  await settled(journal)
  const unwritten = await writeCheckpoint(journal)
  const backendClosed = await backend.close()()
  const storeClosed = await store.close()()
  for (const stream of [engine.events$, engine.intents$, engine.progress$]) stream.complete()
  if (unwritten !== undefined) return E.left(unwritten)
  return E.isLeft(backendClosed) ? backendClosed : storeClosed
}

const isShut = closed('the snapshotter is closed')

const isClosed = ({ closing }: Parts): boolean => closing !== undefined

const whileOpen =
  <R>(parts: Parts, call: () => Reply<R>): TaskEither<Refused, R> =>
  async () =>
    isClosed(parts) ? E.left(isShut) : call()

/** Decodes a command, runs it to its end, and replies from the state in which it is complete. */
const run = <R>(
  parts: Parts,
  fields: { readonly type: Command['type']; readonly [field: string]: unknown },
  options: unknown,
  reply: (state: State) => Reply<R>,
): TaskEither<Refused, R> =>
  whileOpen(parts, async () => {
    const given = decodeCallOptions(fields.type, options)
    if (E.isLeft(given)) return given
    const command = decodeCommand({ ...fields, ...given.right.fields })
    if (E.isLeft(command)) return command
    const state = await dispatch(parts.engine, command.right, given.right.signal)
    return E.isLeft(state) ? state : reply(state.right)
  })

/** Decodes a key or name and replies from the durable state. */
const ask = <R>(parts: Parts, key: string, reply: (state: State, key: string) => Reply<R>): TaskEither<Refused, R> =>
  whileOpen(parts, () => {
    const name = decodeName('key', key)
    return E.isLeft(name) ? name : reply(parts.engine.journal.durable, name.right)
  })

const nothing = (): E.Either<never, void> => E.right(undefined)

/** containerd metastore: only the name and the labels of the info are read. */
const update = (parts: Parts, info: unknown, paths: unknown, options: unknown): TaskEither<Refused, Info> =>
  whileOpen(parts, async () => {
    const read = readOnce('info', info, ['labels'])
    if (E.isLeft(read)) return read
    const { name, labels } = read.right
    const reply = (state: State): Reply<Info> => E.map(infoOf)(find(state, name as string))
    return run(parts, { type: 'Update', name, labels, paths }, options, reply)()
  })

type Verbs = 'prepare' | 'view' | 'commit' | 'remove' | 'update' | 'attach' | 'detach' | 'cleanup'

const verbsOf = (parts: Parts): Pick<Snapshotter, Verbs> => {
  const { engine, backend } = parts
  return {
    prepare: (key, options) =>
      run(parts, { type: 'Prepare', key }, options, (state) => mountsOf(state, key, backend.layout)),
    view: (key, options) => run(parts, { type: 'View', key }, options, (state) => mountsOf(state, key, backend.layout)),
    commit: (name, key, options) => run(parts, { type: 'Commit', name, key }, options, nothing),
    remove: (key, options) => run(parts, { type: 'Remove', key }, options, nothing),
    update: (info, paths, options) => update(parts, info, paths, options),
    attach: (key, options) =>
      run(parts, { type: 'Attach', key }, options, (state) => attachmentOf(engine, backend, state, key)),
    detach: (key, options) => run(parts, { type: 'Detach', key }, options, nothing),
    cleanup: () =>
      whileOpen(parts, async () => {
        const failure = await settleOwed(engine.performer)
        const fault = (await settled(engine.journal)) ?? failure ?? (isClosed(parts) ? isShut : undefined)
        return fault === undefined ? E.right(undefined) : E.left(fault)
      }),
  }
}

const faceOf = (parts: Parts): Snapshotter => {
  const { engine, backend, store, recovered, differ } = parts
  const { profile } = differ
  return {
    ...verbsOf(parts),
    events$: engine.events$.asObservable(),
    intents$: engine.intents$.asObservable(),
    progress$: engine.progress$.asObservable(),
    recovered,
    apply: (descriptor, mounts, options) => whileOpen(parts, () => apply(differ, descriptor, mounts, options)),
    compare: (lower, upper, options) => whileOpen(parts, () => compare(differ, lower, upper, options)),
    stat: (key) => ask(parts, key, (state, name) => E.map(infoOf)(find(state, name))),
    mounts: (key) => ask(parts, key, (state, name) => mountsOf(state, name, backend.layout)),
    usage: (key) => ask(parts, key, (_state, name) => usageOf(engine, backend, name)),
    walk: (filters = []) =>
      walking(
        () => engine.journal.durable,
        engine.clock,
        filters,
        () => isClosed(parts),
      ),
    plan: (command) =>
      whileOpen(parts, () => {
        const decoded = decodeCommand(command)
        return E.isLeft(decoded) ? decoded : plan(engine, decoded.right)
      }),
    outstanding: () => whileOpen(parts, () => E.right(outstandingIn(engine))),
    eventsFrom: (seq) => defer(() => (isClosed(parts) ? throwError(() => isShut) : eventsFrom(engine, store, seq))),
    explain: (target) => whileOpen(parts, () => explainLog(store, engine.clock, engine.journal.durable, target)),
    history: () =>
      whileOpen(parts, async () => {
        const history = await foldHistory(store, engine.clock, profile, engine.journal.head)
        return E.map((folded: Omit<History, 'close'>) => ({ ...folded, close: () => async () => nothing() }))(history)
      }),
    close: () => () => (parts.closing ??= shut(parts)),
  }
}

const findings = ({ log, head, lost }: OpenedStore, quarantined: readonly string[]): readonly Event[] => {
  const events: Event[] = []
  if (head.seq === 0) events.push({ type: 'LogCreated', data: { log } })
  if (lost !== undefined) events.push({ type: 'LossAccepted', data: lost })
  if (quarantined.length > 0) events.push({ type: 'Quarantined', data: { directories: quarantined } })
  return events
}

const openOn = async (
  { store, backend, clock, profile, content, codecs, journal }: Given,
  opened: OpenedStore,
): Promise<E.Either<Refused, Snapshotter>> => {
  const loaded = await load(store, clock, opened.head, profile)
  if (E.isLeft(loaded)) return loaded
  const { state } = loaded.right
  const taken = await backend.open({ log: opened.log, unclaimed: (found) => unclaimed(state, clock, found) })()
  if (E.isLeft(taken)) return taken
  const blobs = { content, codecs }
  const engine = openEngine({ store, clock, backend, blobs, keepsInputs: journal, ...loaded.right })
  const recovered = await recover(engine, findings(opened, taken.right.quarantined))
  if (E.isLeft(recovered)) {
    stopPerforming(engine.performer)
    return recovered
  }
  const differ = { engine, backend, blobs, profile }
  return E.right(faceOf({ engine, backend, store, differ, recovered: recovered.right, closing: undefined }))
}

/**
 * Opens the log, takes the backend's root, performs what was outstanding, detaches what a dead owner left attached. Fails
 * with InvalidArgument for bad options, StoreFault (in use, lost records, altered log), BackendFault (a root of another log);
 * store and backend are closed again then.
 */
export const openSnapshotter =
  (options: OpenOptions): TaskEither<Refused, Snapshotter> =>
  async () => {
    const decoded = decodeOpenOptions(options)
    if (E.isLeft(decoded)) return decoded
    const { store, backend } = decoded.right
    const opened = await store.open()()
    if (E.isLeft(opened)) return opened
    const snapshotter = await openOn(decoded.right, opened.right)
    if (E.isLeft(snapshotter)) {
      await backend.close()()
      await store.close()()
    }
    return snapshotter
  }

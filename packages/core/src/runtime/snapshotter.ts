import * as E from 'fp-ts/lib/Either.js'
import type { TaskEither } from 'fp-ts/lib/TaskEither.js'
import { blockersOf } from '../decider/touches.js'
import type { Command } from '../model/command.js'
import { decodeCommand, decodeName } from '../model/decode-command.js'
import { closed, type Fault } from '../model/fault.js'
import type { Event, Recorded } from '../model/event.js'
import { infoOf, type Info } from '../model/snapshot.js'
import { intentOf } from '../decider/intents.js'
import { parseFilters } from '../state/filters.js'
import { find, mountsOf } from '../state/queries.js'
import { isAttached, type State } from '../state/state.js'
import { entries, get } from '../state/table.js'
import { openEngine, type Engine } from './engine.js'
import type { OpenOptions, Outstanding, Refused, Snapshotter } from './face.js'
import { guardedFiles } from './guarded-files.js'
import { sliceLength } from './limits.js'
import { load } from './load.js'
import { decodeCallOptions, decodeOpenOptions } from './options.js'
import type { Attachment, Backend, Clock, EventStore } from './ports.js'
import { detachAll, recover, unclaimed } from './recover.js'

type Parts = {
  readonly engine: Engine
  readonly backend: Backend
  readonly store: EventStore
  readonly clock: Clock
  readonly recovered: readonly Recorded[]
}

/** How a snapshotter is shut: in this order, each step although an earlier one failed; the first fault is answered. */
const shut = async ({ engine, backend, store }: Parts): Promise<E.Either<Fault, void>> => {
  const { journal, performer } = engine
  engine.endParked()
  await journal.settled()
  await performer.idle()
  await journal.settled()
  if (journal.fault() === undefined) await detachAll(engine, 'close')
  performer.stop()
  const unwritten = await journal.checkpoint()
  const backendClosed = await backend.close()()
  const storeClosed = await store.close()()
  for (const stream of [engine.events$, engine.intents$, engine.progress$]) stream.complete()
  if (unwritten !== undefined) return E.left(unwritten)
  return E.isLeft(backendClosed) ? backendClosed : storeClosed
}

async function* walking(
  { engine, clock }: Parts,
  filters: readonly string[],
  isClosed: () => boolean,
): AsyncGenerator<E.Either<Refused, Info>> {
  const ended = E.left(closed('the snapshotter is closed'))
  if (isClosed()) return yield ended
  const matches = parseFilters(filters)
  if (E.isLeft(matches)) return yield matches
  let visited = 0
  for (const [, snapshot] of entries(engine.journal.durable().snapshots)) {
    if (isClosed()) return yield ended
    const info = infoOf(snapshot)
    if (matches.right(info)) yield E.right(info)
    if (++visited % sliceLength === 0) await clock.yield()
  }
}

const attachmentOf = async (
  { engine, backend }: Parts,
  state: State,
  key: string,
): Promise<E.Either<Refused, Attachment>> => {
  const found = find(state, key)
  if (E.isLeft(found)) return found
  const attachedBy = get(state.attached, key)
  const isStillAttached = (): boolean =>
    get(engine.journal.durable().attached, key) === attachedBy &&
    blockersOf(engine.journal.accepted(), { type: 'Detach', key }).length === 0
  const attachment = await backend.files(found.right.id)()
  return E.isLeft(attachment) ? attachment : E.right(guardedFiles(attachment.right, key, isStillAttached))
}

const faceOf = (parts: Parts): Snapshotter => {
  const { engine, backend, recovered } = parts
  const { journal, performer } = engine
  let closing: Promise<E.Either<Fault, void>> | undefined
  const isClosed = (): boolean => closing !== undefined

  const open =
    <R>(call: () => Promise<E.Either<Refused, R>>): TaskEither<Refused, R> =>
    async () =>
      isClosed() ? E.left(closed('the snapshotter is closed')) : call()

  /** Decodes, runs to the end, and answers from the state in which the command is complete. */
  const run = <R>(
    fields: object,
    options: unknown,
    answer: (state: State) => E.Either<Refused, R> | Promise<E.Either<Refused, R>>,
  ): TaskEither<Refused, R> =>
    open(async () => {
      const given = decodeCallOptions(options)
      if (E.isLeft(given)) return given
      const command = decodeCommand({ ...fields, ...given.right.fields })
      if (E.isLeft(command)) return command
      const state = await engine.dispatch(command.right, given.right.signal)
      return E.isLeft(state) ? state : answer(state.right)
    })

  const nothing = (): E.Either<Refused, void> => E.right(undefined)

  const ask = <R>(
    key: string,
    answer: (state: State, key: string) => E.Either<Refused, R> | Promise<E.Either<Refused, R>>,
  ): TaskEither<Refused, R> =>
    open(async () => {
      const name = decodeName('key', key)
      return E.isLeft(name) ? name : answer(journal.durable(), name.right)
    })

  return {
    events$: engine.events$.asObservable(),
    intents$: engine.intents$.asObservable(),
    progress$: engine.progress$.asObservable(),
    recovered,
    prepare: (key, options) => run({ type: 'Prepare', key }, options, (state) => mountsOf(state, key, backend.layout)),
    view: (key, options) => run({ type: 'View', key }, options, (state) => mountsOf(state, key, backend.layout)),
    commit: (name, key, options) => run({ type: 'Commit', name, key }, options, nothing),
    remove: (key, options) => run({ type: 'Remove', key }, options, nothing),
    update: (info, paths, options) =>
      run(updateFields(info, paths), options, (state) => mapRight(find(state, info.name), infoOf)),
    attach: (key, options) => run({ type: 'Attach', key }, options, (state) => attachmentOf(parts, state, key)),
    detach: (key, options) => run({ type: 'Detach', key }, options, nothing),
    stat: (key) => ask(key, (state, name) => mapRight(find(state, name), infoOf)),
    mounts: (key) => ask(key, (state, name) => mountsOf(state, name, backend.layout)),
    usage: (key) =>
      ask(key, async (state, name) => {
        const found = find(state, name)
        if (E.isLeft(found)) return found
        const isAtRest = !isAttached(state, name) && get(journal.accepted().pending, name) === undefined
        return found.right.kind !== 'Committed' && isAtRest
          ? backend.usage(found.right.id)()
          : E.right(found.right.usage)
      }),
    walk: (filters = []) => walking(parts, filters, isClosed),
    plan: (command: Command) =>
      open(async () => {
        const decoded = decodeCommand(command)
        return E.isLeft(decoded) ? decoded : engine.plan(decoded.right)
      }),
    outstanding: () =>
      open(async () => {
        const state = journal.durable()
        const list: readonly Outstanding[] = [...entries(state.outstanding)]
          .map(([, asking]) => asking)
          .sort((a, b) => a.seq - b.seq)
          .map((asking) => performer.describe(intentOf(state, asking)))
        return E.right(list)
      }),
    cleanup: () =>
      open(async () => {
        const fault = await performer.settleOwed()
        const lost = await journal.settled()
        return lost !== undefined ? E.left(lost) : fault !== undefined ? E.left(fault) : E.right(undefined)
      }),
    close: () => () => (closing ??= shut(parts)),
  }
}

const mapRight = <A, B>(either: E.Either<Refused, A>, map: (value: A) => B): E.Either<Refused, B> =>
  E.isLeft(either) ? either : E.right(map(either.right))

const updateFields = (info: unknown, paths: unknown): object =>
  typeof info === 'object' && info !== null
    ? { type: 'Update', name: undefined, ...info, ...(paths === undefined ? {} : { paths }) }
    : { type: 'Update', name: info }

/**
 * Opens the log, takes the backend's root, performs what was outstanding, detaches what a dead owner left attached. Fails
 * with InvalidArgument for bad options, StoreFault (in use, lost records, altered log), BackendFault (a root of another log).
 */
export const openSnapshotter =
  (options: OpenOptions): TaskEither<Refused, Snapshotter> =>
  async () => {
    const decoded = decodeOpenOptions(options)
    if (E.isLeft(decoded)) return decoded
    const { store, backend, clock, profile } = decoded.right
    const opened = await store.open()()
    if (E.isLeft(opened)) return opened
    const giveUp = async (fault: Refused): Promise<E.Either<Refused, never>> => {
      await backend.close()()
      await store.close()()
      return E.left(fault)
    }
    const loaded = await load(store, clock, opened.right.head, profile)
    if (E.isLeft(loaded)) return giveUp(loaded.left)
    const { state } = loaded.right
    const taken = await backend.open({ log: opened.right.log, unclaimed: (found) => unclaimed(state, clock, found) })()
    if (E.isLeft(taken)) return giveUp(taken.left)
    const engine = openEngine({ store, clock, backend, ...loaded.right })
    const { quarantined } = taken.right
    const findings: readonly Event[] = [
      ...(state.seq === 0 ? [{ type: 'LogCreated', data: { log: opened.right.log } } as const] : []),
      ...(opened.right.lost === undefined ? [] : [{ type: 'LossAccepted', data: opened.right.lost } as const]),
      ...(quarantined.length === 0 ? [] : [{ type: 'Quarantined', data: { directories: quarantined } } as const]),
    ]
    const recovered = await recover(engine, clock, findings)
    if (E.isLeft(recovered)) return giveUp(recovered.left)
    return E.right(faceOf({ engine, backend, store, clock, recovered: recovered.right }))
  }

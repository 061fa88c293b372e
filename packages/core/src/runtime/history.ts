import * as E from 'fp-ts/lib/Either.js'
import type { TaskEither } from 'fp-ts/lib/TaskEither.js'
import { evolve } from '../decider/evolve.js'
import type { Explanation } from '../log/explanation.js'
import { explaining } from '../log/explain.js'
import { openRecord } from '../log/record.js'
import { beginning, type Replayed } from '../log/replay.js'
import type { Difference } from '../model/differences.js'
import { invalidArgument, type InvalidArgument, type NotFound, type StoreFault } from '../model/fault.js'
import type { Profile, SnapshotId } from '../model/snapshot.js'
import { changesBetween, type Named } from '../state/changes.js'
import type { State } from '../state/state.js'
import { systemClock } from './clock.js'
import { rootEvery, sliceLength } from './limits.js'
import { unreached } from './load.js'
import type { Changes, History, HistoryOptions, Instant } from './history-face.js'
import { momentOf } from './moment.js'
import type { Clock, EventStore, Head } from './ports.js'
import { eachRecord, foldLog, type ReadableLog } from './read-log.js'

type Parts = {
  readonly store: ReadableLog
  readonly clock: Clock
  /** The states after every so many records, the first of them before the first record. */
  readonly roots: readonly Replayed[]
  readonly last: Replayed
}

/** How many of the first `length` indices a test holds for: for all up to some one, and for none after it. */
const countWhile = (length: number, holds: (index: number) => boolean): number => {
  let from = 0
  let to = length
  while (from < to) {
    const middle = (from + to) >>> 1
    if (holds(middle)) from = middle + 1
    else to = middle
  }
  return from
}

/** The last root that a test holds for; the first, where it holds for none. */
const rootBefore = ({ roots }: Parts, holds: (state: State) => boolean): Replayed =>
  roots[Math.max(0, countWhile(roots.length, (index) => holds((roots[index] as Replayed).state)) - 1)] as Replayed

/** The records after a number, at most so many. */
const textsAfter = async (
  store: ReadableLog,
  seq: number,
  most: number,
): Promise<E.Either<StoreFault, readonly string[]>> => {
  const texts: string[] = []
  for await (const batch of store.read(seq)) {
    if (E.isLeft(batch)) return batch
    texts.push(...batch.right.slice(0, most - texts.length))
    if (texts.length === most) break
  }
  return E.right(texts)
}

/**
 * The state after records behind a root, whose hashes were checked when the history was opened. So few take a few milliseconds:
 * turns for others in between would only make it longer.
 */
const foldOn = ({ state: root }: Replayed, texts: readonly string[]): E.Either<StoreFault, State> => {
  let state = root
  for (const text of texts) {
    const record = openRecord(text, state.seq + 1)
    if (E.isLeft(record)) return record
    state = evolve(state, record.right)
  }
  return E.right(state)
}

/** The time of a record, read off its text. */
const atOf = (text: string): string => /^\{"v":\d+,"seq":\d+,"at":"([^"]*)"/.exec(text)?.[1] ?? ''

const timeForm = /^(\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2})(?:\.(\d{1,9}))?Z$/

const stateAt = async (parts: Parts, when: Instant): Promise<E.Either<InvalidArgument | StoreFault, State>> => {
  const { state: last } = parts.last
  if (typeof when === 'number') {
    if (!Number.isInteger(when) || when < 0 || when > last.seq) {
      return E.left(invalidArgument('when', when, `must be the number of a record, 0 to ${last.seq}, or a time`))
    }
    if (when === last.seq) return E.right(last)
    const root = rootBefore(parts, ({ seq }) => seq <= when)
    const most = when - root.state.seq
    if (most === 0) return E.right(root.state)
    const texts = await textsAfter(parts.store, root.state.seq, most)
    return E.isLeft(texts) ? texts : foldOn(root, texts.right)
  }
  const [, seconds, fraction = ''] = timeForm.exec(when) ?? []
  if (seconds === undefined) {
    return E.left(invalidArgument('when', when, 'must be the number of a record or a time like 2026-01-31T23:59:59Z'))
  }
  const time = `${seconds}.${fraction.padEnd(9, '0')}Z`
  if (last.at <= time) return E.right(last)
  const root = rootBefore(parts, ({ at }) => at <= time)
  const texts = await textsAfter(parts.store, root.state.seq, rootEvery)
  if (E.isLeft(texts)) return texts
  const count = countWhile(texts.right.length, (index) => atOf(texts.right[index] as string) <= time)
  return foldOn(root, texts.right.slice(0, count))
}

const byName = (one: Named, other: Named): number => (one.name < other.name ? -1 : 1)

const changesIn = async (clock: Clock, before: State, after: State): Promise<Changes> => {
  const added: Named[] = []
  const removed: Named[] = []
  const changed: (Named & { readonly fields: readonly Difference[] })[] = []
  let found = 0
  for (const change of changesBetween(before, after)) {
    const { name, id } = change
    if (change.change === 'changed') changed.push({ name, id, fields: change.fields })
    else (change.change === 'added' ? added : removed).push({ name, id })
    if (++found % sliceLength === 0) await clock.yield()
  }
  return {
    from: before.seq,
    to: after.seq,
    added: added.sort(byName),
    removed: removed.sort(byName),
    changed: changed.sort(byName),
  }
}

/** Why a snapshot is as it is in the state that a log has led to. Reads the log at most twice. */
export const explainLog = async (
  store: ReadableLog,
  clock: Clock,
  state: State,
  target: string | SnapshotId,
): Promise<E.Either<NotFound | StoreFault, Explanation>> => {
  const passes = explaining(state, target)
  for (let next = passes.next(); ; next = passes.next()) {
    if (next.done === true) return next.value
    const pass = next.value
    if (pass.length === 0) {
      await clock.yield()
      continue
    }
    const fault = await eachRecord(store, clock, state.seq, (event) => {
      for (const { see } of pass) see(event)
    })
    if (fault !== undefined) return E.left(fault)
  }
}

/** The history of a store that is open, up to a head. */
export const foldHistory = async (
  store: EventStore,
  clock: Clock,
  profile: Profile,
  head: Head,
): Promise<E.Either<StoreFault, Omit<History, 'close'>>> => {
  const roots = [beginning(profile)]
  const end: { last: Replayed } = { last: roots[0] as Replayed }
  const folded = await foldLog(store, clock, end.last, ({ seq, hash }, state) => {
    if (seq % rootEvery === 0 && seq <= head.seq) roots.push({ state, hash })
    if (seq === head.seq) end.last = { state, hash }
  })
  if (E.isLeft(folded)) return folded
  const { last } = end
  if (last.state.seq !== head.seq || last.hash !== head.hash) return E.left(unreached(head, folded.right.state.seq))
  const parts: Parts = { store, clock, roots, last }
  return E.right({
    log: last.state.log,
    head,
    at: (when) => async () => E.map((state: State) => momentOf(state, clock, store.sha256))(await stateAt(parts, when)),
    diff: (from, to) => async () => {
      const before = await stateAt(parts, from)
      if (E.isLeft(before)) return before
      const after = await stateAt(parts, to)
      return E.isLeft(after) ? after : E.right(await changesIn(clock, before.right, after.right))
    },
    explain: (target) => () => explainLog(store, clock, last.state, target),
  })
}

/**
 * Opens a store and folds its log once, checking all of it, and keeps the state after every thousand records: they share what did
 * not change. Any moment is then a short fold away. Nothing is written, and the store is held until `close`.
 */
export const openHistory =
  (
    store: EventStore,
    { profile = 'bind', clock = systemClock() }: HistoryOptions = {},
  ): TaskEither<StoreFault, History> =>
  async () => {
    const opened = await store.open()()
    if (E.isLeft(opened)) return opened
    const history = await foldHistory(store, clock, profile, opened.right.head)
    if (E.isRight(history)) return E.right({ ...history.right, close: () => store.close() })
    await store.close()()
    return history
  }

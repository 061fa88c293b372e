import * as E from 'fp-ts/lib/Either.js'
import type { Stepped } from '../decider/step.js'
import { checkpointRows } from '../log/checkpoint.js'
import { seal, type SealedRecord } from '../log/record.js'
import type { Recorded } from '../model/event.js'
import { storeFault, type StoreFault } from '../model/fault.js'
import type { State } from '../state/state.js'
import { checkpointEvery, groupLimit, rowSliceLength } from './limits.js'
import type { Clock, EventStore, Head, Row } from './ports.js'

/** Called once: with nothing when the step is durable, with the fault when it will not be. */
export type Written = (fault?: StoreFault) => void

/** A step on its way to the log. */
type Waiting = { readonly stepped: Stepped; readonly rows: readonly Row[]; readonly written: Written[] }

/** Where a journal begins: what was read from the store. */
export type JournalStart = {
  readonly store: EventStore
  readonly clock: Clock
  readonly head: Head
  readonly state: State
  /** The state that the store's checkpoint rows stand for. */
  readonly checkpointed: State
  /** Told of each group once it is durable, before `written`. */
  readonly onDurable: (records: readonly Recorded[], steps: readonly Stepped[]) => void
}

/** The one writer. Accepted state runs ahead of the log by what is waiting; durable state never does. */
export type Journal = Omit<JournalStart, 'head' | 'state' | 'checkpointed'> & {
  head: Head
  checkpointed: State
  accepted: State
  durable: State
  waiting: Waiting[]
  inFlight: readonly Waiting[]
  isDraining: boolean
  /** What stopped the journal; nothing is taken after it. */
  fault: StoreFault | undefined
}

export const openJournal = ({ state, ...start }: JournalStart): Journal => ({
  ...start,
  accepted: state,
  durable: state,
  waiting: [],
  inFlight: [],
  isDraining: false,
  fault: undefined,
})

const unwritten = ({ message, code }: StoreFault): StoreFault => {
  const advice = 'the log could not be written: this command is neither done nor refused; open the log again and stat'
  return storeFault(`${advice}: ${message}`, code)
}

/** State ahead of the log is thrown away, and everybody who waits is told. */
const stop = (journal: Journal, fault: StoreFault): StoreFault => {
  const stopped = unwritten(fault)
  const lost = [...journal.inFlight, ...journal.waiting]
  Object.assign(journal, { fault: stopped, inFlight: [], waiting: [], accepted: journal.durable })
  for (const { written } of lost) for (const told of written) told(stopped)
  return stopped
}

/** Stops the journal because a rule of the library was broken, after which no state can be trusted. */
export const failJournal = (journal: Journal, cause: unknown): void => {
  stop(journal, storeFault(cause instanceof Error ? cause.message : String(cause), 'UNEXPECTED'))
}

const rowsSinceCheckpoint = async (journal: Journal, state: State, hash: string): Promise<readonly Row[]> => {
  const rows: Row[] = []
  for (const row of checkpointRows(journal.checkpointed, state, hash)) {
    rows.push(row)
    if (rows.length % rowSliceLength === 0) await journal.clock.yield()
  }
  return rows
}

const append = async (
  journal: Journal,
  records: readonly SealedRecord[],
  state: State,
  kept: readonly Row[],
  withCheckpoint: boolean,
): Promise<StoreFault | undefined> => {
  const last = records.at(-1)
  const head: Head = last === undefined ? journal.head : { seq: last.seq, hash: last.hash }
  const rows = withCheckpoint ? [...kept, ...(await rowsSinceCheckpoint(journal, state, head.hash))] : kept
  const result = await journal.store.append(journal.head, records, rows.length > 0 ? rows : undefined)()
  if (E.isLeft(result)) return stop(journal, result.left)
  journal.head = head
  journal.durable = state
  if (withCheckpoint) journal.checkpointed = state
  return undefined
}

/** Takes what waits, up to the limit of one write, and encodes it. */
const nextGroup = (
  journal: Journal,
): { readonly group: readonly Waiting[]; readonly records: readonly SealedRecord[] } => {
  const records: SealedRecord[] = []
  let { hash } = journal.head
  let size = 0
  let count = 0
  for (const { stepped, rows } of journal.waiting) {
    if (size >= groupLimit) break
    for (const decided of stepped.recorded) {
      const record = seal(hash, decided, journal.store.sha256)
      hash = record.hash
      size += record.text.length
      records.push(record)
    }
    for (const { value } of rows) size += value?.length ?? 0
    count++
  }
  const group = journal.waiting.slice(0, count)
  journal.waiting = journal.waiting.slice(count)
  return { group, records }
}

const writeGroup = async (journal: Journal): Promise<void> => {
  const { group, records } = nextGroup(journal)
  journal.inFlight = group
  const state = (group.at(-1) as Waiting).stepped.state
  const isCheckpointDue = state.seq - journal.checkpointed.seq >= checkpointEvery
  const rows = group.flatMap((waiting) => waiting.rows)
  await append(journal, records, state, rows, isCheckpointDue)
  // Stopped by this write, or beside it: its callers have been told.
  if (journal.fault !== undefined) return
  journal.inFlight = []
  journal.onDurable(
    records.map(({ recorded }) => recorded),
    group.map(({ stepped }) => stepped),
  )
  for (const { written } of group) for (const told of written) told()
}

const drain = async (journal: Journal): Promise<void> => {
  await Promise.resolve()
  try {
    while (journal.waiting.length > 0) await writeGroup(journal)
  } catch (cause) {
    failJournal(journal, cause)
  } finally {
    journal.isDraining = false
  }
}

/**
 * Takes a step made from the accepted state, and rows that go with its records. Steps taken while a write is under way share
 * the next one.
 */
export const take = (journal: Journal, stepped: Stepped, written: Written, rows: readonly Row[] = []): void => {
  if (journal.fault !== undefined) return written(journal.fault)
  journal.accepted = stepped.state
  journal.waiting.push({ stepped, rows, written: [written] })
  if (journal.isDraining) return
  journal.isDraining = true
  void drain(journal)
}

/** Resolves when everything taken so far is durable, or with the fault. */
export const settled = (journal: Journal): Promise<StoreFault | undefined> =>
  new Promise((resolve) => {
    const last = journal.waiting.at(-1) ?? journal.inFlight.at(-1)
    if (last === undefined) resolve(journal.fault)
    else last.written.push(resolve)
  })

/** Writes a checkpoint of the durable state. To be called when nothing waits. */
export const writeCheckpoint = async (journal: Journal): Promise<StoreFault | undefined> => {
  if (journal.fault !== undefined || journal.durable === journal.checkpointed) return journal.fault
  return append(journal, [], journal.durable, [], true)
}

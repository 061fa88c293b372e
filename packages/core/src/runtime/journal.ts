import * as E from 'fp-ts/lib/Either.js'
import type { Stepped } from '../decider/step.js'
import { checkpointRows } from '../log/checkpoint.js'
import { seal, type SealedRecord } from '../log/record.js'
import type { Recorded } from '../model/event.js'
import { storeFault, type StoreFault } from '../model/fault.js'
import type { State } from '../state/state.js'
import { checkpointEvery, groupLimit, sliceLength } from './limits.js'
import type { Clock, EventStore, Head, Row } from './ports.js'

/** Called once: with nothing when the step is durable, with the fault when it will not be. */
type Written = (fault?: StoreFault) => void

/** A step on its way to the log. */
type Waiting = { readonly stepped: Stepped; readonly written: Written[] }

/** Where the journal begins: what was read from the store. */
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
export type Journal = {
  readonly accepted: () => State
  readonly durable: () => State
  /** Takes a step made from the accepted state. */
  readonly take: (stepped: Stepped, written: Written) => void
  /** Resolves when everything taken so far is durable, or with the fault. */
  readonly settled: () => Promise<StoreFault | undefined>
  /** Stops the journal for a reason of the owner's: a broken rule, after which no state can be trusted. */
  readonly fail: (cause: unknown) => void
  /** The fault that stopped the journal, after which nothing is taken. */
  readonly fault: () => StoreFault | undefined
  /** Writes a checkpoint of the durable state. To be called when nothing is waiting. */
  readonly checkpoint: () => Promise<StoreFault | undefined>
}

const isolated = (fault: StoreFault): StoreFault =>
  storeFault(
    `the log could not be written, so this command is neither done nor refused; open the log again and ask: ${fault.message}`,
    fault.code,
  )

export const openJournal = (start: JournalStart): Journal => {
  const { store, clock, onDurable } = start
  let { head, checkpointed } = start
  let accepted = start.state
  let durable = start.state
  let waiting: Waiting[] = []
  let inFlight: readonly Waiting[] = []
  let running = false
  let stopped: StoreFault | undefined

  const nextGroup = (): { readonly group: readonly Waiting[]; readonly records: readonly SealedRecord[] } => {
    const records: SealedRecord[] = []
    let size = 0
    let count = 0
    let { hash } = head
    while (count < waiting.length && size < groupLimit) {
      for (const decided of (waiting[count] as Waiting).stepped.recorded) {
        const record = seal(hash, decided, store.sha256)
        hash = record.hash
        size += record.text.length
        records.push(record)
      }
      count++
    }
    const group = waiting.slice(0, count)
    waiting = waiting.slice(count)
    return { group, records }
  }

  const rowsSince = async (state: State, hash: string): Promise<readonly Row[]> => {
    const rows: Row[] = []
    for (const row of checkpointRows(checkpointed, state, hash)) {
      rows.push(row)
      if (rows.length % sliceLength === 0) await clock.yield()
    }
    return rows
  }

  const stop = (fault: StoreFault): StoreFault => {
    stopped = isolated(fault)
    const lost = [...inFlight, ...waiting]
    inFlight = []
    waiting = []
    accepted = durable
    for (const { written } of lost) for (const told of written) told(stopped)
    return stopped
  }

  const fail = (cause: unknown): void => {
    stop(storeFault(cause instanceof Error ? cause.message : String(cause), 'UNEXPECTED'))
  }

  const append = async (
    records: readonly SealedRecord[],
    state: State,
    withRows: boolean,
  ): Promise<StoreFault | undefined> => {
    const last = records.at(-1)
    const next: Head = last === undefined ? head : { seq: last.seq, hash: last.hash }
    const rows = withRows ? await rowsSince(state, next.hash) : undefined
    const result = await store.append(head, records, rows)()
    if (E.isLeft(result)) return stop(result.left)
    head = next
    durable = state
    if (withRows) checkpointed = state
    return undefined
  }

  const writeGroup = async (): Promise<void> => {
    const { group, records } = nextGroup()
    inFlight = group
    const state = (group.at(-1) as Waiting).stepped.state
    const fault = await append(records, state, state.seq - checkpointed.seq >= checkpointEvery)
    if (fault !== undefined) return
    inFlight = []
    onDurable(
      records.map(({ recorded }) => recorded),
      group.map(({ stepped }) => stepped),
    )
    for (const { written } of group) for (const told of written) told()
  }

  const drain = async (): Promise<void> => {
    while (waiting.length > 0) await writeGroup()
    running = false
  }

  const wake = (): void => {
    if (running) return
    running = true
    void Promise.resolve()
      .then(drain)
      .catch((cause: unknown) => {
        running = false
        fail(cause)
      })
  }

  return {
    accepted: () => accepted,
    durable: () => durable,
    fail,
    fault: () => stopped,
    take: (stepped, written) => {
      if (stopped !== undefined) return written(stopped)
      accepted = stepped.state
      waiting.push({ stepped, written: [written] })
      wake()
    },
    settled: () =>
      new Promise((resolve) => {
        const last = waiting.at(-1) ?? inFlight.at(-1)
        if (last === undefined) resolve(stopped)
        else last.written.push(resolve)
      }),
    checkpoint: async () => stopped ?? (durable === checkpointed ? undefined : append([], durable, true)),
  }
}

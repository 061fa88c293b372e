import * as E from 'fp-ts/lib/Either.js'
import { storeFault, type EventStore, type Head, type Sealed } from '@varve/core/ports'
import { storeOf } from '../memory-store.js'

/** What can befall a log on the way to its disk. */
export type LogCalls = {
  /** Resolves when the write goes on. */
  readonly turn: (what: string) => Promise<void>
  /** Whether this write fails. */
  readonly fails: () => boolean
  /** Given the texts of every write when its writer is about to be told; they have been durable for a while. */
  readonly told: (texts: readonly string[]) => void
}

/** A log that outlasts processes. Its writes are synced: each is durable as a whole or not at all, whatever happens. */
export type SimulatedLog = {
  /** As the process that is to open it sees it. */
  readonly store: () => EventStore
  /** The process that had it open is gone. */
  readonly endProcess: () => void
  readonly records: Sealed[]
}

const lost = (after: number, through: number) =>
  E.left(
    storeFault(
      `the log ends at record ${after}, but records up to ${through} had been acknowledged; restore it from a backup`,
      'RECORDS_LOST',
    ),
  )

/** The head of the last write is kept beside the log, as stores on disks keep it, so that a lost end is noticed. */
export const simulatedLog = (log: string, calls: LogCalls): SimulatedLog => {
  const records: Sealed[] = []
  const store = storeOf({ log, records })
  let anchor: Pick<Head, 'seq'> = { seq: 0 }

  const append: EventStore['append'] = (expected, added, rows) => async () => {
    await calls.turn('log write')
    if (calls.fails()) return E.left(storeFault('the log could not be written: the disk failed', 'EIO'))
    const written = await store.append(expected, added, rows)()
    if (E.isLeft(written)) return written
    anchor = { seq: records.at(-1)?.seq ?? 0 }
    await calls.turn('log written')
    calls.told(added.map(({ text }) => text))
    return written
  }
  const open: EventStore['open'] = () => async () => {
    const opened = await store.open()()
    if (E.isLeft(opened) || opened.right.head.seq >= anchor.seq) return opened
    await store.close()()
    return lost(opened.right.head.seq, anchor.seq)
  }
  return { records, store: () => ({ ...store, open, append }), endProcess: store.losePower }
}

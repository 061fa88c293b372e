import * as E from 'fp-ts/lib/Either.js'
import { storeFault, type EventStore, type Sealed } from '@varve/core/ports'
import { newLog } from '../memory/log-maintenance.js'
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

export const simulatedLog = (log: string, calls: LogCalls): SimulatedLog => {
  const data = newLog(log)
  const store = storeOf(data)

  const append: EventStore['append'] = (expected, added, rows) => async () => {
    await calls.turn('log write')
    if (calls.fails()) return E.left(storeFault('the log could not be written: the disk failed', 'EIO'))
    const written = await store.append(expected, added, rows)()
    if (E.isLeft(written)) return written
    await calls.turn('log written')
    calls.told(added.map(({ text }) => text))
    return written
  }
  return { records: data.records, store: () => ({ ...store, append }), endProcess: store.losePower }
}

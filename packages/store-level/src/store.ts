import * as E from 'fp-ts/lib/Either.js'
import type { Either } from 'fp-ts/lib/Either.js'
import { hash } from 'node:crypto'
import { type EventStore, shown, type StoreFault, storeFault } from '@varve/core/ports'
import { faultOf } from './faults.js'
import { type LevelStoreOptions, settingsOf } from './options.js'
import { openMaintained } from './maintenance.js'
import { readRecords, readRows } from './read.js'
import { openSession, type Session } from './session.js'

type Batch<A> = Either<StoreFault, readonly A[]>

/**
 * A log in the LevelDB directory `path` (relative to the working directory at `open`; made if need be). Beside it lie
 * `<path>.head`, by which lost records are noticed, and, while it is open, `<path>.owner`, which says by whom.
 *
 * `open` answers a StoreFault with one of these codes: `INVALID_OPTION` (argument of a wrong type or name), `IN_USE` (open
 * in this process), `LEVEL_LOCKED` (open in another process), `RECORDS_LOST` (acknowledged records are gone; see
 * `acceptLoss`), `ANOTHER_LOG` (`<path>.head` belongs to another log), `MISSING_RECORDS` and `LEVEL_CORRUPTION` (damaged),
 * or the code of the host (`EACCES`, `EROFS`, `ENOSPC`, …). It may be called again after a fault. A store that was closed
 * stays `CLOSED`: make another to open the log again.
 *
 * An append that fails for any other reason than `STALE_HEAD` or `INVALID_RECORDS` is neither done nor refused; the store
 * then takes no further one until the log is opened again.
 */
export const levelStore = (path: string, options?: LevelStoreOptions): EventStore => {
  const settings = settingsOf(path, options)
  const name = E.isRight(settings) ? settings.right.path : shown(path)
  let opening: Promise<Either<StoreFault, Session>> | undefined
  let closing: Promise<Either<StoreFault, void>> | undefined

  const fault = (message: string, code: string): Either<StoreFault, never> => E.left(storeFault(message, code))
  const closed = (): Either<StoreFault, never> => fault(`the store of the log at ${name} was closed`, 'CLOSED')

  // Not async: calls reach the session in the order in which they were made, close last.
  const session = (): Promise<Either<StoreFault, Session>> => {
    if (closing !== undefined) return Promise.resolve(closed())
    const unopened = `the store of the log at ${name} is not open; call open first`
    return opening ?? Promise.resolve(fault(unopened, 'NOT_OPEN'))
  }

  async function* batches<A>(read: (open: Session) => AsyncIterable<Batch<A>>): AsyncGenerator<Batch<A>> {
    const open = await session()
    if (E.isLeft(open)) return yield open
    try {
      yield* read(open.right)
    } catch (error) {
      const advice = 'restore the directory from a backup if it is damaged'
      yield closing === undefined ? E.left(faultOf(`reading the log at ${name} failed`, error, advice)) : closed()
    }
  }

  return {
    sha256: (text) => hash('sha256', text, 'hex'),
    open: () => async () => {
      if (E.isLeft(settings)) return settings
      if (closing !== undefined) return closed()
      if (opening !== undefined) return fault(`this store of the log at ${name} is already open`, 'IN_USE')
      opening = openSession(settings.right)
      const opened = await opening
      if (E.isLeft(opened)) opening = undefined
      return E.map((open: Session) => open.opened)(opened)
    },
    append:
      (expected, records, rows = []) =>
      async () => {
        const open = await session()
        return E.isLeft(open) ? open : open.right.writer.append(expected, records, rows)
      },
    read: (after) => batches((open) => readRecords(open.database, open.path, after, open.writer.head().seq)),
    rows: (prefix) => batches((open) => readRows(open.database, prefix)),
    close: () => () => {
      closing ??= (async () => {
        const open = await opening
        return open === undefined || E.isLeft(open) ? E.right(undefined) : open.right.close()
      })()
      return closing
    },
    maintenance: { open: () => async () => (E.isLeft(settings) ? settings : openMaintained(settings.right)) },
  }
}

import * as E from 'fp-ts/lib/Either.js'
import type { Either } from 'fp-ts/lib/Either.js'
import { type Head, headRow, type Row, type Sealed, type StoreFault, storeFault } from '@varve/core/ports'
import type { Anchor, LogHead } from './anchor.js'
import { type Database, writeBatch } from './database.js'
import { attempt, span } from './faults.js'

/** The one writer of an open log. */
export type Writer = {
  readonly head: () => Head
  readonly append: (
    expected: Head,
    records: readonly Sealed[],
    rows: readonly Row[],
  ) => Promise<Either<StoreFault, void>>
  /** Resolves when every append so far has ended. */
  readonly idle: () => Promise<void>
}

const hashPattern = /^[0-9a-f]{64}$/

const shownHead = ({ seq, hash }: Head): string => `record ${seq} (hash ${hash})`

const stale = (path: string, expected: Head, found: Head): StoreFault =>
  storeFault(
    `the append to the log at ${path} expects it to end at ${shownHead(expected)}, but it ends at ${shownHead(found)}; nothing was written: read the log again before appending`,
    'STALE_HEAD',
  )

const invalidRecord = (path: string, expected: Head, records: readonly Sealed[]): StoreFault | undefined => {
  const at = records.findIndex(({ seq, hash }, index) => seq !== expected.seq + 1 + index || !hashPattern.test(hash))
  const record = records[at]
  if (record === undefined) return undefined
  const rule = `records must follow ${expected.seq} without a gap, each with a hash of 64 hex digits`
  return storeFault(
    `the append to the log at ${path} has ${shownHead(record)} at place ${at + 1}; nothing was written: ${rule}`,
    'INVALID_RECORDS',
  )
}

const failed = (path: string, records: readonly Sealed[]): string => {
  const [first, last] = [records[0], records.at(-1)]
  const what = first === undefined || last === undefined ? 'rows' : `record ${span(first.seq, last.seq)}`
  return `appending ${what} to the log at ${path} failed`
}

const undecided =
  'this is neither done nor refused: close the log and open it again, then look (stat) what of it is there'

/** A writer on `database` whose log ends at `start`. */
export const openWriter = (path: string, database: Database, anchor: Anchor, start: LogHead): Writer => {
  let head: Head = { seq: start.seq, hash: start.hash }
  let broken: StoreFault | undefined
  let last: Promise<unknown> = Promise.resolve()

  const write = async (records: readonly Sealed[], rows: readonly Row[]): Promise<void> => {
    const { seq, hash } = records.at(-1) ?? head
    const next = { log: start.log, seq, hash }
    await writeBatch(database, next, records, rows)
    head = { seq, hash }
    await anchor.move(
      next,
      rows.some(({ key }) => key === headRow),
    )
  }

  const append: Writer['append'] = async (expected, records, rows) => {
    // After a failed write LevelDB would write on behind a torn record, and lose that when it opens again.
    if (broken !== undefined)
      return E.left(storeFault(`the log at ${path} takes nothing more since ${broken.message}`, broken.code))
    if (expected.seq !== head.seq || expected.hash !== head.hash) return E.left(stale(path, expected, head))
    const invalid = invalidRecord(path, expected, records)
    if (invalid !== undefined) return E.left(invalid)
    if (records.length === 0 && rows.length === 0) return E.right(undefined)
    const written = await attempt(failed(path, records), undecided, () => write(records, rows))
    if (E.isLeft(written)) broken = written.left
    return written
  }

  return {
    head: () => head,
    append: (expected, records, rows) => {
      const appended = last.then(() => append(expected, records, rows))
      last = appended
      return appended
    },
    idle: async () => void (await last),
  }
}

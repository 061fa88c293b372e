import * as E from 'fp-ts/lib/Either.js'
import type { Either } from 'fp-ts/lib/Either.js'
import type { Level } from 'level'
import { type FoundRecord, type Row, type Sealed, type StoreFault, storeFault } from '@varve/core/ports'
import type { LogHead } from './anchor.js'
import { attempt, span } from './faults.js'

export type Database = Level

// One letter per kind of key. Records sort by number because it is padded to the digits of the largest safe integer.
const headKey = 'h'
const recordPrefix = 'e'
export const rowPrefix = 'r'
export const recordKey = (seq: number): string => recordPrefix + String(seq).padStart(16, '0')
export const seqOf = (key: string): number => Number(key.slice(recordPrefix.length))

export type Entry = readonly [key: string, value: string]
type Range = { readonly gte: string; readonly lt: string }

const bytesPerBatch = 1 << 20

/** Entries of a range in batches. May reject. */
export async function* entriesOf(database: Database, range: Range, size: number): AsyncGenerator<readonly Entry[]> {
  const iterator = database.iterator({ ...range, highWaterMarkBytes: bytesPerBatch })
  try {
    for (;;) {
      const entries = await iterator.nextv(size)
      if (entries.length === 0) return
      yield entries
    }
  } finally {
    await iterator.close()
  }
}

/** Opens LevelDB in a directory that exists. Rejects with LevelDB's error. */
export const openDatabase = async (directory: string): Promise<Database> => {
  // Loaded here and not on import: a host that LevelDB isn't built for shall get its error from open.
  const { Level } = await import('level')
  const database: Database = new Level(directory)
  await database.open()
  return database
}

// Building a batch takes over a microsecond per entry on the main thread.
const entriesPerTurn = 2000
const turn = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve))

/** Writes everything in one synced batch, or rejects. Records whose keys are in `dropped` are deleted. */
export const writeBatch = async (
  database: Database,
  head: LogHead,
  records: readonly Sealed[],
  rows: readonly Row[],
  dropped: readonly string[] = [],
): Promise<void> => {
  const batch = database.batch()
  for (const key of dropped) batch.del(key)
  let entries = 0
  for (const { seq, text } of records) {
    batch.put(recordKey(seq), text)
    if (++entries % entriesPerTurn === 0) await turn()
  }
  for (const { key, value } of rows) {
    if (value === undefined) batch.del(rowPrefix + key)
    else batch.put(rowPrefix + key, value)
    if (++entries % entriesPerTurn === 0) await turn()
  }
  batch.put(headKey, JSON.stringify(head))
  await batch.write({ sync: true })
}

/** All records after a number, gaps or not. May reject. */
export async function* recordsIn(database: Database, after: number): AsyncGenerator<readonly FoundRecord[]> {
  for await (const entries of entriesOf(database, { gte: recordKey(after + 1), lt: 'f' }, 250))
    yield entries.map(([key, text]) => ({ seq: seqOf(key), text }))
}

/** Ends the log at record `keep`, followed by `records`, in one synced batch. May reject. */
export const rewrite = async (
  database: Database,
  head: LogHead,
  keep: number,
  records: readonly Sealed[],
  rows: readonly Row[],
): Promise<void> => {
  const dropped = await database.keys({ gte: recordKey(keep + 1), lt: 'f' }).all()
  await writeBatch(database, head, records, rows, dropped)
}

const isLogHead = (value: unknown): value is LogHead =>
  typeof value === 'object' &&
  value !== null &&
  'log' in value &&
  typeof value.log === 'string' &&
  'seq' in value &&
  typeof value.seq === 'number' &&
  'hash' in value &&
  typeof value.hash === 'string'

const parsedHead = (text: string): LogHead | undefined => {
  try {
    const value: unknown = JSON.parse(text)
    return isLogHead(value) ? value : undefined
  } catch {
    return undefined
  }
}

/** The head that is kept with the records. May reject. */
export const notedHead = async (database: Database): Promise<LogHead | 'damaged' | undefined> => {
  const text = await database.get(headKey)
  return text === undefined ? undefined : (parsedHead(text) ?? 'damaged')
}

const restore = 'restore the directory from a backup'

export const missingRecords = (path: string, first: number, last: number): StoreFault =>
  storeFault(
    `the log at ${path} has no record ${span(first, last)} although later ones were written; ${restore}`,
    'MISSING_RECORDS',
  )

/** The head in the database, undefined when nothing was ever written. Refuses when the last record isn't the head's. */
export const storedHead = async (
  database: Database,
  path: string,
): Promise<Either<StoreFault, LogHead | undefined>> => {
  const found = await attempt(`reading the head of the log at ${path} failed`, restore, async () => ({
    text: await database.get(headKey),
    keys: await database.keys({ gte: recordPrefix, lt: 'f', reverse: true, limit: 1 }).all(),
  }))
  if (E.isLeft(found)) return found
  const { text, keys } = found.right
  const lastSeq = keys[0] === undefined ? 0 : seqOf(keys[0])
  const head = text === undefined ? undefined : parsedHead(text)
  const seq = head?.seq ?? 0
  if (lastSeq < seq) return E.left(missingRecords(path, lastSeq + 1, seq))
  if (lastSeq === seq && (head !== undefined || text === undefined)) return E.right(head)
  const says = head === undefined && text !== undefined ? 'can not be read' : `is record ${seq}`
  return E.left(
    storeFault(
      `the log at ${path} is damaged: its head ${says}, its last record is ${lastSeq}; ${restore}`,
      'LEVEL_CORRUPTION',
    ),
  )
}

import * as E from 'fp-ts/lib/Either.js'
import type { Either } from 'fp-ts/lib/Either.js'
import type { Row, StoreFault } from '@varve/core/ports'
import { type Database, type Entry, entriesOf, missingRecords, recordKey, rowPrefix, seqOf } from './database.js'

const recordsPerBatch = 250
const rowsPerBatch = 250
const gapIn = (entries: readonly Entry[], first: number): number => {
  const at = entries.findIndex(([key], index) => seqOf(key) !== first + index)
  return at === -1 ? entries.length : at
}

/** The texts of the records `after` < seq <= `through`. Ends with a fault where one is missing. May reject. */
export async function* readRecords(
  database: Database,
  path: string,
  after: number,
  through: number,
): AsyncGenerator<Either<StoreFault, readonly string[]>> {
  let next = after + 1
  const range = { gte: recordKey(next), lt: recordKey(through + 1) }
  for await (const entries of entriesOf(database, range, recordsPerBatch)) {
    const last = entries.at(-1)
    const whole = last !== undefined && seqOf(last[0]) === next + entries.length - 1
    const count = whole ? entries.length : gapIn(entries, next)
    const texts = entries.slice(0, count).map(([, text]) => text)
    if (texts.length > 0) yield E.right(texts)
    next += count
    const found = entries[count]
    if (found !== undefined) return yield E.left(missingRecords(path, next, seqOf(found[0]) - 1))
  }
  if (next <= through) yield E.left(missingRecords(path, next, through))
}

/** All rows whose key starts with `prefix`. May reject. */
export async function* readRows(
  database: Database,
  prefix: string,
): AsyncGenerator<Either<StoreFault, readonly Row[]>> {
  const start = rowPrefix + prefix
  for await (const entries of entriesOf(database, { gte: start, lt: 's' }, rowsPerBatch)) {
    const rows = entries
      .filter(([key]) => key.startsWith(start))
      .map(([key, value]) => ({ key: key.slice(rowPrefix.length), value }))
    if (rows.length > 0) yield E.right(rows)
    if (rows.length < entries.length) return
  }
}

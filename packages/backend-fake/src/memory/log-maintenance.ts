import * as E from 'fp-ts/lib/Either.js'
import {
  storeFault,
  type Head,
  type MaintainedStore,
  type NotedHead,
  type Row,
  type Sealed,
  type StoreFault,
} from '@varve/core/ports'

/** What outlasts the openings of a store in memory. */
export type MemoryLog = {
  log: string
  readonly records: Sealed[]
  readonly rows: Map<string, string>
  /** The end of the log as it was acknowledged last. */
  anchor: NotedHead | 'damaged' | undefined
  /** What repairs have cut off, oldest first. */
  readonly cut: Sealed[]
}

export const newLog = (log: string): MemoryLog => ({ log, records: [], rows: new Map(), anchor: undefined, cut: [] })

/** Where the log ends. */
export const headOf = ({ records }: MemoryLog): Head => {
  const { seq, hash } = records.at(-1) ?? { seq: 0, hash: '0'.repeat(64) }
  return { seq, hash }
}

export const keepRow = ({ rows }: MemoryLog, { key, value }: Row): void => {
  if (value === undefined) rows.delete(key)
  else rows.set(key, value)
}

const batchLength = 250

export const notOpen = E.left(storeFault('the store is not open; open it first', 'STORE_NOT_OPEN'))

/** What passes, in batches, as long as `isOpen` says so. */
export async function* batches<T>(
  all: Iterable<T>,
  isOpen: () => boolean,
): AsyncGenerator<E.Either<StoreFault, readonly T[]>> {
  let batch: T[] = []
  if (!isOpen()) return yield notOpen
  for (const item of all) {
    if (batch.push(item) < batchLength) continue
    yield E.right(batch)
    if (!isOpen()) return yield notOpen
    batch = []
  }
  if (batch.length > 0) yield E.right(batch)
}

export function* rowsWith({ rows }: MemoryLog, prefix: string): Generator<Row> {
  for (const [key, value] of rows) if (key.startsWith(prefix)) yield { key, value }
}

/** A log held for maintenance as long as `isOpen` says so. */
export const maintained = (data: MemoryLog, isOpen: () => boolean, close: () => void): MaintainedStore => {
  const { seq, hash } = headOf(data)
  return {
    facts: { log: data.log, head: seq === 0 ? undefined : { log: data.log, seq, hash }, anchor: data.anchor },
    records: () =>
      batches(
        data.records.map((record) => ({ seq: record.seq, text: record.text })),
        isOpen,
      ),
    rows: (prefix) => batches(rowsWith(data, prefix), isOpen),
    mend:
      ({ log, keep, records, hash: last, rows }) =>
      async () => {
        if (!isOpen()) return notOpen
        const from = data.records.findIndex((record) => record.seq > keep)
        if (from >= 0) data.cut.push(...data.records.splice(from))
        data.records.push(...records.map((record) => ({ seq: record.seq, hash: record.hash, text: record.text })))
        for (const row of rows) keepRow(data, row)
        data.log = log
        data.anchor = { log, seq: keep + records.length, hash: last }
        return E.right(undefined)
      },
    close: () => async () => {
      close()
      return E.right(undefined)
    },
  }
}

import * as E from 'fp-ts/lib/Either.js'
import { sha256 } from '@noble/hashes/sha2.js'
import { bytesToHex } from '@noble/hashes/utils.js'
import { storeFault, type EventStore, type Head, type Row, type StoreFault } from '@varve/core/ports'
import { keepRow, maintained, newLog, type MemoryLog } from './memory/log-maintenance.js'

/** An EventStore in memory that can lose power. */
export type MemoryStore = EventStore & {
  /** Drops what is not durable yet, whose append fails, and closes the store. It can be opened again with the rest. */
  readonly losePower: () => void
}

const batchLength = 250
const emptyHead: Head = { seq: 0, hash: '0'.repeat(64) }
const encoder = new TextEncoder()
const fault = (message: string, code: string): E.Either<StoreFault, never> => E.left(storeFault(message, code))
const notOpen = fault('the store is not open; open it first', 'STORE_NOT_OPEN')
const inUse = fault('the store is open already; close it first, or give the other log its own store', 'STORE_IN_USE')
const gap = fault('the records do not follow the head without a gap; number them from the head on', 'INVALID_RECORDS')
const powerLost = fault('the power went before the batch was durable', 'POWER_LOST')

const lost = (after: number, through: number) =>
  fault(
    `the log ends at record ${after}, but records up to ${through} had been acknowledged; check it and repair it`,
    'RECORDS_LOST',
  )

/**
 * A log in memory, for tests and to learn from. It holds what was appended as long as the object lives, through any number of
 * openings. An append is durable a turn after it was called, never at once.
 */
export const memoryStore = (): MemoryStore => storeOf(newLog(crypto.randomUUID()))

/** A store of what outlasts its openings. */
export const storeOf = (data: MemoryLog): MemoryStore => {
  const { records, rows } = data
  // Every opening has its own object, so that what an earlier one began can't end in a later one.
  let opening: object | undefined

  const head = (): Head => {
    const { seq, hash } = records.at(-1) ?? emptyHead
    return { seq, hash }
  }
  /** What passes, in batches, as long as this opening lasts. */
  const batches = async function* <T>(all: Iterable<T>): AsyncGenerator<E.Either<StoreFault, readonly T[]>> {
    const open = opening
    let batch: T[] = []
    if (open === undefined) return yield notOpen
    for (const item of all) {
      if (batch.push(item) < batchLength) continue
      yield E.right(batch)
      if (open !== opening) return yield notOpen
      batch = []
    }
    if (batch.length > 0) yield E.right(batch)
  }
  const textsAfter = function* (after: number): Generator<string> {
    const from = records.findIndex(({ seq }) => seq > after)
    for (let at = from; at >= 0 && at < records.length; at++) yield records[at]?.text ?? ''
  }
  const rowsWith = function* (prefix: string): Generator<Row> {
    for (const [key, value] of rows) if (key.startsWith(prefix)) yield { key, value }
  }

  return {
    sha256: (text) => bytesToHex(sha256(encoder.encode(text))),
    open: () => async () => {
      if (opening !== undefined) return inUse
      const { seq, hash } = head()
      const { log, anchor } = data
      if (typeof anchor === 'object' && anchor.seq > seq) return lost(seq, anchor.seq)
      opening = {}
      return E.right({ log, head: { seq, hash } })
    },
    append:
      (expected, added, addedRows = []) =>
      async () => {
        const open = opening
        if (open === undefined) return notOpen
        await Promise.resolve()
        if (open !== opening) return powerLost
        const { seq, hash } = head()
        if (seq !== expected.seq || hash !== expected.hash)
          return fault(
            `the log ends at record ${seq}, and an end at ${expected.seq} was expected; open it again`,
            'STALE_HEAD',
          )
        if (added.some((record, at) => record.seq !== seq + 1 + at)) return gap
        for (const record of added) records.push({ seq: record.seq, hash: record.hash, text: record.text })
        for (const row of addedRows) keepRow(data, row)
        if (added.length > 0) data.anchor = { log: data.log, ...head() }
        return E.right(undefined)
      },
    read: (after) => batches(textsAfter(after)),
    rows: (prefix) => batches(rowsWith(prefix)),
    close: () => async () => {
      opening = undefined
      return E.right(undefined)
    },
    maintenance: {
      open: () => async () => {
        if (opening !== undefined) return inUse
        const held = {}
        opening = held
        const isOpen = (): boolean => opening === held
        return E.right(
          maintained(data, isOpen, () => {
            if (isOpen()) opening = undefined
          }),
        )
      },
    },
    losePower: () => {
      opening = undefined
    },
  }
}

import * as E from 'fp-ts/lib/Either.js'
import { sha256 } from '@noble/hashes/sha2.js'
import { bytesToHex } from '@noble/hashes/utils.js'
import { storeFault, type EventStore, type StoreFault } from '@varve/core/ports'
import {
  batches,
  headOf,
  keepRow,
  maintained,
  newLog,
  notOpen,
  rowsWith,
  type MemoryLog,
} from './memory/log-maintenance.js'

/** An EventStore in memory that can lose power. */
export type MemoryStore = EventStore & {
  /** Drops what is not durable yet, whose append fails, and closes the store. It can be opened again with the rest. */
  readonly losePower: () => void
}

const encoder = new TextEncoder()
const fault = (message: string, code: string): E.Either<StoreFault, never> => E.left(storeFault(message, code))
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
  const { records } = data
  // Every opening has its own object, so that what an earlier one began can't end in a later one.
  let opening: object | undefined

  /** Whether the opening that is there now still is. */
  const lasting = (): (() => boolean) => {
    const open = opening
    return () => open !== undefined && open === opening
  }
  const textsAfter = function* (after: number): Generator<string> {
    const from = records.findIndex(({ seq }) => seq > after)
    for (let at = from; at >= 0 && at < records.length; at++) yield records[at]?.text ?? ''
  }
  const append: EventStore['append'] =
    (expected, added, addedRows = []) =>
    async () => {
      const open = opening
      if (open === undefined) return notOpen
      await Promise.resolve()
      if (open !== opening) return powerLost
      const { seq, hash } = headOf(data)
      if (seq !== expected.seq || hash !== expected.hash)
        return fault(
          `the log ends at record ${seq}, and an end at ${expected.seq} was expected; open it again`,
          'STALE_HEAD',
        )
      if (added.some((record, at) => record.seq !== seq + 1 + at)) return gap
      for (const record of added) records.push({ seq: record.seq, hash: record.hash, text: record.text })
      for (const row of addedRows) keepRow(data, row)
      if (added.length > 0) data.anchor = { log: data.log, ...headOf(data) }
      return E.right(undefined)
    }
  return {
    sha256: (text) => bytesToHex(sha256(encoder.encode(text))),
    open: () => async () => {
      if (opening !== undefined) return inUse
      const { seq, hash } = headOf(data)
      const { log, anchor } = data
      if (typeof anchor === 'object' && anchor.seq > seq) return lost(seq, anchor.seq)
      opening = {}
      return E.right({ log, head: { seq, hash } })
    },
    append,
    read: (after) => batches(textsAfter(after), lasting()),
    rows: (prefix) => batches(rowsWith(data, prefix), lasting()),
    close: () => async () => {
      opening = undefined
      return E.right(undefined)
    },
    maintenance: {
      open: () => async () => {
        if (opening !== undefined) return inUse
        opening = {}
        const isOpen = lasting()
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

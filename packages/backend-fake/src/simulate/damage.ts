import type { Sealed } from '@varve/core/ports'
import type { Struck } from './chooser.js'
import type { Machine } from './machine.js'

/** Damage of a log that its next opening has to refuse, and how it is undone: the log comes back from a backup. */
export type Damage = {
  readonly is: string
  /** What opening ends with. */
  readonly codes: readonly string[]
  /** Whether it may be found by reading the whole log only, as opening begins at the last checkpoint. */
  readonly mayOpen: boolean
  readonly undo: () => void
}

const loseTail = (records: Sealed[], detail: number): Damage => {
  const count = Math.min(records.length, 1 + (detail % 5))
  const lost = records.splice(records.length - count)
  return {
    is: `the last ${count} records are lost`,
    codes: ['RECORDS_LOST'],
    mayOpen: false,
    undo: () => records.push(...lost),
  }
}

const flipped = (text: string, at: number): string =>
  text.slice(0, at) + String.fromCharCode(text.charCodeAt(at) ^ 1) + text.slice(at + 1)

const flipBit = (records: Sealed[], detail: number): Damage | undefined => {
  const index = detail % records.length
  const record = records[index]
  if (record === undefined) return undefined
  records[index] = { ...record, text: flipped(record.text, Math.floor(detail / records.length) % record.text.length) }
  return {
    is: `a bit of record ${record.seq} is another`,
    codes: ['CHAIN_BROKEN', 'MALFORMED_RECORD', 'UNKNOWN_VERSION', 'STALE_HEAD'],
    mayOpen: true,
    undo: () => void (records[index] = record),
  }
}

export const damageLog = ({ log }: Machine, { fault, detail }: Struck): Damage | undefined => {
  if (log.records.length === 0) return undefined
  if (fault === 'lostTail') return loseTail(log.records, detail)
  return fault === 'bitFlip' ? flipBit(log.records, detail) : undefined
}

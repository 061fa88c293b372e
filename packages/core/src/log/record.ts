import * as E from 'fp-ts/lib/Either.js'
import type { Decided, EventType, Recorded } from '../model/event.js'
import { storeFault, type StoreFault } from '../model/fault.js'
import { upcast, versions, type Versions } from './versions.js'

/** SHA-256 of a text's UTF-8 bytes, as 64 lower-case hex digits. Synchronous, because records are chained one by one. */
export type Sha256 = (text: string) => string

/** The hash before the first record. */
export const noHash = '0'.repeat(64)

const hashField = ',"hash":"'
const tailLength = hashField.length + 64 + '"}'.length

/** A record as the store keeps it. `text` is JSON in one line that ends with the hash. */
export type SealedRecord = {
  readonly seq: number
  readonly hash: string
  readonly text: string
  readonly recorded: Recorded
}

/** One line of JSON with its hash at the end: the SHA-256 of the hash before it and of the line without it. */
export const sealText = (previousHash: string, body: string, sha256: Sha256): Pick<SealedRecord, 'hash' | 'text'> => {
  const hash = sha256(previousHash + body)
  return { hash, text: `${body.slice(0, -1)}${hashField}${hash}"}` }
}

/** Adds version and hash. `hash` = SHA-256 of the previous record's hash followed by this record's JSON without its hash. */
export const seal = (previousHash: string, record: Decided, sha256: Sha256): SealedRecord => {
  const v = versions.newest[record.type] as number
  const { seq, at, type, data, cause } = record
  if (versions.codecs[`${type}@${v}`]?.is(data) !== true)
    throw new Error(`${type} ${seq} has malformed data: ${JSON.stringify(data)}`)
  const body = JSON.stringify({ v, seq, at, type, data, cause })
  const { hash, text } = sealText(previousHash, body, sha256)
  return { seq, hash, text, recorded: { v, seq, at, type, data, cause, hash } as Recorded }
}

const malformed = (seq: number, problem: string): E.Either<StoreFault, never> =>
  E.left(storeFault(`record ${seq} of the log can't be read: ${problem}`, 'MALFORMED_RECORD'))

type Envelope = {
  readonly v?: unknown
  readonly seq?: unknown
  readonly at?: unknown
  readonly type?: unknown
  readonly data?: unknown
  readonly cause?: { readonly id?: unknown; readonly by?: unknown } | null
  readonly hash?: unknown
}

const isEnvelope = (envelope: Envelope): boolean =>
  typeof envelope.v === 'number' &&
  typeof envelope.at === 'string' &&
  typeof envelope.type === 'string' &&
  typeof envelope.cause === 'object' &&
  typeof envelope.cause?.id === 'string' &&
  typeof envelope.hash === 'string'

const parsed = (text: string): Envelope | undefined => {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null ? value : undefined
  } catch {
    return undefined
  }
}

/** Reads record number `seq` and brings its data to the newest version. Its hash is not checked. */
export const openRecord = (text: string, seq: number, known: Versions = versions): E.Either<StoreFault, Recorded> => {
  const envelope = parsed(text)
  if (envelope === undefined || !isEnvelope(envelope)) return malformed(seq, 'it is not a record in JSON')
  if (envelope.seq !== seq) return malformed(seq, `it says that its number is ${String(envelope.seq)}`)
  const type = envelope.type as EventType
  const current = upcast(known, type, envelope.v as number, envelope.data)
  if ('problem' in current) return malformed(seq, current.problem)
  return E.right((current.data === envelope.data ? envelope : { ...envelope, data: current.data }) as Recorded)
}

/** Whether the record's hash is that of its text after `previousHash`. */
export const isChained = (text: string, previousHash: string, sha256: Sha256): boolean => {
  const isSealed = text.startsWith(hashField, text.length - tailLength) && text.endsWith('"}')
  return isSealed && sha256(`${previousHash}${text.slice(0, -tailLength)}}`) === text.slice(-66, -2)
}

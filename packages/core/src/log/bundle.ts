import * as E from 'fp-ts/lib/Either.js'
import { storeFault, type StoreFault } from '../model/fault.js'
import type { Profile } from '../model/snapshot.js'
import type { InputRow } from './inputs.js'
import { isChained, noHash, sealText, type Sha256 } from './record.js'

/** Raised when bundles are written differently. Those of another version are refused. */
const version = 1

/** What a bundle says of the log in it. */
export type BundleHead = {
  /** The log's UUID. */
  readonly log: string
  /** The number and hash of its last record. */
  readonly head: { readonly seq: number; readonly hash: string }
  /** The profile of the opening. */
  readonly profile: Profile
  /** The newest version of each type of event, in the library that wrote the bundle. */
  readonly versions: Readonly<Record<string, number>>
}

/**
 * A whole log in one file: lines of JSON. The first is the head, then come the records as the store keeps them, then the inputs
 * if they were kept, then an end that counts these. Every line ends with a hash: the head's over itself, the records' as in the
 * log, the others' over the line before them too.
 */
export type Bundle = BundleHead & { readonly records: readonly string[]; readonly inputs: readonly InputRow[] }

/** A bundle that is damaged (`DAMAGED_BUNDLE`) or of another version (`UNKNOWN_VERSION`), from line number `line` on. */
export type BundleFault = StoreFault & { readonly line: number }

/** A sealed line and its hash, which the next one needs. */
type Line = { readonly text: string; readonly hash: string }

/** Before the head there is nothing, not even the hash before a log's first record: so that it can't stand for that. */
const beforeHead = ''

export const bundleHeadLine = ({ log, head, profile, versions }: BundleHead, sha256: Sha256): Line =>
  sealText(beforeHead, JSON.stringify({ bundle: version, log, head, profile, versions }), sha256)

/** `previous`: the hash of the last record, or of the input before. */
export const bundleInputLine = (previous: string, { key, value }: InputRow, sha256: Sha256): Line =>
  sealText(previous, JSON.stringify({ key, value }), sha256)

export const bundleEndLine = (previous: string, inputs: number, sha256: Sha256): Line =>
  sealText(previous, JSON.stringify({ inputs }), sha256)

/** A bundle that is being read line by line. After a fault nothing more may be added. */
export type BundleReader = {
  readonly add: (text: string) => BundleFault | undefined
  /** The bundle, once all lines were added. */
  readonly end: () => E.Either<BundleFault, Bundle>
}

const advice = 'fetch it again from where it was written'

const damaged = (line: number, problem: string): BundleFault => ({
  ...storeFault(`line ${line} of the bundle ${problem}; ${advice}`, 'DAMAGED_BUNDLE'),
  line,
})

type Fields = Readonly<Record<string, unknown>>

const fieldsOf = (text: string): Fields => JSON.parse(text) as Fields

const isHead = (fields: Fields): boolean => {
  const { log, head, profile, versions } = fields
  if (typeof head !== 'object' || head === null || typeof versions !== 'object' || versions === null) return false
  const { seq, hash } = head as Fields
  const isKnown = profile === 'bind' || profile === 'windows-layer'
  return typeof log === 'string' && isKnown && Number.isSafeInteger(seq) && typeof hash === 'string'
}

const readHead = (text: string, sha256: Sha256): E.Either<BundleFault, BundleHead> => {
  if (!text.startsWith('{"bundle":')) return E.left(damaged(1, 'is not the head of a bundle'))
  if (!isChained(text, beforeHead, sha256))
    return E.left(damaged(1, 'is damaged: its hash is not that of what it says'))
  const { bundle, hash: _hash, ...fields } = fieldsOf(text)
  if (bundle !== version) {
    const message = `the bundle has version ${String(bundle)}, and this library reads ${version}; use the one that wrote it`
    return E.left({ ...storeFault(message, 'UNKNOWN_VERSION'), line: 1 })
  }
  return isHead(fields) ? E.right(fields as BundleHead) : E.left(damaged(1, 'is not the head of a bundle'))
}

/** Reads what `bundleHeadLine`, the records, `bundleInputLine` and `bundleEndLine` make, and says where it is damaged. */
export const bundleReader = (sha256: Sha256): BundleReader => {
  const records: string[] = []
  const inputs: InputRow[] = []
  let head: BundleHead | undefined
  let hash = noHash
  let line = 0
  let isEnded = false

  const addRecord = (text: string, { seq, hash: last }: BundleHead['head']): BundleFault | undefined => {
    const found = records.push(text)
    hash = text.slice(-66, -2)
    return found === seq && hash !== last
      ? damaged(line, `holds record ${found}, which is not the last of the log`)
      : undefined
  }

  const addInput = (text: string): BundleFault | undefined => {
    const { key, value, inputs: count } = fieldsOf(text)
    hash = text.slice(-66, -2)
    if (typeof key === 'string' && typeof value === 'string') return void inputs.push({ key, value })
    isEnded = true
    return count === inputs.length
      ? undefined
      : damaged(line, `counts ${String(count)} inputs, and ${inputs.length} came`)
  }

  return {
    add: (text) => {
      line++
      if (isEnded) return damaged(line, 'comes after the end')
      if (head === undefined) {
        const read = readHead(text, sha256)
        if (E.isLeft(read)) return read.left
        head = read.right
        return undefined
      }
      const isRecord = records.length < head.head.seq
      if (!isChained(text, hash, sha256)) {
        const place = isRecord ? `is damaged: record ${records.length + 1}` : 'is damaged: it'
        return damaged(line, `${place} does not follow from the line before`)
      }
      return isRecord ? addRecord(text, head.head) : addInput(text)
    },
    end: () => {
      if (head !== undefined && isEnded) return E.right({ ...head, records, inputs })
      const of = head === undefined ? '' : ` (${records.length} of ${head.head.seq} records came)`
      return E.left(damaged(line + 1, `is missing${of}`))
    },
  }
}

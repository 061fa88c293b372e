import * as E from 'fp-ts/lib/Either.js'
import { evolve } from '../decider/evolve.js'
import { noHash, isChained, openRecord, type Sha256 } from '../log/record.js'
import type { StoreFault } from '../model/fault.js'
import type { Profile } from '../model/snapshot.js'
import { rowSliceLength } from '../runtime/limits.js'
import type { Clock, FoundRecord, MaintainedStore, NotedHead } from '../runtime/ports.js'
import { initialState, type State } from '../state/state.js'
import { finding, type Finding } from './findings.js'

/** A log as far as it can be trusted. */
export type ReadableLog = {
  /** The state after the last good record, and its hash. */
  readonly state: State
  readonly hash: string
  /** The number of the last record that is there, good or not. */
  readonly lastFound: number
  /** What is wrong with the first record that is no good. */
  readonly broken: Finding | undefined
  /** Whether that one was written by another version of the library: nothing is known of what comes after it then. */
  readonly isForeign: boolean
  /** The states after the records asked for, and their hashes; those of the beginning for 0. */
  readonly marked: ReadonlyMap<number, { readonly state: State; readonly hash: string }>
}

type Folding = { -readonly [K in keyof ReadableLog]: ReadableLog[K] }

type Taken = Pick<ReadableLog, 'state' | 'hash'> | { readonly broken: Finding; readonly isForeign: boolean }

const isRecord = (text: string): boolean => {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null && 'seq' in value && 'type' in value
  } catch {
    return false
  }
}

/** The state after one more record, or what is wrong with it. */
const take = ({ state, hash }: Folding, { seq, text }: FoundRecord, sha256: Sha256): Taken => {
  const no = (code: Finding['code'], found: string): Taken => {
    const isForeign = code === 'unknown-record'
    return { broken: finding(code, { found, ...(isForeign ? { repair: null } : {}) }), isForeign }
  }
  const expected = state.seq + 1
  if (seq !== expected)
    return no('missing-record', `of the log ${recordsText(expected, seq - 1)} missing, although record ${seq} is there`)
  const isIntact = isChained(text, hash, sha256)
  if (!isIntact && !isRecord(text)) return no('unreadable-record', `record ${seq} is no record in JSON`)
  if (!isIntact) return no('broken-chain', `record ${seq} does not follow record ${seq - 1}`)
  const record = openRecord(text, seq)
  if (E.isLeft(record)) return no('unknown-record', record.left.message)
  try {
    return { state: evolve(state, record.right), hash: record.right.hash }
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    return no('unknown-record', `record ${seq} does not fit what comes before it: ${reason}`)
  }
}

/** `record 7 is`, or `records 7 to 9 are`. */
const recordsText = (first: number, last: number): string =>
  first === last ? `record ${first} is` : `records ${first} to ${last} are`

/** Folds a log as far as its records are good. `marks`: numbers of records whose states are wanted. */
export const readLog = async (
  store: MaintainedStore,
  { sha256, clock, profile }: { readonly sha256: Sha256; readonly clock: Clock; readonly profile: Profile },
  marks: readonly number[],
): Promise<E.Either<StoreFault, ReadableLog>> => {
  const state = initialState(profile)
  const marked = new Map([[0, { state, hash: noHash }]])
  const log: Folding = { state, hash: noHash, lastFound: 0, broken: undefined, isForeign: false, marked }
  for await (const batch of store.records()) {
    if (E.isLeft(batch)) return batch
    for (const record of batch.right) {
      log.lastFound = record.seq
      if (log.broken !== undefined) continue
      Object.assign(log, take(log, record, sha256))
      if (marks.includes(log.state.seq)) marked.set(log.state.seq, { state: log.state, hash: log.hash })
      if (record.seq % rowSliceLength === 0) await clock.yield()
    }
  }
  return E.right(log)
}

/** What the notes of a store, and its anchor, are worth, and how far acknowledged records are known to have gone. */
export type JudgedNotes = { readonly findings: readonly Finding[]; readonly through: number; readonly isWrong: boolean }

const shownHead = ({ log, seq, hash }: NotedHead): string => `record ${seq} (hash ${hash.slice(0, 12)}…) of log ${log}`

const judgeHead = (log: ReadableLog, head: MaintainedStore['facts']['head']): Finding | undefined => {
  if (head === 'damaged') return finding('damaged-head', { found: 'the note of where the log ends can not be read' })
  if (head === undefined)
    return log.lastFound === 0
      ? undefined
      : finding('damaged-head', {
          found: `there is no note of where the log ends, and there are ${log.lastFound} records`,
        })
  const noted = log.marked.get(head.seq)
  if (head.seq > log.lastFound)
    return finding('missing-record', {
      found: `the log is noted to end with record ${head.seq}, and ${recordsText(log.lastFound + 1, head.seq)} missing`,
    })
  const isRight = head.seq === log.lastFound && noted?.hash === head.hash && noted.state.log === head.log
  if (isRight || log.broken !== undefined) return undefined
  return finding('damaged-head', {
    found: `the log is noted to end with ${shownHead(head)}, and ends with record ${log.lastFound}`,
  })
}

const judgeAnchor = (log: ReadableLog, anchor: MaintainedStore['facts']['anchor']): Finding | undefined => {
  const { state, broken } = log
  if (anchor === undefined) return undefined
  if (anchor === 'damaged') return finding('damaged-anchor', { found: 'the anchor of the log can not be read' })
  if (anchor.log !== state.log)
    return finding('foreign-anchor', {
      found: `the anchor tells of ${shownHead(anchor)}, and this is log ${state.log}`,
    })
  if (anchor.seq > Math.max(state.seq, log.lastFound))
    return finding('lost-tail', {
      found: `the log ends with record ${log.lastFound}, and ${recordsText(log.lastFound + 1, anchor.seq)} known to have been acknowledged`,
    })
  const then = log.marked.get(anchor.seq)
  if (then?.hash === anchor.hash || (broken !== undefined && anchor.seq > state.seq)) return undefined
  return finding('foreign-anchor', {
    found: `the anchor tells of ${shownHead(anchor)}, which is not what this log has`,
  })
}

/** Judges what a store says of the end of its log by the records that are there. */
export const judgeNotes = (log: ReadableLog, { head, anchor }: MaintainedStore['facts']): JudgedNotes => {
  if (log.isForeign) return { findings: [], through: 0, isWrong: false }
  const findings = [judgeHead(log, head), judgeAnchor(log, anchor)].filter((one) => one !== undefined)
  const said = [head, anchor].flatMap((one) =>
    one === undefined || one === 'damaged' || one.log !== log.state.log ? [] : [one.seq],
  )
  return { findings, through: Math.max(log.lastFound, ...said), isWrong: findings.length > 0 }
}

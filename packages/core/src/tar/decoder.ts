import * as E from 'fp-ts/lib/Either.js'
import { defaultApplyLimits } from '../model/descriptor.js'
import { invalidEntry, type InvalidEntry } from '../model/fault.js'
import { bodySizeOf, type LayerEntry } from './entry.js'
import * as headers from './header.js'
import { entryProblem } from './judge.js'
import { layerOrder, type LayerOrder } from './order.js'
import { longestRecords, parseRecords, type Records } from './pax.js'
import { problem, type Problem } from './problem.js'
import { readEntry, type RawEntry } from './read-entry.js'
import { textOf } from './text.js'

/** A piece of a decoded tar. */
export type LayerItem =
  /** `offset`: where its headers begin in the tar, in bytes. */
  | { readonly type: 'entry'; readonly entry: LayerEntry; readonly offset: number }
  /** Part of the body of the entry before: a view of the chunk that was pushed. */
  | { readonly type: 'bytes'; readonly bytes: Uint8Array }

export type DecodeOptions = {
  /** A layer without parents: whiteouts are refused, and hard links to what the tar has not. Default false. */
  readonly isBase?: boolean
  /** The largest number of entries; default that of `defaultApplyLimits`. */
  readonly entries?: number
}

/** Reads a layer's tar in chunks of any size. After a Left both calls answer it again. */
export type LayerDecoder = {
  readonly push: (bytes: Uint8Array) => E.Either<InvalidEntry, readonly LayerItem[]>
  /** To be called when there is no more: a tar that is cut off is an error, one that lacks its end blocks is none. */
  readonly end: () => E.Either<InvalidEntry, { readonly entries: number }>
}

/** What came before an entry's own header and says something about it. */
type Before = { readonly offset: number; records?: Records; longName?: string; longTarget?: string }

type State = {
  readonly order: LayerOrder
  readonly mostEntries: number
  entries: number
  /** Of the first byte that is not read yet. */
  offset: number
  section: 'header' | 'records' | 'body' | 'padding' | 'ended'
  /** Bytes still to come of a body or a padding, and of the padding behind them. */
  left: number
  padding: number
  /** The beginning of a block, or of records, whose rest is in the next chunk. */
  held: Uint8Array
  heldLength: number
  /** The header that was read last, where it began and what it is called. */
  header: headers.Header
  start: number
  title: string
  before: Before | undefined
  /** A block of zeros came: another one ends the tar. */
  isEnding: boolean
  /** The entry that streams may belong to. */
  owner: string | undefined
  items: LayerItem[]
  fault: InvalidEntry | undefined
}

const fail = (state: State, { value, rule }: Problem): void => {
  state.fault = invalidEntry(state.title, state.start, value, rule)
}

/** `wanted` bytes from `at` on: a view where the chunk has them all, else a copy once enough chunks came. */
const gather = (state: State, bytes: Uint8Array, at: number, wanted: number): Uint8Array | undefined => {
  const there = Math.min(wanted - state.heldLength, bytes.length - at)
  state.offset += there
  if (there === wanted) return bytes.subarray(at, at + wanted)
  const length = state.heldLength + there
  if (length > state.held.length) {
    // Grows with what came, never with what was announced.
    const larger = new Uint8Array(Math.max(length, Math.min(wanted, state.held.length * 2)))
    larger.set(state.held.subarray(0, state.heldLength))
    state.held = larger
  }
  state.held.set(bytes.subarray(at, at + there), state.heldLength)
  state.heldLength = length < wanted ? length : 0
  return length < wanted ? undefined : state.held.subarray(0, wanted)
}

const { types } = headers
const metaTypes: readonly number[] = [types.records, types.globalRecords, types.longName, types.longTarget]
const entryTypes: readonly number[] = [types.file, types.oldFile, types.link, types.symlink, types.directory]

const typeProblem = (type: number): Problem | undefined => {
  if (entryTypes.includes(type)) return undefined
  return type === types.sparse
    ? problem('S', 'must not be sparse')
    : problem(String.fromCharCode(type), 'must be a file, a folder, a symlink or a hard link')
}

/** Whether such records can come now: each kind once before an entry, and global ones before all of them. */
const canCome = (type: number, before: Before | undefined): boolean => {
  if (type === types.globalRecords) return before === undefined
  if (type === types.records) return before?.records === undefined
  return type === types.longName ? before?.longName === undefined : before?.longTarget === undefined
}

/** The name in GNU's header for one that is too long for a field. */
const longNameIn = (bytes: Uint8Array): E.Either<Problem, string> => {
  const nul = bytes.indexOf(0)
  const name = textOf(bytes, 0, nul < 0 ? bytes.length : nul)
  return name === undefined ? E.left(notUnicode) : E.right(name)
}

const notUnicode = problem('other bytes', 'must have names in UTF-8')

const endRecords = (state: State, bytes: Uint8Array): void => {
  const { type } = state.header
  const before = (state.before ??= { offset: state.start })
  if (type === types.records || type === types.globalRecords) {
    const records = parseRecords(bytes)
    if (E.isLeft(records)) return fail(state, records.left)
    // As in the reference, global records say nothing about the entries that follow.
    if (type === types.records) before.records = records.right
    else state.before = undefined
  } else {
    const name = longNameIn(bytes)
    if (E.isLeft(name)) return fail(state, name.left)
    if (type === types.longName) before.longName = name.right
    else before.longTarget = name.right
  }
  state.section = 'padding'
  state.left = headers.paddingOf(bytes.length)
}

const startRecords = (state: State, { type, size }: headers.Header): void => {
  if (size > longestRecords) return fail(state, problem(size, `must have at most ${longestRecords} bytes of records`))
  if (!canCome(type, state.before))
    return fail(state, problem(String.fromCharCode(type), 'must have each kind of records once, global ones first'))
  state.section = 'records'
  if (size === 0) endRecords(state, new Uint8Array())
}

const startEntry = (state: State, raw: RawEntry): void => {
  const read = readEntry(raw, state.owner)
  if (E.isLeft(read)) return fail(state, read.left)
  const entry = read.right
  if (entry === undefined) return
  if (++state.entries > state.mostEntries)
    return fail(state, problem(state.entries, `must be one of at most ${state.mostEntries} entries`))
  const fault = entryProblem(entry) ?? state.order.add(entry)
  if (fault !== undefined) return fail(state, fault)
  if (entry.type === 'link' || entry.type === 'whiteout' || entry.type === 'opaque') state.owner = undefined
  else state.owner = entry.name
  state.items.push({ type: 'entry', entry, offset: state.start })
  const size = bodySizeOf(entry)
  if (size === 0) return
  state.section = 'body'
  state.left = size
  state.padding = headers.paddingOf(size)
}

const pendingEnd = (state: State): boolean => {
  if (state.before !== undefined) fail(state, problem('the end', 'must be followed by the entry it describes'))
  return state.before !== undefined
}

const readHeader = (state: State, block: Uint8Array): void => {
  if (headers.isZero(block)) {
    if (pendingEnd(state)) return
    if (state.isEnding) state.section = 'ended'
    state.isEnding = true
    return
  }
  state.title = ''
  state.start = state.offset - headers.blockSize
  if (state.isEnding) return fail(state, problem('another header', 'must not follow a block of zeros'))
  const sum = headers.wrongSum(block)
  if (sum !== undefined) return fail(state, problem(sum.claimed, `must have its checksum, ${sum.actual}`))
  const header = headers.parseHeader(block)
  const name = headers.nameIn(block)
  state.title = name ?? ''
  if (typeof header === 'string')
    return fail(state, problem(headers.shownField(block, header), `must have a number that it can be as its ${header}`))
  state.header = header
  if (metaTypes.includes(header.type)) return startRecords(state, header)
  const { records = {}, longName, longTarget, offset = state.start } = state.before ?? {}
  state.before = undefined
  state.start = offset
  const path = (longName || records.path) ?? name
  const target = (longTarget || records.linkpath) ?? headers.targetIn(block)
  state.title = path ?? ''
  const fault = typeProblem(header.type)
  if (fault !== undefined) return fail(state, fault)
  if (path === undefined || target === undefined) return fail(state, notUnicode)
  startEntry(state, { header, records, name: path, target })
}

/** Reads on from `at`; answers where it came to. */
const step = (state: State, bytes: Uint8Array, at: number): number => {
  const begun = state.offset
  if (state.section === 'header' || state.section === 'records') {
    const isHeader = state.section === 'header'
    const part = gather(state, bytes, at, isHeader ? headers.blockSize : state.header.size)
    if (part !== undefined) {
      if (isHeader) readHeader(state, part)
      else endRecords(state, part)
    }
    return at + state.offset - begun
  }
  const length = Math.min(state.left, bytes.length - at)
  state.offset += length
  state.left -= length
  if (state.section === 'body') {
    if (length > 0) state.items.push({ type: 'bytes', bytes: bytes.subarray(at, at + length) })
    if (state.left === 0) {
      state.section = 'padding'
      state.left = state.padding
    }
  }
  if (state.section === 'padding' && state.left === 0) state.section = 'header'
  return at + length
}

const cutOff = (state: State): void => {
  if (state.heldLength === 0 && state.section !== 'records' && state.section !== 'body') {
    pendingEnd(state)
    return
  }
  if (state.section === 'header' && state.heldLength > 0) {
    state.title = ''
    state.start = state.offset - state.heldLength
  }
  fail(state, problem(`the end at byte ${state.offset}`, 'must be whole'))
}

/** A decoder of one tar. */
export const layerDecoder = ({
  isBase = false,
  entries = defaultApplyLimits.entries,
}: DecodeOptions = {}): LayerDecoder => {
  const state: State = {
    order: layerOrder({ isBase, entries }),
    mostEntries: entries,
    entries: 0,
    offset: 0,
    section: 'header',
    left: 0,
    padding: 0,
    held: new Uint8Array(headers.blockSize),
    heldLength: 0,
    header: { type: types.file, mode: 0, size: 0, modified: 0 },
    start: 0,
    title: '',
    before: undefined,
    isEnding: false,
    owner: undefined,
    items: [],
    fault: undefined,
  }
  return {
    push: (bytes) => {
      state.items = []
      for (let at = 0; at < bytes.length && state.section !== 'ended' && state.fault === undefined;)
        at = step(state, bytes, at)
      return state.fault === undefined ? E.right(state.items) : E.left(state.fault)
    },
    end: () => {
      if (state.fault === undefined) cutOff(state)
      return state.fault === undefined ? E.right({ entries: state.entries }) : E.left(state.fault)
    },
  }
}

import * as E from 'fp-ts/lib/Either.js'
import { defaultApplyLimits } from '../model/descriptor.js'
import { invalidEntry, type InvalidEntry } from '../model/fault.js'
import { bodySizeOf, type LayerEntry } from './entry.js'
import { blockSize, isSummed, isZero, nameIn, paddingOf, parseHeader, targetIn, types, type Header } from './header.js'
import { namesProblem } from './names.js'
import { layerOrder, type LayerOrder } from './order.js'
import { longestRecords, parseRecords, type Records } from './pax.js'
import { problem, type Problem } from './problem.js'
import { readEntry, type RawEntry } from './read-entry.js'
import { textOf } from './text.js'

/** A piece of a decoded tar. */
export type LayerItem =
  /** `offset`: where its headers begin in the tar, in bytes. */
  | { readonly type: 'entry'; readonly entry: LayerEntry; readonly offset: number }
  /** Part of the body of the entry before, as a view of the chunk that was pushed. */
  | { readonly type: 'bytes'; readonly bytes: Uint8Array }

export type DecodeOptions = {
  /** A layer without parents: whiteouts are refused, and hard links to what is not in the tar. Default false. */
  readonly isBase?: boolean
  /** The largest number of entries; default that of `defaultApplyLimits`. */
  readonly entries?: number
}

/** Reads a layer's tar in chunks of any size. After a Left both calls answer it again. */
export type LayerDecoder = {
  readonly push: (bytes: Uint8Array) => E.Either<InvalidEntry, readonly LayerItem[]>
  /** To be called when there is no more: a tar that is cut off is an error, one without end blocks is none. */
  readonly end: () => E.Either<InvalidEntry, { readonly entries: number }>
}

/** What came before an entry that says something about it. */
type Before = { readonly offset: number; records?: Records; longName?: string; longTarget?: string }

type State = {
  readonly order: LayerOrder
  readonly mostEntries: number
  entries: number
  /** Of the first byte that is not read yet. */
  offset: number
  section: 'header' | 'records' | 'body' | 'padding' | 'ended'
  /** Bytes of a body or a padding that are still to come. */
  left: number
  /** Bytes of padding after the body. */
  padding: number
  /** The beginning of a block or of records whose rest is in the next chunk. */
  held: Uint8Array
  heldLength: number
  /** Bytes of the records that are being read, their type, and the name of their header. */
  wanted: number
  kind: number
  title: string
  before: Before | undefined
  /** A block of zeros came: another one ends the tar. */
  isEnding: boolean
  /** The entry that streams may belong to. */
  owner: string | undefined
  entry: string
  items: LayerItem[]
  fault: InvalidEntry | undefined
}

const fail = (state: State, entry: string, offset: number, { value, rule }: Problem): void => {
  state.fault = invalidEntry(entry, offset, value, rule)
}

/** `wanted` bytes from `at` on: a view where the chunk has them all, else undefined until enough chunks came. */
const gather = (state: State, bytes: Uint8Array, at: number, wanted: number): Uint8Array | undefined => {
  const missing = wanted - state.heldLength
  const there = Math.min(missing, bytes.length - at)
  state.offset += there
  if (state.heldLength === 0 && there === wanted) return bytes.subarray(at, at + wanted)
  const length = state.heldLength + there
  if (length > state.held.length) {
    // Grows with what came, not with what was announced.
    const larger = new Uint8Array(Math.max(length, Math.min(wanted, state.held.length * 2)))
    larger.set(state.held.subarray(0, state.heldLength))
    state.held = larger
  }
  state.held.set(bytes.subarray(at, at + there), state.heldLength)
  state.heldLength = length
  if (length < wanted) return undefined
  state.heldLength = 0
  return state.held.subarray(0, wanted)
}

const isMeta = (type: number): boolean =>
  type === types.records || type === types.globalRecords || type === types.longName || type === types.longTarget

/** Whether a header of this kind can come now: each once before an entry, and global records before all of them. */
const canCome = (type: number, before: Before | undefined): boolean => {
  if (type === types.globalRecords) return before === undefined
  if (type === types.records) return before?.records === undefined
  return type === types.longName ? before?.longName === undefined : before?.longTarget === undefined
}

const startRecords = (state: State, header: Header, title: string, offset: number): void => {
  if (header.size > longestRecords)
    return fail(state, title, offset, problem(header.size, `must have at most ${longestRecords} bytes of records`))
  if (!canCome(header.type, state.before))
    return fail(state, title, offset, problem(String.fromCharCode(header.type), 'must have each kind of records once'))
  state.section = 'records'
  state.wanted = header.size
  state.kind = header.type
  state.title = title
  if (header.type !== types.globalRecords) state.before ??= { offset }
}

const known: readonly number[] = [types.file, types.oldFile, types.link, types.symlink, types.directory]

const typeProblem = (type: number): Problem | undefined => {
  if (known.includes(type)) return undefined
  return type === types.sparse
    ? problem('S', 'must not be sparse')
    : problem(String.fromCharCode(type), 'must be a file, a folder, a symlink or a hard link')
}

const startEntry = (state: State, raw: RawEntry, offset: number): void => {
  const read = readEntry(raw, state.owner)
  if (E.isLeft(read)) return fail(state, raw.name, offset, read.left)
  state.entries += 1
  if (state.entries > state.mostEntries)
    return fail(state, raw.name, offset, problem(state.entries, `must be one of at most ${state.mostEntries} entries`))
  const entry = read.right
  if (entry === undefined) return
  const fault = namesProblem(entry) ?? state.order.add(entry)
  if (fault !== undefined) return fail(state, raw.name, offset, fault)
  if (entry.type !== 'stream')
    state.owner = entry.type === 'link' || entry.type === 'whiteout' || entry.type === 'opaque' ? undefined : entry.name
  state.items.push({ type: 'entry', entry, offset })
  const size = bodySizeOf(entry)
  if (size === 0) return
  state.entry = raw.name
  state.section = 'body'
  state.left = size
  state.padding = paddingOf(size)
}

const endBlock = (state: State, offset: number): void => {
  if (state.before !== undefined)
    return fail(state, state.title, state.before.offset, problem('the end of the tar', 'must be followed by its entry'))
  if (state.isEnding) state.section = 'ended'
  state.isEnding = true
  void offset
}

const header = (state: State, block: Uint8Array, offset: number): void => {
  if (isZero(block)) return endBlock(state, offset)
  if (state.isEnding) return fail(state, '', offset, problem('another block', 'must end after a block of zeros'))
  if (!isSummed(block)) return fail(state, '', offset, problem('another sum', 'must have the checksum of its header'))
  const parsed = parseHeader(block)
  const name = nameIn(block)
  if (typeof parsed === 'string')
    return fail(state, name ?? '', offset, problem(`another ${parsed}`, `must have a number as its ${parsed}`))
  if (isMeta(parsed.type)) return startRecords(state, parsed, name ?? '', offset)
  const { records = {}, longName, longTarget, offset: start = offset } = state.before ?? {}
  state.before = undefined
  const path = longName ?? records.path ?? name
  const target = longTarget ?? records.linkpath ?? targetIn(block)
  const fault =
    typeProblem(parsed.type) ??
    (path === undefined || target === undefined ? problem('other bytes', 'must have names in UTF-8') : undefined)
  if (fault !== undefined) return fail(state, path ?? '', start, fault)
  startEntry(state, { header: parsed, records, name: path ?? '', target: target ?? '' }, start)
}

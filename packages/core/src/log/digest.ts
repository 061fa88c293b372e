import { parentIds, type State } from '../state/state.js'
import { entries, type Table } from '../state/table.js'
import type { Sha256 } from './record.js'
import { sha256 as pureSha256 } from './sha256.js'

/** Lines hashed at once: the text of a million snapshots is longer than a string may be. */
const linesAtOnce = 1_000

const inOrder = (_field: string, value: unknown): unknown =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
    ? Object.fromEntries(Object.entries(value).sort(([one], [other]) => (one < other ? -1 : 1)))
    : value

/** JSON whose fields are in the order of their names. */
const canonical = (value: unknown): string => JSON.stringify(value, inOrder)

function* tableLines<V>(name: string, table: Table<V>, whole: (value: V) => unknown): Generator<string> {
  const sorted = [...entries(table)].sort(([one], [other]) => (one < other ? -1 : 1))
  for (const [key, value] of sorted) yield canonical([name, key, whole(value)])
}

function* linesOf(state: State): Generator<string> {
  const { log, seq, at, lastId } = state
  const asItIs = (value: unknown): unknown => value
  yield canonical({ log, seq, at, lastId })
  // Rows of old checkpoints lack the parents' ids, which a replay of the same log fills in.
  yield* tableLines('snapshots', state.snapshots, (one) =>
    one.parents === undefined ? { ...one, parents: parentIds(state, one.parent) } : one,
  )
  yield* tableLines('attached', state.attached, asItIs)
  yield* tableLines('pending', state.pending, asItIs)
  yield* tableLines('outstanding', state.outstanding, asItIs)
}

/**
 * One value for all that a log has led to, as 64 hex digits: the same for equal states however they came about (replayed,
 * opened from a checkpoint, in another engine), another one as soon as anything differs. The profile is left out: it belongs to
 * the opening.
 *
 * It is the SHA-256 of lines of JSON with fields in the order of their names (UTF-16 code units): one of
 * `{ at, lastId, log, seq }`, then `[table, key, value]` of every entry, by key, of the tables snapshots, attached, pending
 * and outstanding. Each thousand lines, joined by line feeds, is hashed behind the hash of those before it.
 */
export const digest = (state: State, sha256: Sha256 = pureSha256): string => {
  let hash = ''
  let lines: string[] = []
  for (const line of linesOf(state)) {
    lines.push(line)
    if (lines.length < linesAtOnce) continue
    hash = sha256(hash + lines.join('\n'))
    lines = []
  }
  return lines.length === 0 ? hash : sha256(hash + lines.join('\n'))
}

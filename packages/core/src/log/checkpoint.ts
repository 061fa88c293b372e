import type { State } from '../state/state.js'
import { changes, withRow, type Table } from '../state/table.js'
import type { Replayed } from './replay.js'

/** A row of a checkpoint. The first character of `key` tells the table; `value` undefined deletes. */
export type CheckpointRow = { readonly key: string; readonly value: string | undefined }

/** The key of the row that says which record a checkpoint stands for. */
export const headRow = 'h'

const tables = { s: 'snapshots', a: 'attached', p: 'pending', o: 'outstanding' } as const

/** The prefixes of a checkpoint's rows, the head's apart. */
export const rowPrefixes = Object.keys(tables) as readonly (keyof typeof tables)[]

/** Raised when rows are written differently. Rows of another version are refused. */
const version = 1

function* tableRows<V>(prefix: string, before: Table<V>, after: Table<V>): Generator<CheckpointRow> {
  for (const [key, value] of changes(before, after)) {
    yield { key: `${prefix}${key}`, value: value === undefined ? undefined : JSON.stringify(value) }
  }
}

/** The rows that turn a checkpoint of `before` into one of `after`, whose last record has the hash given. */
export function* checkpointRows(before: State, after: State, hash: string): Generator<CheckpointRow> {
  yield* tableRows('s', before.snapshots, after.snapshots)
  yield* tableRows('a', before.attached, after.attached)
  yield* tableRows('p', before.pending, after.pending)
  yield* tableRows('o', before.outstanding, after.outstanding)
  const { log, seq, at, lastId } = after
  yield { key: headRow, value: JSON.stringify({ version, log, seq, at, lastId, hash }) }
}

/** The state that a head row stands for, its tables still empty; undefined when it is of another version. */
export const openHeadRow = (value: string, initial: State): Replayed | undefined => {
  const { version: found, hash, ...rest } = JSON.parse(value) as { version: number; hash: string } & Partial<State>
  return found === version ? { state: { ...initial, ...rest }, hash } : undefined
}

/** The state with one more row. */
export const withCheckpointRow = (state: State, key: string, value: string): State => {
  const name = tables[key[0] as keyof typeof tables]
  return { ...state, [name]: withRow(state[name] as Table<unknown>, key.slice(1), value) }
}

import type { State } from '../state/state.js'
import { changes, collectRows, type Table } from '../state/table.js'
import type { Replayed } from './replay.js'

/** A row of a checkpoint. The first character of `key` tells the table; `value` undefined deletes. */
export type CheckpointRow = { readonly key: string; readonly value: string | undefined }

/** The key of the row that says which record a checkpoint stands for: an append that has it writes a checkpoint. */
export const headRow = 'h'

/** The prefixes of a checkpoint's rows, the head's apart. */
export const rowPrefixes = ['s', 'a', 'p', 'o'] as const

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

/** A state in the making: its rows in any order, no two of one key. `state` ends it. */
export type CheckpointRows = { readonly add: (key: string, value: string) => void; readonly state: () => State }

/** Takes the rows of a checkpoint whose head row stands for `head`. */
export const collectCheckpoint = (head: State): CheckpointRows => {
  const rows = {
    s: collectRows(head.snapshots.decode),
    a: collectRows(head.attached.decode),
    p: collectRows(head.pending.decode),
    o: collectRows(head.outstanding.decode),
  }
  return {
    add: (key, value) => rows[key[0] as keyof typeof rows].add(key.slice(1), value),
    state: () => ({
      ...head,
      snapshots: rows.s.table(),
      attached: rows.a.table(),
      pending: rows.p.table(),
      outstanding: rows.o.table(),
    }),
  }
}

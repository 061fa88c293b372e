import { infoOf, type Replayed } from '@varve/core'
import { intentOf } from '../../src/decider/intents.js'
import { entries, type Table } from '../../src/state/table.js'
import { outstandingOf } from './actions.js'

const sorted = <V, R>(table: Table<V>, map: (value: V, key: string) => R): readonly R[] =>
  [...entries(table)].sort(([one], [other]) => (one < other ? -1 : 1)).map(([key, value]) => map(value, key))

/** What a log has led to, as plain data in a fixed order. Newer versions of the library may add to it, never change it. */
export const projectionOf = ({ state, hash }: Replayed): unknown => ({
  log: state.log,
  seq: state.seq,
  at: state.at,
  hash,
  lastId: state.lastId,
  snapshots: sorted(state.snapshots, (snapshot) => ({
    info: infoOf(snapshot),
    id: snapshot.id,
    purpose: snapshot.purpose,
    children: snapshot.children,
    usage: snapshot.usage,
    scratch: snapshot.scratch,
    unpacked: snapshot.unpacked ?? null,
  })),
  attached: sorted(state.attached, (_intent, key) => key),
  pending: sorted(state.pending, ({ intent, blocks }, name) => ({ name, intent, blocks })),
  outstanding: outstandingOf(state).map((asking) => intentOf(state, asking)),
  cancelled: outstandingOf(state).flatMap(({ seq, cancelled }) => (cancelled === true ? [String(seq)] : [])),
})

/** Of what was found, the fields that were expected; what is missing stays missing. */
export const asFarAs = (expected: unknown, found: unknown): unknown => {
  if (Array.isArray(expected) && Array.isArray(found)) return found.map((one, at) => asFarAs(expected[at], one))
  if (typeof expected !== 'object' || expected === null || typeof found !== 'object' || found === null) return found
  const fields = found as Readonly<Record<string, unknown>>
  return Object.fromEntries(
    Object.entries(expected).flatMap(([field, value]) =>
      Object.hasOwn(fields, field) ? [[field, asFarAs(value, fields[field])]] : [],
    ),
  )
}

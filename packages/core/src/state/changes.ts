import { differences, type Difference } from '../model/differences.js'
import type { SnapshotId } from '../model/snapshot.js'
import { isAttached, type State } from './state.js'
import { changes, get } from './table.js'

/** A snapshot under the name it has at the moment. */
export type Named = { readonly name: string; readonly id: SnapshotId }

/** A snapshot that came, went or changed. `fields` are those of the record, and `attached`. */
export type Change =
  | (Named & { readonly change: 'added' | 'removed' })
  | (Named & { readonly change: 'changed'; readonly fields: readonly Difference[] })

const fieldsOf = (state: State, name: string): (Named & Readonly<Record<string, unknown>>) | undefined => {
  const snapshot = get(state.snapshots, name)
  return snapshot && { ...snapshot, attached: isAttached(state, name) }
}

const changeOf = (before: State, after: State, name: string): readonly Change[] => {
  const [one, other] = [fieldsOf(before, name), fieldsOf(after, name)]
  if (one?.id === other?.id) {
    const fields = [...differences(one, other)]
    return fields.length === 0 || one === undefined ? [] : [{ change: 'changed', name, id: one.id, fields }]
  }
  const gone: readonly Change[] = one === undefined ? [] : [{ change: 'removed', name, id: one.id }]
  return other === undefined ? gone : [...gone, { change: 'added', name, id: other.id }]
}

/**
 * How the completed snapshots of two states differ, in an order of no meaning. A commit takes one name away and adds another
 * with the same id; a name that went to another snapshot is removed and added. What both states share is skipped.
 */
export function* changesBetween(before: State, after: State): Generator<Change> {
  const names = new Set<string>()
  for (const [name] of changes(before.snapshots, after.snapshots)) {
    names.add(name)
    yield* changeOf(before, after, name)
  }
  for (const [name] of changes(before.attached, after.attached)) {
    if (!names.has(name)) yield* changeOf(before, after, name)
  }
}

import * as assert from 'uvu/assert'
import { initialState, type Profile, type Replayed } from '@varve/core'
import { collectCheckpoint, headRow, openHeadRow, rowPrefixes, type CheckpointRow } from '../../src/log/checkpoint.js'

/** The rows that a store keeps. */
export type Kept = Map<string, string>

export const keep = (kept: Kept, rows: Iterable<CheckpointRow>): void => {
  for (const { key, value } of rows) {
    if (value === undefined) assert.ok(kept.delete(key), `${key} is deleted and was never there`)
    else kept.set(key, value)
  }
}

/** What a checkpoint's rows stand for. */
export const loaded = (kept: Kept, profile: Profile = 'bind'): Replayed => {
  const head = openHeadRow(kept.get(headRow) ?? '', initialState(profile))
  if (head === undefined) throw new Error('the head is of another version')
  const collected = collectCheckpoint(head.state)
  for (const [key, value] of kept) {
    if ((rowPrefixes as readonly string[]).includes(key[0] ?? '')) collected.add(key, value)
  }
  return { state: collected.state(), hash: head.hash }
}

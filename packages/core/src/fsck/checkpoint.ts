import * as E from 'fp-ts/lib/Either.js'
import { headRow, openHeadRow, rowPrefixes } from '../log/checkpoint.js'
import { differences } from '../model/differences.js'
import type { StoreFault } from '../model/fault.js'
import type { Clock, MaintainedStore } from '../runtime/ports.js'
import { initialState, type State } from '../state/state.js'
import { get, type Table } from '../state/table.js'
import { finding, type Finding } from './findings.js'

/** A checkpoint's head row: which record it stands for, and whether it can be read. */
export type CheckpointHead =
  { readonly type: 'none' | 'unreadable' } | { readonly type: 'of'; readonly state: State; readonly hash: string }

const headIn = (value: string): CheckpointHead => {
  try {
    const found = openHeadRow(value, initialState('bind'))
    return found === undefined || !Number.isSafeInteger(found.state.seq)
      ? { type: 'unreadable' }
      : { type: 'of', state: found.state, hash: found.hash }
  } catch {
    return { type: 'unreadable' }
  }
}

export const checkpointHead = async (store: MaintainedStore): Promise<E.Either<StoreFault, CheckpointHead>> => {
  for await (const rows of store.rows(headRow)) {
    if (E.isLeft(rows)) return rows
    const value = rows.right.find(({ key }) => key === headRow)?.value
    if (value !== undefined) return E.right(headIn(value))
  }
  return E.right({ type: 'none' })
}

const tables = { s: 'snapshots', a: 'attached', p: 'pending', o: 'outstanding' } as const

/** Rows of older versions lack fields that a fold of the log fills in. */
const isSame = (row: string, value: unknown): boolean => {
  if (value === undefined) return false
  if (row === JSON.stringify(value)) return true
  try {
    const found: unknown = JSON.parse(row)
    return (
      typeof found === 'object' &&
      found !== null &&
      [...differences({ parents: undefined, ...found }, value)].every(
        ({ path, before }) => path === 'parents' && before === undefined,
      )
    )
  } catch {
    return false
  }
}

const rowProblem = (state: State, key: string, value: string | undefined): string | undefined => {
  const table = state[tables[key[0] as keyof typeof tables]] as Table<unknown>
  if (value !== undefined && isSame(value, get(table, key.slice(1)))) return undefined
  return `the checkpoint's row ${JSON.stringify(key.slice(0, 64))} is not what the log led to`
}

/** Compares the rows of a checkpoint with the state that the log led to then. `at`: that state, undefined where the log has none. */
export const judgeCheckpoint = async (
  store: MaintainedStore,
  clock: Clock,
  head: CheckpointHead,
  at: { readonly state: State; readonly hash: string } | undefined,
): Promise<E.Either<StoreFault, Finding | undefined>> => {
  const damaged = (found: string): E.Either<StoreFault, Finding> => E.right(finding('damaged-checkpoint', { found }))
  if (head.type === 'unreadable') return damaged('the checkpoint does not say which record it stands for')
  if (head.type === 'of' && at === undefined)
    return damaged(`the checkpoint stands for record ${head.state.seq}, which the log does not have`)
  if (
    head.type === 'of' &&
    (at?.hash !== head.hash || at.state.lastId !== head.state.lastId || at.state.log !== head.state.log)
  )
    return damaged(`the checkpoint of record ${head.state.seq} is not that of this log`)
  const state = (head.type === 'of' ? at?.state : undefined) ?? initialState('bind')
  for (const prefix of rowPrefixes) {
    let rows = 0
    for await (const batch of store.rows(prefix)) {
      if (E.isLeft(batch)) return batch
      for (const { key, value } of batch.right) {
        const problem = rowProblem(state, key, value)
        if (problem !== undefined) return damaged(problem)
      }
      rows += batch.right.length
      await clock.yield()
    }
    const { size } = state[tables[prefix]]
    if (rows !== size) return damaged(`the checkpoint has ${rows} of ${size} rows of ${tables[prefix]}`)
  }
  return E.right(undefined)
}

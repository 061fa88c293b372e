import * as E from 'fp-ts/lib/Either.js'
import type { TaskEither } from 'fp-ts/lib/TaskEither.js'
import { recordAll } from '../decider/step.js'
import { headRow, rowPrefixes } from '../log/checkpoint.js'
import { inputKey, inputPrefix } from '../log/inputs.js'
import { seal, type SealedRecord } from '../log/record.js'
import { differences } from '../model/differences.js'
import type { Event, Recorded } from '../model/event.js'
import {
  failedPrecondition,
  shown,
  type BackendFault,
  type FailedPrecondition,
  type StoreFault,
} from '../model/fault.js'
import type { Head, Row } from '../runtime/ports.js'
import type { State } from '../state/state.js'
import { hold, readAll, type CheckOptions, type FsckFault, type Held } from './check.js'
import { judge, type RepairPlan } from './judge.js'

/** What was done. */
export type Repaired = {
  /** What the log has learnt of it. */
  readonly records: readonly Recorded[]
  /** How many things in the root were set right. */
  readonly mended: number
}

/** Events as the next records of a log, each with its hash. */
export const sealAll = (
  state: State,
  hash: string,
  events: readonly Event[],
  by: string,
  { sha256, clock }: Pick<Held, 'sha256' | 'clock'>,
): readonly SealedRecord[] => {
  const { recorded } = recordAll(state, events, { id: String(state.seq + 1), by }, clock.now())
  const sealed: SealedRecord[] = []
  for (const decided of recorded) sealed.push(seal(sealed.at(-1)?.hash ?? hash, decided, sha256))
  return sealed
}

export const mendAll = async (
  { maintenance }: Held,
  mends: RepairPlan['mends'],
): Promise<E.Either<BackendFault, void>> => {
  for (const mend of mends) {
    const mended = await maintenance.mend(mend)()
    if (E.isLeft(mended)) return mended
  }
  return E.right(undefined)
}

/** The rows of a checkpoint that stands for another log, and inputs of records that are cut off. */
const rowsToDrop = async (
  { store }: Held,
  { keep, dropCheckpoint }: NonNullable<RepairPlan['store']>,
): Promise<E.Either<StoreFault, readonly Row[]>> => {
  const rows: Row[] = []
  for (const prefix of [...(dropCheckpoint ? [headRow, ...rowPrefixes] : []), inputPrefix]) {
    for await (const batch of store.rows(prefix)) {
      if (E.isLeft(batch)) return batch
      for (const { key } of batch.right)
        if (prefix !== inputPrefix || key > inputKey(keep)) rows.push({ key, value: undefined })
    }
  }
  return E.right(rows)
}

const perform = async (
  held: Held,
  state: State,
  hash: string,
  { log, store, events, mends }: RepairPlan,
): Promise<E.Either<StoreFault | BackendFault, Repaired>> => {
  const records = sealAll(state, hash, events, 'repair', held)
  if (store !== null || records.length > 0) {
    const last: Head = records.at(-1) ?? { seq: state.seq, hash }
    const rows = store === null ? E.right([]) : await rowsToDrop(held, store)
    if (E.isLeft(rows)) return rows
    const mend = { log, keep: state.seq, records, hash: last.hash, rows: rows.right }
    const written = await held.store.mend(mend)()
    if (E.isLeft(written)) return written
  }
  // The log first: what it does not know any more is a stray to whoever comes next, what it still knows would be a loss.
  const mended = await mendAll(held, mends)
  return E.map(() => ({ records: records.map(({ recorded }) => recorded), mended: mends.length }))(mended)
}

const changed = (plan: RepairPlan, now: RepairPlan): FailedPrecondition | undefined => {
  const [first] = differences(plan, now)
  if (first === undefined) return undefined
  const what = `the plan has ${shown(first.before)} for ${first.path === '' ? 'itself' : first.path}, and it would be ${shown(first.after)} now`
  return failedPrecondition(`repair: ${what}; check again and look at the new plan`)
}

/**
 * Performs exactly a plan of `check`. Log and root are looked at again first: if the plan that they lead to is another one,
 * nothing is done (FailedPrecondition). A repair that was cut short is completed by another check and its plan.
 */
export const repair =
  (plan: RepairPlan, options: CheckOptions): TaskEither<FsckFault | FailedPrecondition, Repaired> =>
  () =>
    hold<FailedPrecondition, Repaired>(options, async (held) => {
      const read = await readAll(held)
      if (E.isLeft(read)) return read
      const { state, hash } = read.right.log
      const refused = changed(plan, judge(read.right).plan)
      if (refused !== undefined) return E.left(refused)
      return perform(held, state, hash, plan)
    })

import * as E from 'fp-ts/lib/Either.js'
import type { TaskEither } from 'fp-ts/lib/TaskEither.js'
import { invalidArgument, type BackendFault, type InvalidArgument, type StoreFault } from '../model/fault.js'
import type { Profile } from '../model/snapshot.js'
import { systemClock } from '../runtime/clock.js'
import type { Backend, BackendMaintenance, Clock, EventStore, Found, Head, MaintainedStore } from '../runtime/ports.js'
import { checkpointHead, judgeCheckpoint } from './checkpoint.js'
import type { Finding } from './findings.js'
import { judge, type Read, type RepairPlan } from './judge.js'
import { readLog } from './log.js'
import { indexFound } from './root.js'

/** What is checked: a store and a backend that nobody has open. `profile`: default `bind`. `clock`: default the host's. */
export type CheckOptions = {
  readonly store: EventStore
  readonly backend: Backend
  readonly profile?: Profile
  readonly clock?: Clock
}

/** What a check has found. */
export type Checked = {
  readonly log: string
  /** The last good record. */
  readonly head: Head
  /** Those of the log first. */
  readonly findings: readonly Finding[]
  /** Whether nothing is damaged; what is only left lying about does no harm. */
  readonly healthy: boolean
  /** What `repair` would do. */
  readonly plan: RepairPlan
}

/** Why a check, a repair or a rescue was not done. */
export type FsckFault = InvalidArgument | StoreFault | BackendFault

/** A store and a backend that are held for maintenance. */
export type Held = {
  readonly store: MaintainedStore
  readonly sha256: EventStore['sha256']
  readonly backend: Backend
  readonly maintenance: BackendMaintenance
  readonly clock: Clock
  readonly profile: Profile
}

/** Holds store and backend for as long as `use` takes. */
export const hold = async <F, A>(
  { store, backend, profile = 'bind', clock = systemClock() }: CheckOptions,
  use: (held: Held) => Promise<E.Either<FsckFault | F, A>>,
): Promise<E.Either<FsckFault | F, A>> => {
  const rule = 'must be there: this one can not be looked into'
  if (store.maintenance === undefined) return E.left(invalidArgument('store.maintenance', undefined, rule))
  const { maintenance } = backend
  if (maintenance === undefined) return E.left(invalidArgument('backend.maintenance', undefined, rule))
  const opened = await store.maintenance.open()()
  if (E.isLeft(opened)) return opened
  const used = await use({ store: opened.right, sha256: store.sha256, backend, maintenance, clock, profile })
  const backendClosed = await backend.close()()
  const storeClosed = await opened.right.close()()
  if (E.isLeft(used)) return used
  if (E.isLeft(backendClosed)) return backendClosed
  return E.isLeft(storeClosed) ? storeClosed : used
}

export const foundIn = async ({ maintenance }: Held): Promise<E.Either<BackendFault, readonly Found[]>> => {
  const all: Found[] = []
  for await (const one of maintenance.inspect()) {
    if (E.isLeft(one)) return one
    all.push(one.right)
  }
  return E.right(all)
}

/** Everything that is judged. */
export const readAll = async (held: Held): Promise<E.Either<FsckFault, Read>> => {
  const { store, clock, maintenance } = held
  const checkpoint = await checkpointHead(store)
  if (E.isLeft(checkpoint)) return checkpoint
  const stands = checkpoint.right.type === 'of' ? [checkpoint.right.state.seq] : []
  const noted = [store.facts.head, store.facts.anchor].flatMap((one) => (typeof one === 'object' ? [one.seq] : []))
  const log = await readLog(store, held, [...stands, ...noted])
  if (E.isLeft(log)) return log
  const at = stands[0] === undefined ? undefined : log.right.marked.get(stands[0])
  const judged = await judgeCheckpoint(store, clock, checkpoint.right, at)
  if (E.isLeft(judged)) return judged
  const found = await foundIn(held)
  if (E.isLeft(found)) return found
  return E.right({
    log: log.right,
    facts: store.facts,
    checkpoint: judged.right,
    root: indexFound(found.right),
    remakes: new Set(maintenance.remakes),
  })
}

const checkHeld = async (held: Held): Promise<E.Either<FsckFault, Checked>> => {
  const read = await readAll(held)
  if (E.isLeft(read)) return read
  const { findings, plan } = judge(read.right)
  const healthy = findings.every(({ severity }) => severity !== 'damage')
  return E.right({ log: plan.log, head: plan.head, findings, healthy, plan })
}

/**
 * Holds a log and the root of its layers against each other and finds what is wrong with either, also when the log refuses to open.
 * Changes nothing. Nobody may have them open meanwhile (StoreFault). What is under way or owed in the log is left to the next
 * opening and is no finding.
 */
export const check =
  (options: CheckOptions): TaskEither<FsckFault, Checked> =>
  () =>
    hold(options, checkHeld)

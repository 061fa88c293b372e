import * as E from 'fp-ts/lib/Either.js'
import type { TaskEither } from 'fp-ts/lib/TaskEither.js'
import { recordAll } from '../decider/step.js'
import { noHash } from '../log/record.js'
import type { Event, EventOf, Recorded } from '../model/event.js'
import { failedPrecondition, type FailedPrecondition, type Failure } from '../model/fault.js'
import type { Sidecar } from '../model/sidecar.js'
import type { Profile, SnapshotId, Usage } from '../model/snapshot.js'
import type { BackendMend } from '../runtime/ports.js'
import { initialState, type State } from '../state/state.js'
import { set } from '../state/table.js'
import { foundIn, hold, type CheckOptions, type FsckFault, type Held } from './check.js'
import { mendAll, sealAll } from './repair.js'
import { indexFound, type Root } from './root.js'
import { tellSidecars, type Survivor } from './survivors.js'
import { judgeWorld } from './world.js'

/** What a rescue has brought back, and what it has not. */
export type Rescued = {
  /** The UUID of the log that owns the root now. */
  readonly log: string
  /** The one that most of the layers were made in. */
  readonly profile: Profile
  readonly snapshots: readonly Pick<Sidecar, 'id' | 'kind' | 'name'>[]
  /** By name below `<root>/quarantine`, why each is there. */
  readonly quarantined: Readonly<Record<string, string>>
  readonly records: readonly Recorded[]
}

const unused: Usage = { size: 0, inodes: 0, onDisk: 0, scratch: 0 }

const rescuedEvent = ({ sidecar, parent, parts }: Survivor, usage: Usage): EventOf<'Rescued'> => {
  const { id, kind, name, purpose, profile, labels } = sidecar
  const disk = parts.disks.find(({ path }) => path === 'sandbox.vhdx')
  const utilityVm = parts.disks.some(({ path }) => path === 'vm/sandbox.vhdx')
  const effective = disk?.virtualSize ?? null
  return { type: 'Rescued', data: { id, name, kind, parent, purpose, labels, profile, utilityVm, effective, usage } }
}

/** The events of a log that begins with what is left of another one. */
const eventsOf = (
  log: string,
  { highest }: Root,
  survivors: readonly Survivor[],
  usages: ReadonlyMap<SnapshotId, Usage>,
): readonly Event[] => [
  { type: 'LogCreated', data: { log } },
  ...(highest === 0 ? [] : [{ type: 'IdsBurnt', data: { through: highest } } as const]),
  ...survivors.map((one) => rescuedEvent(one, usages.get(one.sidecar.id) ?? unused)),
]

/** What is shown somewhere stays as it is until it has been taken in. */
const withAttached = (state: State, survivors: readonly Survivor[]): State => ({
  ...state,
  attached: survivors.reduce(
    (attached, { sidecar, isAttached }) => (isAttached ? set(attached, sidecar.name, 'rescue') : attached),
    state.attached,
  ),
})

/** Takes in what was written to a layer that was attached when its log was lost. */
const detach = async ({ backend }: Held, { sidecar }: Survivor): Promise<E.Either<Failure, void>> => {
  const { id: layer, parents } = sidecar
  const options = { signal: new AbortController().signal, progress: () => undefined }
  const done = await backend.execute({ type: 'DetachLayer', id: `rescue-${layer}`, layer, parents }, options)()
  return E.map(() => undefined)(done)
}

/** What the layers use, counted once nothing is attached any more. */
const countAll = async (
  held: Held,
  log: string,
  kept: readonly Survivor[],
): Promise<E.Either<Failure, ReadonlyMap<SnapshotId, Usage>>> => {
  const opened = await held.backend.open({ log, unclaimed: async () => [] })()
  if (E.isLeft(opened)) return opened
  const usages = new Map<SnapshotId, Usage>()
  for (const survivor of kept) {
    const { id } = survivor.sidecar
    const detached = survivor.isAttached ? await detach(held, survivor) : E.right(undefined)
    if (E.isLeft(detached)) return detached
    const usage = await held.backend.usage(id)()
    if (E.isLeft(usage)) return usage
    usages.set(id, usage.right)
  }
  return E.right(usages)
}

const mostUsed = (survivors: readonly Survivor[], otherwise: Profile): Profile => {
  const windows = survivors.filter(({ sidecar }) => sidecar.profile === 'windows-layer').length
  if (survivors.length === 0) return otherwise
  return windows * 2 > survivors.length ? 'windows-layer' : 'bind'
}

const reasonsFor = (
  mends: readonly BackendMend[],
  reasons: ReadonlyMap<SnapshotId, string>,
): Readonly<Record<string, string>> =>
  Object.fromEntries(
    mends.flatMap((mend) => {
      if (mend.type === 'QuarantineLayer') return [[mend.to, reasons.get(mend.id) ?? 'nothing says what it is']]
      return mend.type === 'Quarantine' ? [[mend.to, `${mend.path} belongs to no layer that could be rescued`]] : []
    }),
  )

const rescueInto = async (held: Held): Promise<E.Either<FsckFault | Failure | FailedPrecondition, Rescued>> => {
  const { facts } = held.store
  const { log } = facts
  if (facts.head !== undefined) {
    const what = facts.head === 'damaged' ? 'is damaged' : `has ${facts.head.seq} records`
    return E.left(failedPrecondition(`rescue: the log ${what}; check that one, or rescue into an empty log`))
  }
  const found = await foundIn(held)
  if (E.isLeft(found)) return found
  const root = indexFound(found.right)
  const { survivors, reasons } = tellSidecars(root)
  const start = recordAll(initialState(held.profile), eventsOf(log, root, survivors, new Map()), { id: '1' }, 0n).state
  const state = withAttached(start, survivors)
  const judged = judgeWorld({ state, root, remakes: new Set(held.maintenance.remakes) })
  const mends: readonly BackendMend[] = [{ type: 'TakeRoot', log }, ...judged.mends]
  const mended = await mendAll(held, mends)
  if (E.isLeft(mended)) return mended
  const lost = new Map(judged.events.map(({ data }) => [data.id, data.reason]))
  const kept = survivors.filter(({ sidecar }) => !lost.has(sidecar.id))
  const usages = await countAll(held, log, kept)
  if (E.isLeft(usages)) return usages
  const directories = mends.flatMap((mend) => ('to' in mend ? [mend.to] : []))
  const events: readonly Event[] = [
    ...eventsOf(log, root, survivors, usages.right),
    ...judged.events,
    ...(directories.length === 0 ? [] : [{ type: 'Quarantined', data: { directories } } as const]),
  ]
  const empty = initialState(held.profile)
  const records = sealAll(empty, noHash, events, 'rescue', held)
  const { hash } = records.at(-1) ?? { hash: noHash }
  const written = await held.store.mend({ log, keep: 0, records, hash, rows: [] })()
  return E.map(() => ({
    log,
    profile: mostUsed(kept, held.profile),
    snapshots: kept.map(({ sidecar: { id, kind, name } }) => ({ id, kind, name })),
    quarantined: reasonsFor(mends, new Map([...reasons, ...lost])),
    records: records.map(({ recorded }) => recorded),
  }))(written)
}

/**
 * Fills an empty log from the layers that are left when theirs is gone altogether: what their sidecars tell becomes their records,
 * with new ids above the highest that was found. What has no sidecar, or stands on what could not be rescued, goes to quarantine.
 * The root is the new log's then. FailedPrecondition for a log that has records. May be begun again when it was cut short.
 */
export const rescue =
  (options: CheckOptions): TaskEither<FsckFault | Failure | FailedPrecondition, Rescued> =>
  () =>
    hold<Failure | FailedPrecondition, Rescued>(options, rescueInto)

import type { Event } from '../model/event.js'
import type { BackendMend, Head, MaintainedStore, Remakable } from '../runtime/ports.js'
import type { State } from '../state/state.js'
import { finding, type Finding } from './findings.js'
import { judgeNotes, type ReadableLog } from './log.js'
import type { Root } from './root.js'
import { judgeWorld } from './world.js'

/**
 * What `repair` does, as data: it may be kept, sent and looked at. It holds for the log and the root that it was made from and for
 * no others.
 */
export type RepairPlan = {
  readonly log: string
  /** The last good record. */
  readonly head: Head
  /** What is done to the store besides recording `events`, or null. */
  readonly store: { readonly keep: number; readonly dropCheckpoint: boolean } | null
  /** Recorded behind the last good record, with `by: 'repair'`. */
  readonly events: readonly Event[]
  readonly mends: readonly BackendMend[]
}

/** What was read of a store and a root. */
export type Read = {
  readonly log: ReadableLog
  readonly facts: MaintainedStore['facts']
  readonly checkpoint: Finding | undefined
  readonly root: Root
  readonly remakes: ReadonlySet<Remakable>
}

export type Judged = { readonly findings: readonly Finding[]; readonly plan: RepairPlan }

/** Whose the root is. `isOurs`: it may be held against the log. */
type Ownership = { readonly finding?: Finding; readonly isOurs: boolean; readonly mends: readonly BackendMend[] }

const hasLayers = ({ layers, retired, sidecars }: Root): boolean => layers.size + retired.size + sidecars.size > 0

const ownershipOf = ({ log }: State, root: Root): Ownership => {
  const { owner, sidecars } = root
  if (owner === undefined ? !hasLayers(root) : owner.log === log) return { isOurs: true, mends: [] }
  const logs = [...sidecars.values()].flatMap((one) => (one.log === undefined ? [] : [one.log]))
  const isOurs = logs.length === 0 ? owner?.log === undefined : logs.includes(log)
  const code = owner === undefined ? 'missing-owner' : owner.log === undefined ? 'damaged-owner' : 'foreign-root'
  const others = logs.find((other) => other !== log) ?? owner?.log
  const whose = `${owner?.path ?? 'the root'} ${owner?.log === undefined ? 'does not say whose layers these are' : `says that these are layers of log ${owner.log}`}`
  if (isOurs)
    return {
      finding: finding(code, { found: `${whose}, and they are those of log ${log}` }),
      isOurs,
      mends: [{ type: 'TakeRoot', log }],
    }
  const found = `${whose}, their sidecars tell of log ${others}, and this is log ${log}`
  return { finding: finding(code, { found, repair: null }), isOurs, mends: [] }
}

const nothingIn = (log: ReadableLog): RepairPlan => ({
  log: log.state.log,
  head: { seq: log.state.seq, hash: log.hash },
  store: null,
  events: [],
  mends: [],
})

/** Of a log whose first record is gone nothing can be kept. */
const withoutLog = ({ log, facts, root }: Read): Judged => {
  const { broken, lastFound } = log
  const plan = nothingIn(log)
  const noted = [facts.head, facts.anchor].some((one) => one !== undefined)
  const isNew = broken === undefined && !noted && root.owner === undefined && !hasLayers(root)
  if (isNew) return { findings: [], plan }
  const bad = broken === undefined ? [] : [{ ...broken, repair: null }]
  const what = lastFound === 0 ? 'the log has no records' : 'the log has no good record'
  const found = `${what}, and the root is that of log ${root.owner?.log ?? 'nobody knows which'}`
  const layers = root.owner !== undefined || hasLayers(root)
  const rest =
    layers || broken === undefined ? [finding('missing-log', { found: layers ? found : what, repair: null })] : []
  return { findings: [...bad, ...rest], plan }
}

/** The notes of a store tell of another log when it is this one that is out of place. */
const isOutOfPlace = ({ facts: { anchor }, root: { owner }, log }: Read): boolean =>
  typeof anchor === 'object' && anchor.log === owner?.log && anchor.log !== log.state.log

const lossOf = ({ log, root }: Read, through: number): readonly Event[] => {
  const { seq, lastId } = log.state
  if (through <= seq) return []
  const loss: Event = { type: 'LossAccepted', data: { after: seq, through } }
  return root.highest > lastId ? [loss, { type: 'IdsBurnt', data: { through: root.highest } }] : [loss]
}

const quarantined = (mends: readonly BackendMend[]): readonly Event[] => {
  const directories = mends.flatMap((mend) => ('to' in mend ? [mend.to] : []))
  return directories.length === 0 ? [] : [{ type: 'Quarantined', data: { directories } }]
}

/** Everything that is wrong, and what to do about all of it. Pure. */
export const judge = (read: Read): Judged => {
  const { log, checkpoint, root, remakes } = read
  if (log.isForeign) return { findings: log.broken === undefined ? [] : [log.broken], plan: nothingIn(log) }
  if (log.state.log === '') return withoutLog(read)
  const notes = judgeNotes(log, read.facts)
  const isStrange = isOutOfPlace(read)
  const told = notes.findings.map((one) => (isStrange ? { ...one, repair: null } : one))
  const ofLog = [log.broken, ...told, checkpoint].filter((one) => one !== undefined)
  const ownership = ownershipOf(log.state, root)
  const ofRoot = ownership.finding === undefined ? [] : [ownership.finding]
  if (isStrange) return { findings: [...ofLog, ...ofRoot], plan: nothingIn(log) }
  const loss = lossOf(read, notes.through)
  const state = loss.reduce(
    (now, event) => (event.type === 'IdsBurnt' ? { ...now, lastId: event.data.through } : now),
    log.state,
  )
  const world = ownership.isOurs
    ? judgeWorld({ state, root, remakes })
    : { findings: [], events: [], detachments: [], mends: [] }
  const mends = [...ownership.mends, ...world.mends]
  const isMended = log.broken !== undefined || notes.isWrong || checkpoint !== undefined
  return {
    findings: [...ofLog, ...ofRoot, ...world.findings],
    plan: {
      ...nothingIn(log),
      store: isMended ? { keep: log.state.seq, dropCheckpoint: checkpoint !== undefined } : null,
      events: [...loss, ...world.events, ...world.detachments, ...quarantined(mends)],
      mends,
    },
  }
}

import * as E from 'fp-ts/lib/Either.js'
import { blockersOf } from '../decider/touches.js'
import type { Recorded } from '../model/event.js'
import { notFound, type NotFound, type StoreFault } from '../model/fault.js'
import type { SnapshotId } from '../model/snapshot.js'
import type { State } from '../state/state.js'
import { entries, get } from '../state/table.js'
import { replay, type ReplayOptions } from './replay.js'
import type { Explanation, RemovalBlocker, Told } from './explanation.js'
import { sentenceOf } from './sentences.js'

/** Takes the records of a log one by one. */
type Collecting<A> = { readonly see: (event: Recorded) => void; readonly result: () => A }

/** The snapshots that have had a name or key, in the order in which they took it. */
const collectHolders = (name: string): Collecting<readonly SnapshotId[]> => {
  const ids = new Set<SnapshotId>()
  return {
    see: ({ type, data }) => {
      if (type === 'PrepareAccepted' && data.key === name) ids.add(data.id)
      if ((type === 'Committed' || type === 'Rescued') && data.name === name) ids.add(data.id)
    },
    result: () => [...ids],
  }
}

/** What a snapshot is after the event that ends it. */
const endings: Partial<Record<Recorded['type'], Explanation['now']>> = {
  PrepareFailed: 'never made',
  Removed: 'removed',
  GivenUp: 'given up',
}

const isEnd = (type: Recorded['type']): boolean => type in endings

/** The records that are about a snapshot. */
const collectLife = (id: SnapshotId): Collecting<readonly Recorded[]> => {
  const life: Recorded[] = []
  let name: string | undefined
  return {
    see: (event) => {
      const { type, data } = event
      if (type === 'Updated' ? data.key !== name : !('id' in data) || data.id !== id) return
      life.push(event)
      if (type === 'PrepareAccepted') name = data.key
      if (type === 'Committed' || type === 'Rescued') name = data.name
      if (isEnd(type)) name = undefined
    },
    result: () => life,
  }
}

const tellAll = (life: readonly Recorded[]): readonly Told[] => {
  const askers = new Map<string, string | null>()
  return life.map((event) => {
    const { seq, at, type, cause } = event
    const by = cause.by ?? askers.get(cause.id) ?? null
    askers.set(String(seq), by)
    return { seq, at, type, by, text: sentenceOf(event) }
  })
}

const nameIn = (life: readonly Recorded[]): string =>
  life.reduce((name, { type, data }) => {
    if (type === 'PrepareAccepted') return data.key
    return type === 'Committed' || type === 'Rescued' ? data.name : name
  }, '')

const nowIn = (state: State, id: SnapshotId, name: string, ended: Told | undefined): Explanation['now'] => {
  if (ended !== undefined) return endings[ended.type] ?? 'never made'
  const snapshot = get(state.snapshots, name)
  return snapshot?.id === id ? snapshot.kind : 'being made'
}

/** The snapshots that are being made on a name: they count as children, but no query shows them. */
const comingOn = (state: State, name: string): readonly string[] =>
  [...entries(state.outstanding)].flatMap(([, { type, data }]) => {
    if (type === 'PrepareAccepted') return data.parent === name ? [data.key] : []
    const gains = type === 'CommitAccepted' && data.parent === name && get(state.snapshots, data.key)?.parent !== name
    return gains ? [data.key] : []
  })

const blockersIn = (state: State, name: string, children: readonly string[]): readonly RemovalBlocker[] => [
  ...[...children, ...comingOn(state, name)]
    .sort()
    .map((child) => ({ kind: 'child', name: child, intent: null }) as const),
  ...blockersOf(state, { type: 'Remove', key: name }).map(
    (blocker) => ({ kind: 'pending', name: blocker.name, intent: blocker.intent }) as const,
  ),
]

/** A commit says in its acceptance which parent the layer has from then on. */
const parentIn = (life: readonly Recorded[]): string => {
  const committed = life.find(({ type }) => type === 'Committed')
  const asked = life.find(({ seq, type }) =>
    committed ? String(seq) === committed.cause.id : type === 'PrepareAccepted',
  )
  if (asked?.type === 'CommitAccepted' || asked?.type === 'PrepareAccepted') return asked.data.parent
  const rescued = life.find(({ type }) => type === 'Rescued')
  return rescued?.type === 'Rescued' ? rescued.data.parent : ''
}

const leavesSomething = (type: Recorded['type']): boolean => type === 'Removed' || type === 'PrepareFailed'

type Known = {
  readonly id: SnapshotId
  readonly life: readonly Recorded[]
  readonly children: readonly string[]
  readonly holders: readonly SnapshotId[]
}

const explanationOf = (state: State, { id, life, children, holders }: Known): Explanation => {
  const story = tellAll(life)
  const name = nameIn(life)
  const ended = story.find(({ type }) => isEnd(type))
  return {
    id,
    name,
    now: nowIn(state, id, name, ended),
    parent: parentIn(life),
    story,
    ended: ended ?? null,
    blockers: ended === undefined ? blockersIn(state, name, children) : [],
    owed: [...entries(state.outstanding)].some(([, { type, data }]) => data.id === id && leavesSomething(type)),
    others: holders.filter((other) => other !== id),
  }
}

/** What is shown every record of the log; of none, it is other work's turn. */
export type Pass = readonly Pick<Collecting<unknown>, 'see'>[]

const unknownTarget = (target: string | number): NotFound =>
  notFound(`explain: snapshot ${typeof target === 'number' ? `with the id ${target}` : target}`)

const entriesInTurn = 1_000

/** The names of the completed snapshots that stand on a name. */
function* childrenOf(state: State, name: string): Generator<Pass, readonly string[]> {
  if ((get(state.snapshots, name)?.children ?? 0) === 0) return []
  const children: string[] = []
  let visited = 0
  for (const [child, { parent }] of entries(state.snapshots)) {
    if (parent === name) children.push(child)
    if (++visited % entriesInTurn === 0) yield []
  }
  return children
}

/** Explains by passes over the log that led to `state`: whoever runs this shows every record to all that a pass holds. */
export function* explaining(
  state: State,
  target: string | SnapshotId,
): Generator<Pass, E.Either<NotFound, Explanation>> {
  const asked = typeof target === 'string' ? collectHolders(target) : undefined
  let id = typeof target === 'number' ? target : get(state.snapshots, target)?.id
  if (id === undefined && asked !== undefined) {
    yield [asked]
    id = asked.result().at(-1)
  }
  if (id === undefined) return E.left(unknownTarget(target))
  const lives = collectLife(id)
  const isPassed = asked === undefined || asked.result().length > 0
  yield isPassed ? [lives] : [lives, asked]
  const life = lives.result()
  if (life.length === 0) return E.left(unknownTarget(target))
  const holders = asked ?? collectHolders(nameIn(life))
  if (asked === undefined) yield [holders]
  const children = yield* childrenOf(state, nameIn(life))
  return E.right(explanationOf(state, { id, life, children, holders: holders.result() }))
}

/**
 * Why a snapshot is as it is: by its key or name (the one that has or had it last) or by its id, also when it is gone. The log
 * is given as for `replay`.
 */
export const explain = (
  log: string | readonly string[],
  target: string | SnapshotId,
  options?: ReplayOptions,
): E.Either<StoreFault | NotFound, Explanation> => {
  const replayed = replay(log, options)
  if (E.isLeft(replayed)) return replayed
  const { state, steps } = replayed.right
  const passes = explaining(state, target)
  for (let next = passes.next(); ; next = passes.next()) {
    if (next.done === true) return next.value
    for (const { see } of next.value) for (const { event } of steps) see(event)
  }
}

import * as E from 'fp-ts/lib/Either.js'
import * as fc from 'fast-check'
import {
  initialState,
  intentsOf,
  step,
  type Asking,
  type Command,
  type Decided,
  type Intent,
  type Outcome,
  type Profile,
  type Result,
  type State,
} from '@varve/core'
import { entries } from '../../src/state/table.js'
import { accessDenied, descriptorOf, usage } from './events.js'
import { timeOf } from './spec.js'

const someKeys = ['a', 'b', 'extract-c'] as const
const names = ['k', 'm', 'n'] as const

const anyKey = fc.constantFrom(...someKeys)
const name = fc.constantFrom(...someKeys, ...names)
const parent = fc.constantFrom('', '', '', '', ...names, 'a')
const labels = fc.dictionary(fc.constantFrom('x', 'y', 'z'), fc.constantFrom('', '1', '2'))

/** Commands over so few names that they meet all the time. */
export const commands: fc.Arbitrary<Command> = fc.oneof(
  { weight: 8, arbitrary: fc.record({ type: fc.constant('Prepare' as const), key: anyKey, parent, labels }) },
  { weight: 2, arbitrary: fc.record({ type: fc.constant('View' as const), key: anyKey, parent, labels }) },
  {
    weight: 5,
    arbitrary: fc.record({
      type: fc.constant('Commit' as const),
      key: anyKey,
      name: fc.constantFrom(...names),
      parent,
      labels,
    }),
  },
  { weight: 2, arbitrary: fc.record({ type: fc.constant('Remove' as const), key: name }) },
  { weight: 2, arbitrary: fc.record({ type: fc.constant('Update' as const), name: name, labels }) },
  { weight: 2, arbitrary: fc.record({ type: fc.constant('Attach' as const), key: name }) },
  { weight: 2, arbitrary: fc.record({ type: fc.constant('Detach' as const), key: name }) },
  {
    weight: 3,
    arbitrary: fc.record({
      type: fc.constant('Apply' as const),
      key: fc.constantFrom('extract-c', ...someKeys),
      descriptor: fc.constantFrom('1', '2').map((digit) => descriptorOf(digit)),
    }),
  },
  { weight: 4, arbitrary: fc.record({ type: fc.constant('Cancel' as const), key: anyKey }) },
)

/** A command, the end of one of the intents that are outstanding, or the cancelling of one that can be. */
export type Action =
  { readonly ask: Command } | { readonly end: number; readonly fails: boolean } | { readonly cancel: number }

export const actions: fc.Arbitrary<readonly Action[]> = fc.array(
  fc.oneof(
    { weight: 3, arbitrary: fc.record({ ask: commands }) },
    {
      weight: 4,
      arbitrary: fc.record({ end: fc.nat(3), fails: fc.integer({ min: 0, max: 7 }).map((die) => die === 7) }),
    },
    { weight: 1, arbitrary: fc.record({ cancel: fc.nat(3) }) },
  ),
  { minLength: 40, maxLength: 80 },
)

const results: Readonly<Record<Asking['type'], Result>> = {
  PrepareAccepted: { type: 'LayerCreated', usage, effective: null },
  PrepareFailed: { type: 'LayerDestroyed' },
  CommitAccepted: { type: 'LayerSealed', usage },
  ApplyAccepted: { type: 'LayerImported', usage, entries: 3 },
  RemoveAccepted: { type: 'LayerRetired' },
  Removed: { type: 'LayerDestroyed' },
  AttachAccepted: { type: 'LayerAttached' },
  DetachAccepted: { type: 'LayerDetached', usage },
}

export const succeeding = (asking: Asking): Outcome => ({
  type: 'Succeeded',
  intent: String(asking.seq),
  result: results[asking.type],
  ...(asking.type === 'ApplyAccepted' ? { tar: { diffId: asking.data.descriptor.digest, size: 1024 } } : {}),
})

export const failing = (asking: Asking): Outcome => ({
  type: 'Failed',
  intent: String(asking.seq),
  failure: accessDenied,
})

/** What is outstanding, oldest first. */
export const outstandingOf = (state: State): readonly Asking[] =>
  [...entries(state.outstanding)].map(([, asking]) => asking).sort((one, other) => one.seq - other.seq)

/** A turn of a run: what was fed in, what came of it. */
export type Turn = {
  readonly before: State
  readonly input: Command | Outcome
  readonly result: ReturnType<typeof step>
  readonly after: State
}

const cancelIn = (state: State, which: number): Command | undefined => {
  const keys = outstandingOf(state).flatMap(({ type, data }) =>
    type === 'CommitAccepted' || type === 'ApplyAccepted' ? [data.key] : [],
  )
  const key = keys[which % Math.max(keys.length, 1)]
  return key === undefined ? undefined : { type: 'Cancel', key }
}

const inputOf = (state: State, action: Action): Command | Outcome | undefined => {
  if ('ask' in action) return action.ask
  if ('cancel' in action) return cancelIn(state, action.cancel)
  const waiting = outstandingOf(state)
  const asking = waiting[action.end % Math.max(waiting.length, 1)]
  if (asking === undefined) return undefined
  return action.fails ? failing(asking) : succeeding(asking)
}

/** Steps through actions. Refused commands change nothing. */
export const runActions = (taken: readonly Action[], profile: Profile = 'bind'): readonly Turn[] => {
  const turns: Turn[] = []
  let state = initialState(profile)
  for (const action of taken) {
    const input = inputOf(state, action)
    if (input === undefined) continue
    const result = step(state, input, timeOf(turns.length))
    const after = E.isRight(result) ? result.right.state : state
    turns.push({ before: state, input, result, after })
    state = after
  }
  return turns
}

/** Ends every outstanding intent well. */
export const settle = (from: State): State => {
  let state = from
  for (;;) {
    const [asking] = outstandingOf(state)
    if (asking === undefined) return state
    const result = step(state, succeeding(asking), timeOf(state.seq))
    if (E.isLeft(result)) throw new Error(result.left.message)
    state = result.right.state
  }
}

export const recordedIn = (turns: readonly Turn[]): readonly Decided[] =>
  turns.flatMap(({ result }) => (E.isRight(result) ? result.right.recorded : []))

/** The intents that the records of a run ask for, as they were when each was recorded. */
export const intentsIn = (turns: readonly Turn[]): ReadonlyMap<string, Intent> =>
  new Map(
    turns.flatMap(({ result, after }) =>
      E.isRight(result)
        ? result.right.recorded
            .flatMap((event) => intentsOf(after, event))
            .map((intent) => [intent.id, intent] as const)
        : [],
    ),
  )

/** Everything a state holds, as plain data in a fixed order. */
export const plain = (state: State): unknown => {
  const sorted = (all: Iterable<readonly [string, unknown]>): unknown =>
    [...all].sort(([one], [other]) => (one < other ? -1 : 1))
  return {
    ...state,
    snapshots: sorted(entries(state.snapshots)),
    attached: sorted(entries(state.attached)),
    pending: sorted(entries(state.pending)),
    outstanding: sorted(entries(state.outstanding)),
  }
}

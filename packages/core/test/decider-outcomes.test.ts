import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { evolve, intentsOf, step, type Event, type Outcome, type Result } from '@varve/core'
import {
  accessDenied,
  attached,
  attaching,
  committing,
  destroyed,
  detaching,
  layer,
  prepared,
  prepareFailed,
  preparing,
  removed,
  removing,
  usage,
} from './support/events.js'
import { given, stateOf, timeOf } from './support/spec.js'

/** Every event that asks for an intent: the history up to it, the result that ends it, the event that this leads to. */
const askings: readonly (readonly [what: string, history: readonly Event[], result: Result, outcome: Event])[] = [
  [
    'prepare',
    [preparing(1, 'a')],
    { type: 'LayerCreated', usage, effective: '21474836480' },
    { type: 'Prepared', data: { id: 1, key: 'a', effective: '21474836480', usage } },
  ],
  ['failed prepare', [preparing(1, 'a'), prepareFailed(1, 'a')], { type: 'LayerDestroyed' }, destroyed(1)],
  [
    'commit',
    [...prepared(1, 'a'), committing(1, 'a', 'n')],
    { type: 'LayerSealed', usage },
    { type: 'Committed', data: { id: 1, key: 'a', name: 'n', usage } },
  ],
  [
    'remove',
    [...prepared(1, 'a'), removing(1, 'a')],
    { type: 'LayerRetired' },
    { type: 'Removed', data: { id: 1, key: 'a' } },
  ],
  ['removed snapshot', [...prepared(1, 'a'), ...removed(1, 'a')], { type: 'LayerDestroyed' }, destroyed(1)],
  [
    'attach',
    [...prepared(1, 'a'), attaching(1, 'a')],
    { type: 'LayerAttached' },
    { type: 'Attached', data: { id: 1, key: 'a' } },
  ],
  [
    'detach',
    [...prepared(1, 'a'), ...attached(1, 'a'), detaching(1, 'a')],
    { type: 'LayerDetached', usage },
    { type: 'Detached', data: { id: 1, key: 'a', usage } },
  ],
]

const succeeded = (intent: string, result: Result): Outcome => ({ type: 'Succeeded', intent, result })

for (const [what, history, result, outcome] of askings) {
  const before = given(...history)
  const intent = String(before.state.seq)

  test(`the intent of a ${what} ends once, with one event whose cause is the intent`, () => {
    const input = succeeded(intent, result)
    const { state } = before.when(input).thenEvents(outcome)
    const stepped = step(before.state, input, timeOf(99))
    assert.equal(stepped._tag === 'Right' && stepped.right.recorded[0]?.cause, { id: intent })
    for (const again of [input, { type: 'Failed', intent, failure: accessDenied } as const]) {
      const nothing = step(state, again, timeOf(99))
      assert.equal(nothing, { _tag: 'Right', right: { state, recorded: [], intents: [] } })
    }
  })

  test(`a failed ${what} ends too, unless it is owed`, () => {
    const failed: Outcome = { type: 'Failed', intent, failure: accessDenied }
    const isOwed = result.type === 'LayerDestroyed'
    const { state } = before.when(failed)
    assert.is(state.seq, before.state.seq + (isOwed ? 0 : 1))
    assert.is(state.pending.size, 0)
    const late = step(state, succeeded(intent, result), timeOf(99))
    assert.is(late._tag === 'Right' && late.right.recorded.length, isOwed ? 1 : 0)
  })

  test(`a ${what} can't end with the result of another intent`, () => {
    for (const [, , other] of askings) {
      if (other.type === result.type) continue
      assert.throws(
        () => step(before.state, succeeded(intent, other), timeOf(99)),
        new RegExp(`can't end with ${other.type}`),
      )
    }
  })
}

test('an outcome of an intent that was never asked for gives no events', () => {
  const { state } = given(layer(1, 'base'))
  for (const intent of ['0', '1', '2', '77', '', 'x', '__proto__', 'toString']) {
    for (const outcome of [
      succeeded(intent, { type: 'LayerCreated', usage, effective: null }),
      { type: 'Failed', intent, failure: accessDenied } as const,
    ]) {
      assert.equal(step(state, outcome, timeOf(99)), { _tag: 'Right', right: { state, recorded: [], intents: [] } })
    }
  }
})

test('a failure is kept with the event as it was told', () => {
  const failure = {
    _tag: 'InvalidArgument',
    message: 'names fold: invalid argument',
    field: 'Files',
    value: '["a","A"]',
  } as const
  given(prepared(1, 'a'), committing(1, 'a', 'n'))
    .when({ type: 'Failed', intent: '3', failure })
    .thenEvents({ type: 'CommitFailed', data: { id: 1, key: 'a', name: 'n', failure } })
})

test('an event that does not fit the state is refused by evolve', () => {
  const misfits: readonly (readonly [history: readonly Event[], event: Event])[] = [
    [[], preparing(1, 'a', { parent: 'none' })],
    [[], committing(1, 'a', 'n')],
    [[], { type: 'Updated', data: { key: 'a', labels: {} } }],
  ]
  for (const [history, event] of misfits) assert.throws(() => stateOf([...history, event]), /the state does not hold/)
})

test('an event that ends an intent of another kind, or none, is refused by evolve', () => {
  const { state } = given(prepared(1, 'a'), attaching(1, 'a'), preparing(2, 'b'))
  const at = { seq: 5, at: '2025-01-01T00:00:00.000000000Z' }
  const made: Event = { type: 'Prepared', data: { id: 2, key: 'b', effective: null, usage } }
  assert.is(evolve(state, { ...made, ...at, cause: { id: '4' } }).snapshots.size, 2)
  assert.throws(() => evolve(state, { ...made, ...at, cause: { id: '3' } }), /intent 3, which AttachAccepted asked for/)
  assert.throws(() => evolve(state, { ...made, ...at, cause: { id: '9' } }), /the log names 9/)
})

test('an intent that no state could have asked for is not made up', () => {
  const committedLayer = stateOf([...layer(1, 'base'), attaching(1, 'base')])
  const asking = { ...attaching(1, 'base'), seq: 5, at: '', cause: { id: '5' } }
  assert.throws(() => intentsOf(committedLayer, asking), /the log attaches base, which is Committed/)
  assert.throws(() => intentsOf(stateOf([attaching(1, 'none')]), { ...asking, seq: 1 }), /an intent names none/)
})

test.run()

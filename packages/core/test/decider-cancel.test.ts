import { test } from 'uvu'
import * as assert from 'uvu/assert'
import * as E from 'fp-ts/lib/Either.js'
import { decide, evolve, find, foresee, step, type Cancel, type Command, type Event, type Outcome } from '@varve/core'
import { touchesOf } from '../src/decider/touches.js'
import {
  accessDenied,
  applied,
  applying,
  attached,
  attaching,
  cancelling,
  committed,
  committing,
  descriptorOf,
  detaching,
  layer,
  prepared,
  preparing,
  removing,
  tarOf,
  usage,
} from './support/events.js'
import { decidedAfter, given, stateOf, timeOf } from './support/spec.js'

const unpack = { purpose: 'unpack' } as const
const cancel: Cancel = { type: 'Cancel', key: 'a' }
const cancelledFailure = { _tag: 'BackendFault', message: 'cancelled', code: 0x800704c7 } as const

/** What can be cancelled: the history up to it, its intent, the end of it that comes too late for a cancel, and what that leads to. */
const cancellable: readonly (readonly [
  what: string,
  history: readonly Event[],
  end: Outcome,
  late: Event,
  failed: Event,
])[] = [
  [
    'a commit',
    [...prepared(1, 'a'), committing(1, 'a', 'n')],
    { type: 'Succeeded', intent: '3', result: { type: 'LayerSealed', usage } },
    { type: 'Committed', data: { id: 1, key: 'a', name: 'n', usage } },
    { type: 'CommitFailed', data: { id: 1, key: 'a', name: 'n', failure: cancelledFailure } },
  ],
  [
    'an apply',
    [...prepared(1, 'a', unpack), applying(1, 'a')],
    {
      type: 'Succeeded',
      intent: '3',
      result: { type: 'LayerImported', usage, entries: 3 },
      tar: { diffId: tarOf('d').diffId, size: tarOf('d').size },
    },
    { type: 'Applied', data: { id: 1, key: 'a', ...tarOf('d'), usage } },
    { type: 'ApplyFailed', data: { id: 1, key: 'a', failure: cancelledFailure } },
  ],
]

for (const [what, history, end, late, failed] of cancellable) {
  test(`${what} under way is cancelled once`, () => {
    const first = given(history)
      .when(cancel)
      .thenEvents(cancelling(1, 'a', '3'))
      .thenIntents()
    assert.equal(decide(first.state, cancel), E.right([]))
  })

  test(`who cancels ${what} is kept with it, as a command of its own`, () => {
    const { state } = given(history)
    const stepped = step(state, { ...cancel, by: 'the user' }, timeOf(9))
    assert.equal(E.isRight(stepped) && stepped.right.recorded[0]?.cause, { id: '4', by: 'the user' })
  })

  test(`a cancelled ${what.slice(what.indexOf(' ') + 1)} stays pending until its intent has ended`, () => {
    const { state } = given(history).when(cancel)
    assert.is(state.outstanding.size, 1)
    const waits = decide(state, { type: 'Remove', key: 'a' })
    assert.is(E.isLeft(waits) && waits.left._tag, 'Unavailable')
  })

  test(`${what} that was cancelled and failed leaves an Active snapshot that can be worked on`, () => {
    const { state } = given(history, cancelling(1, 'a'))
      .when({ type: 'Failed', intent: '3', failure: cancelledFailure })
      .thenEvents(failed)
    const snapshot = find(state, 'a')
    assert.is(E.isRight(snapshot) && snapshot.right.kind, 'Active')
    assert.is(state.pending.size + state.outstanding.size, 0)
    assert.is(decide(state, { type: 'Commit', key: 'a', name: 'n' })._tag, 'Right')
  })

  test(`${what} whose last step had begun when it was cancelled has succeeded`, () => {
    const { state } = given(history, cancelling(1, 'a')).when(end).thenEvents(late)
    assert.is(state.pending.size + state.outstanding.size, 0)
  })

  test(`once ${what} has ended there is nothing to cancel`, () => {
    given(history, late)
      .when({ ...cancel, key: what === 'a commit' ? 'n' : 'a' })
      .thenRefused('FailedPrecondition', 'is under way: failed precondition')
    given(history, failed)
      .when(cancel)
      .thenRefused(
        'FailedPrecondition',
        'cancel: no commit and no apply of snapshot a is under way: failed precondition',
      )
  })
}

test('what is not there can not be cancelled', () => {
  given().when(cancel).thenRefused('NotFound', 'cancel: snapshot a: not found')
  given(preparing(1, 'a')).when(cancel).thenRefused('NotFound', 'cancel: snapshot a: not found')
  given(prepared(1, 'k'), committing(1, 'k', 'a'))
    .when(cancel)
    .thenRefused('NotFound', 'cancel: snapshot a: not found')
  given(prepared(1, 'a'), committed(1, 'a', 'n'))
    .when(cancel)
    .thenRefused('NotFound', 'snapshot a: not found')
})

test('nothing but a commit and an apply can be cancelled', () => {
  const words = 'no commit and no apply of snapshot a is under way: failed precondition'
  for (const history of [
    prepared(1, 'a'),
    layer(1, 'a'),
    [...prepared(1, 'a'), removing(1, 'a')],
    [...prepared(1, 'a'), attaching(1, 'a')],
    [...prepared(1, 'a'), ...attached(1, 'a'), detaching(1, 'a')],
    [...layer(1, 'a'), preparing(2, 'b', { parent: 'a' })],
    [...prepared(1, 'a', unpack), ...applied(1, 'a')],
  ]) {
    given(history).when(cancel).thenRefused('FailedPrecondition', words)
  }
})

test('a cancel concerns one snapshot among those that are worked on', () => {
  const { state } = given(
    prepared(1, 'a', unpack),
    prepared(2, 'b', unpack),
    prepared(3, 'c'),
    applying(1, 'a'),
    applying(2, 'b'),
    committing(3, 'c', 'n'),
  ).when({ ...cancel, key: 'b' })
  const words = ['a', 'b', 'c'].map((key) => {
    const answer = decide(state, { ...cancel, key })
    return E.isRight(answer) ? (answer.right[0]?.type ?? 'nothing') : answer.left._tag
  })
  assert.equal(words, ['CancelAccepted', 'nothing', 'CancelAccepted'])
})

test('a cancel of what is not outstanding does not fit the state', () => {
  const state = stateOf(prepared(1, 'a'))
  const event = { ...cancelling(1, 'a', '9'), seq: 3, at: '2025-01-01T00:00:00.000000000Z', cause: { id: '3' } }
  assert.throws(() => evolve(state, event), /the log names 9, which the state does not hold/)
  assert.throws(() => decidedAfter(state, cancelling(1, 'a')), /which nothing asked for/)
})

test('what the commands work on', () => {
  const state = stateOf([...layer(1, 'base'), ...prepared(2, 'a', { parent: 'base', ...unpack })])
  const touched = (command: Command) => touchesOf(state, command)
  assert.equal(touched({ type: 'Apply', key: 'a', descriptor: descriptorOf('1') }), { changes: ['a'], needs: [] })
  assert.equal(touched(cancel), { changes: [], needs: [] })
})

test('a plan of an apply goes on to its end, without what only its tar tells', () => {
  const state = stateOf(prepared(1, 'a', unpack))
  const apply = { type: 'Apply', key: 'a', descriptor: descriptorOf('1'), limits: { bytes: 7 } } as const
  const limits = { entries: 2_000_000, bytes: 7 }
  assert.equal(
    foresee(state, apply, timeOf(9)),
    E.right({
      events: [
        { type: 'ApplyAccepted', data: { id: 1, key: 'a', descriptor: descriptorOf('1'), limits } },
        { type: 'Applied', data: { id: 1, key: 'a' } },
      ],
      intents: [{ type: 'ImportLayer', id: '3', layer: 1, parents: [], descriptor: descriptorOf('1'), limits }],
    }),
  )
  assert.equal(
    foresee(stateOf([...prepared(1, 'a', unpack), ...applied(1, 'a')]), apply, timeOf(9)),
    E.right({ events: [], intents: [] }),
  )
})

test('a plan of a cancel is the cancel alone', () => {
  const state = stateOf([...prepared(1, 'a'), committing(1, 'a', 'n')])
  assert.equal(
    foresee(state, cancel, timeOf(9)),
    E.right({ events: [{ type: 'CancelAccepted', data: { id: 1, key: 'a', intent: '3' } }], intents: [] }),
  )
  const refused = foresee(stateOf(prepared(1, 'a')), cancel, timeOf(9))
  assert.is(E.isLeft(refused) && refused.left._tag, 'FailedPrecondition')
})

test('a failure that is no cancel is kept as it is although the intent was cancelled', () => {
  given(prepared(1, 'a'), committing(1, 'a', 'n'), cancelling(1, 'a'))
    .when({ type: 'Failed', intent: '3', failure: accessDenied })
    .thenEvents({ type: 'CommitFailed', data: { id: 1, key: 'a', name: 'n', failure: accessDenied } })
})

test.run()

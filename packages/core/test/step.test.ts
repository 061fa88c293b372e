import { test } from 'uvu'
import * as assert from 'uvu/assert'
import * as E from 'fp-ts/lib/Either.js'
import * as fc from 'fast-check'
import { initialState, nanosecondsOf, step, type Input, type State, type Stepped } from '@varve/core'
import { layer, preparing, usage } from './support/events.js'
import { check } from './support/random.js'
import { given, stateOf, timeOf } from './support/spec.js'

const stepped = (state: State, input: Input, now: bigint): Stepped => {
  const result = step(state, input, now)
  if (E.isLeft(result)) throw new Error(result.left.message)
  return result.right
}

test('an event gets the next number, the time, and the command that led to it', () => {
  const { recorded, state } = stepped(
    stateOf(layer(1, 'base')),
    { type: 'Prepare', key: 'a', by: 'the tester' },
    timeOf(50),
  )
  assert.equal(recorded, [
    { ...preparing(2, 'a'), seq: 5, at: '2024-02-29T00:00:40.000000000Z', cause: { id: '5', by: 'the tester' } },
  ])
  assert.is(state.seq, 5)
  assert.is(state.at, '2024-02-29T00:00:40.000000000Z')
})

test('nobody asked is nobody, not undefined', () => {
  const { recorded } = stepped(initialState('bind'), { type: 'Prepare', key: 'a' }, timeOf(1))
  assert.equal(Object.keys(recorded[0]?.cause ?? {}), ['id'])
})

test('a clock that stands still or goes back moves the times on by one nanosecond', () => {
  let state = initialState('bind')
  const now = nanosecondsOf('2024-12-31T23:59:59.999999998Z')
  const times = [now, now, now, now - 1n, 0n, now + 1n, now + 9n].map((time, index) => {
    const { recorded, state: next } = stepped(state, { type: 'Prepare', key: `k${index}` }, time)
    state = next
    return recorded[0]?.at
  })
  assert.equal(times, [
    '2024-12-31T23:59:59.999999998Z',
    '2024-12-31T23:59:59.999999999Z',
    '2025-01-01T00:00:00.000000000Z',
    '2025-01-01T00:00:00.000000001Z',
    '2025-01-01T00:00:00.000000002Z',
    '2025-01-01T00:00:00.000000003Z',
    '2025-01-01T00:00:00.000000007Z',
  ])
})

test('times always grow, and never run ahead of a clock that does', () => {
  const steps = fc.array(fc.bigInt({ min: -2_000_000_000n, max: 2_000_000_000n }), { maxLength: 40 })
  check(
    fc.property(steps, (moves) => {
      let state = initialState('bind')
      let now = timeOf(0)
      for (const [index, move] of moves.entries()) {
        now += move
        const before = state.at
        state = stepped(state, { type: 'Prepare', key: `k${index}` }, now).state
        assert.ok(state.at > before)
        assert.ok(nanosecondsOf(state.at) === now || nanosecondsOf(state.at) === nanosecondsOf(before) + 1n)
      }
    }),
    200,
  )
})

test('the state of a step is that of the events it records', () => {
  const before = given(layer(1, 'base'))
  const { state } = before.when({ type: 'Prepare', key: 'a' })
  const after = stepped(
    state,
    { type: 'Succeeded', intent: '5', result: { type: 'LayerCreated', usage, effective: null } },
    timeOf(9),
  )
  assert.is(after.state.snapshots.size, 2)
  assert.is(before.state.snapshots.size, 1)
  assert.is(state.snapshots.size, 1)
})

test('a refused step gives nothing', () => {
  const result = step(stateOf(layer(1, 'base')), { type: 'Prepare', key: 'base' }, timeOf(9))
  assert.equal(Object.keys(result), ['_tag', 'left'])
})

test.run()

import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { given, type Event, type When } from '@varve/core'
import { accessDenied, attaching, layer, logCreated, prepared, preparing, removed, usage } from './support/events.js'

const base = [logCreated, ...layer(1, 'base')]
const made: Event = preparing(2, 'a', {
  parent: 'base',
  scratch: { requested: null, requestedBy: null, utilityVm: false, note: null },
})

/** What a specification says that does not hold. */
const complaint = (when: When, expected: Parameters<When['then']>[0]): string => {
  try {
    when.then(expected)
  } catch (error) {
    return (error as Error).message
  }
  throw new Error('it held')
}

test('events that are expected and come', () => {
  given(base).when({ type: 'Prepare', key: 'a', parent: 'base' }).then([made])
  given([...base, made])
    .when({ type: 'Update', name: 'base', labels: { x: '1' } })
    .then([{ type: 'Updated', data: { key: 'base', labels: { x: '1' } } }])
  given([...base, ...prepared(2, 'a')])
    .when({ type: 'Detach', key: 'a' })
    .then([])
})

test('a refusal that is expected and comes, whatever of it is named', () => {
  const remove = given([...base, ...prepared(2, 'a', { parent: 'base' })]).when({ type: 'Remove', key: 'base' })
  remove.then({ _tag: 'FailedPrecondition' })
  remove.then({
    _tag: 'FailedPrecondition',
    message: 'remove snapshot base: 1 snapshot stands on it, remove those first: failed precondition',
  })
  given([]).when({ type: 'Remove', key: 'a\0' }).then({ _tag: 'InvalidArgument', field: 'key' })
  given([...base, made])
    .when({ type: 'Remove', key: 'a' })
    .then({ _tag: 'Unavailable', intent: '6' })
})

test('an outcome is of the only intent there is, or names its own', () => {
  const result = { type: 'LayerCreated', usage, effective: null } as const
  const done: Event = { type: 'Prepared', data: { id: 2, key: 'a', effective: null, usage } }
  given([...base, made])
    .when({ type: 'Succeeded', result })
    .then([done])
  given([...base, made])
    .when({ type: 'Succeeded', intent: '6', result })
    .then([done])
  given([...base, made])
    .when({ type: 'Failed', failure: accessDenied })
    .then([{ type: 'PrepareFailed', data: { id: 2, key: 'a', failure: accessDenied } }])
  given([...base, made])
    .when({ type: 'Failed', intent: '99', failure: accessDenied })
    .then([])
  assert.throws(() => given(base).when({ type: 'Succeeded', result }), /has to name its intent: 0 are outstanding/)
  const two = [...base, made, preparing(3, 'b')]
  assert.throws(() => given(two).when({ type: 'Succeeded', result }), /2 are outstanding \(6, 7\)/)
})

test('the profile is that of the opening', () => {
  const profile = 'windows-layer'
  given([], { profile })
    .when({ type: 'Prepare', key: 'a' })
    .then([preparing(1, 'a', { profile })])
})

test('what does not hold is told field by field', () => {
  const prepare = given(base).when({ type: 'Prepare', key: 'a', parent: 'base', labels: { x: '1' } })
  assert.is(
    complaint(prepare, [made, made]),
    [
      'Prepare, after 5 events, led to PrepareAccepted',
      '  event 1, data.labels.x: expected nothing, got "1"',
      `  event 2: expected ${JSON.stringify(made)}, got nothing`,
    ].join('\n'),
  )
  assert.is(
    complaint(prepare, { _tag: 'NotFound' }),
    'Prepare, after 5 events, led to PrepareAccepted\n  expected to be refused: NotFound',
  )
  assert.is(complaint(prepare, []).split('\n').length, 2)
})

test('a refusal that does not hold is told field by field too', () => {
  const remove = given(base).when({ type: 'Remove', key: 'none' })
  assert.is(
    complaint(remove, { _tag: 'AlreadyExists', message: 'x' }),
    [
      'Remove, after 5 events, was refused: NotFound, remove snapshot none: not found',
      '  _tag: expected "AlreadyExists", got "NotFound"',
      '  message: expected "x", got "remove snapshot none: not found"',
    ].join('\n'),
  )
  assert.match(complaint(remove, removed(2, 'none')), /\n {2}expected RemoveAccepted, Removed$/)
  assert.match(complaint(remove, []), /\n {2}expected no events$/)
})

test('a history that can not be is refused with its place', () => {
  assert.throws(
    () => given([attaching(1, 'a'), { type: 'Attached', data: { id: 2, key: 'a' } }]),
    /event 2 of the history, Attached, .*which nothing asked for/,
  )
  assert.throws(
    () => given([{ type: 'Updated', data: { key: 'none', labels: {} } }]),
    /event 1 of the history, Updated, does not fit/,
  )
  const malformed = { type: 'Updated', data: { key: 'a' } } as unknown as Event
  assert.throws(() => given([malformed]), /event 1 of the history, Updated, has not the data of its type/)
})

test('a specification that is awaited says so', async () => {
  const when = given(base).when({ type: 'Remove', key: 'base' })
  // oxlint-disable-next-line typescript/await-thenable -- what is tested
  const awaited = (async () => await (when as unknown as Promise<void>))()
  const [result] = await Promise.allSettled([awaited])
  assert.match(result?.status === 'rejected' ? String(result.reason) : '', /is not a promise/)
})

test.run()

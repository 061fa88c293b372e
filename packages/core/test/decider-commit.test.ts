import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { get } from '../src/state/table.js'
import type { State } from '@varve/core'
import {
  accessDenied,
  attached,
  committed,
  commitFailed,
  committing,
  detached,
  layer,
  plainScratch,
  prepared,
  removed,
  usage,
} from './support/events.js'
import { given } from './support/spec.js'

const childrenOf = (state: State, name: string): number | undefined => get(state.snapshots, name)?.children

test('a commit is accepted with the labels it names alone, and asks to seal the layer', () => {
  given(layer(1, 'base'), prepared(2, 'a', { parent: 'base', labels: { old: '1' }, scratch: plainScratch }))
    .when({ type: 'Commit', key: 'a', name: 'n', labels: { new: '2', dropped: '' } })
    .thenEvents(committing(2, 'a', 'n', { parent: 'base', labels: { new: '2' } }))
    .thenIntents({
      type: 'SealLayer',
      id: '7',
      layer: 2,
      key: 'a',
      name: 'n',
      parents: [1],
      madeParentless: false,
      purpose: 'scratch',
      applied: false,
      labels: { new: '2' },
      profile: 'bind',
    })
})

test('a commit moves the record to its name: same id, new times, usage and labels of the commit', () => {
  const then = given(prepared(1, 'a', { labels: { old: '1' } }), committing(1, 'a', 'n', { labels: { new: '2' } }))
    .when({ type: 'Succeeded', intent: '3', result: { type: 'LayerSealed', usage: { ...usage, size: 77 } } })
    .thenEvents({ type: 'Committed', data: { id: 1, key: 'a', name: 'n', usage: { ...usage, size: 77 } } })
  assert.is(get(then.state.snapshots, 'a'), undefined)
  assert.equal(get(then.state.snapshots, 'n'), {
    id: 1,
    kind: 'Committed',
    name: 'n',
    parent: '',
    parents: [],
    purpose: 'scratch',
    labels: { new: '2' },
    created: '2024-02-28T23:59:54.000000000Z',
    updated: '2024-02-28T23:59:54.000000000Z',
    children: 0,
    usage: { ...usage, size: 77 },
    scratch: null,
  })
  assert.is(then.state.pending.size + then.state.outstanding.size, 0)
})

test('the key is free again after its commit', () => {
  given(prepared(1, 'a'), committed(1, 'a', 'n'))
    .when({ type: 'Prepare', key: 'a', parent: 'n' })
    .thenIntents({
      type: 'CreateLayer',
      id: '5',
      layer: 2,
      key: 'a',
      kind: 'Active',
      parents: [1],
      purpose: 'scratch',
      labels: {},
      profile: 'bind',
      scratch: plainScratch,
    })
})

test('the checks come in order: key there, active, detached, name free, parent', () => {
  const state = given(
    layer(1, 'base'),
    prepared(2, 'a', { parent: 'base', scratch: plainScratch }),
    prepared(3, 'view', { kind: 'View' }),
    prepared(4, 'mounted', { parent: 'base', scratch: plainScratch }),
    attached(4, 'mounted'),
  )
  const commit = (key: string, name: string, parent: string) => state.when({ type: 'Commit', key, name, parent })
  commit('none', 'base', 'none').thenRefused('NotFound', 'commit none: snapshot none: not found')
  for (const key of ['base', 'view']) {
    commit(key, 'base', 'none').thenRefused(
      'FailedPrecondition',
      'only an Active one can be committed: failed precondition',
    )
  }
  commit('mounted', 'base', 'none').thenRefused(
    'FailedPrecondition',
    'snapshot mounted is attached, detach it first: failed precondition',
  )
  for (const name of ['base', 'view', 'a', 'mounted']) {
    commit('a', name, 'none').thenRefused('AlreadyExists', `snapshot ${name}: already exists`)
  }
  commit('a', 'n', 'none').thenRefused('InvalidArgument', ': invalid argument')
})

test('detaching makes an attached snapshot committable', () => {
  given(prepared(1, 'a'), attached(1, 'a'), detached(1, 'a'))
    .when({ type: 'Commit', key: 'a', name: 'n' })
    .thenEvents(committing(1, 'a', 'n'))
})

test('a rebase gives a parentless snapshot a parent, never another one', () => {
  const history = [layer(1, 'base'), layer(2, 'other'), prepared(3, 'child', { parent: 'base', scratch: plainScratch })]
  const state = given(...history, prepared(4, 'a'), prepared(5, 'active'), prepared(6, 'view', { kind: 'View' }))
  const commit = (key: string, parent: string) => state.when({ type: 'Commit', key, name: 'n', parent })
  const rebased = commit('a', 'base').thenEvents(committing(4, 'a', 'n', { parent: 'base' }))
  const [intent] = rebased.intents
  assert.equal(intent?.type === 'SealLayer' && [intent.parents, intent.madeParentless], [[1], true])
  commit('child', 'base').thenEvents(committing(3, 'child', 'n', { parent: 'base' }))
  commit('child', '').thenEvents(committing(3, 'child', 'n', { parent: 'base' }))
  commit('a', '').thenEvents(committing(4, 'a', 'n'))
  commit('child', 'other').thenRefused('InvalidArgument', 'found "other": invalid argument')
  commit('a', 'n').thenRefused('InvalidArgument', 'must not be the name being committed; found "n": invalid argument')
  commit('a', 'a').thenRefused('NotFound', 'parent snapshot a: not found')
  commit('a', 'none').thenRefused('NotFound', 'parent snapshot none: not found')
  commit('a', 'active').thenRefused('FailedPrecondition', 'active is Active, not Committed: failed precondition')
  commit('a', 'view').thenRefused('FailedPrecondition', 'view is View, not Committed: failed precondition')
})

test('a rebase counts as a child of the new parent from its acceptance on, until it fails or is removed', () => {
  const history = [layer(1, 'base'), prepared(2, 'a')]
  const during = given(...history, committing(2, 'a', 'n', { parent: 'base' }))
  assert.is(childrenOf(during.state, 'base'), 1)
  during
    .when({ type: 'Remove', key: 'base' })
    .thenRefused('FailedPrecondition', '1 snapshot stands on it, remove those first: failed precondition')

  const failed = during
    .when({ type: 'Failed', intent: '7', failure: accessDenied })
    .thenEvents(commitFailed(2, 'a', 'n'))
    .thenIntents()
  assert.is(childrenOf(failed.state, 'base'), 0)
  assert.is(get(failed.state.snapshots, 'a')?.parent, '')
  assert.is(get(failed.state.snapshots, 'a')?.kind, 'Active')

  const done = given(...history, committed(2, 'a', 'n', { parent: 'base' }))
  assert.is(childrenOf(done.state, 'base'), 1)
  const gone = given(...history, committed(2, 'a', 'n', { parent: 'base' }), removed(2, 'n'))
  assert.is(childrenOf(gone.state, 'base'), 0)
})

test('a failed commit without a rebase leaves the count of its parent alone', () => {
  const history = [layer(1, 'base'), prepared(2, 'a', { parent: 'base', scratch: plainScratch })]
  const failed = given(...history, committing(2, 'a', 'n', { parent: 'base' }), commitFailed(2, 'a', 'n'))
  assert.is(childrenOf(failed.state, 'base'), 1)
  assert.is(childrenOf(given(...history, committed(2, 'a', 'n', { parent: 'base' })).state, 'base'), 1)
})

test('a failed commit may be asked for again', () => {
  given(prepared(1, 'a'), committing(1, 'a', 'n'), commitFailed(1, 'a', 'n'))
    .when({ type: 'Commit', key: 'a', name: 'n' })
    .thenEvents(committing(1, 'a', 'n'))
})

test('an unpack snapshot is sealed as one', () => {
  const { intents } = given(layer(1, 'base'), prepared(2, 'extract-1', { parent: 'base', purpose: 'unpack' })).when({
    type: 'Commit',
    key: 'extract-1',
    name: 'n',
  })
  assert.is(intents[0]?.type === 'SealLayer' ? intents[0].purpose : '', 'unpack')
})

test.run()

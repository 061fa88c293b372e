import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { get } from '../src/state/table.js'
import { isAttached } from '../src/state/state.js'
import {
  accessDenied,
  attached,
  attachFailed,
  attaching,
  destroyed,
  detached,
  detachFailed,
  detaching,
  layer,
  plainScratch,
  prepared,
  removed,
  removeFailed,
  removing,
  updated,
  usage,
} from './support/events.js'
import { given } from './support/spec.js'

test('a remove retires the layer, whatever its kind, attached or not', () => {
  const state = given(layer(1, 'base'), prepared(2, 'a'), prepared(3, 'v', { kind: 'View' }), attached(2, 'a'))
  for (const [id, key] of [
    [1, 'base'],
    [2, 'a'],
    [3, 'v'],
  ] as const) {
    state
      .when({ type: 'Remove', key })
      .thenEvents(removing(id, key))
      .thenIntents({ type: 'RetireLayer', id: String(state.state.seq + 1), layer: id })
  }
})

test('a remove is refused when there is nothing, or when something stands on it', () => {
  const history = [layer(1, 'base'), prepared(2, 'a', { parent: 'base', scratch: plainScratch })]
  given(...history)
    .when({ type: 'Remove', key: 'none' })
    .thenRefused('NotFound', 'remove snapshot none: not found')
  given(...history)
    .when({ type: 'Remove', key: 'base' })
    .thenRefused(
      'FailedPrecondition',
      'remove snapshot base: 1 snapshot stands on it, remove those first: failed precondition',
    )
  given(...history, prepared(3, 'v', { kind: 'View', parent: 'base', scratch: plainScratch }))
    .when({ type: 'Remove', key: 'base' })
    .thenRefused('FailedPrecondition', '2 snapshots stand on it, remove those first: failed precondition')
  given(...history, removed(2, 'a'))
    .when({ type: 'Remove', key: 'base' })
    .thenEvents(removing(1, 'base'))
})

test('a removed snapshot is gone, with its attachment; its directory is still to be destroyed', () => {
  const then = given(prepared(1, 'a'), attached(1, 'a'), removing(1, 'a'))
    .when({ type: 'Succeeded', intent: '5', result: { type: 'LayerRetired' } })
    .thenEvents({ type: 'Removed', data: { id: 1, key: 'a' } })
    .thenIntents({ type: 'DestroyLayer', id: '6', layer: 1 })
  assert.is(then.state.snapshots.size, 0)
  assert.is(isAttached(then.state, 'a'), false)
  assert.is(then.state.pending.size, 0)
})

test('a remove that fails leaves the record, attached as it was', () => {
  const then = given(prepared(1, 'a'), attached(1, 'a'), removing(1, 'a'))
    .when({ type: 'Failed', intent: '5', failure: accessDenied })
    .thenEvents(removeFailed(1, 'a'))
    .thenIntents()
  assert.is(get(then.state.snapshots, 'a')?.id, 1)
  assert.is(isAttached(then.state, 'a'), true)
})

test('a destroy that fails gives no events and stays owed; one that is done ends it', () => {
  const owed = given(prepared(1, 'a'), removed(1, 'a'))
  const failed = owed.when({ type: 'Failed', intent: '4', failure: accessDenied }).thenEvents().thenIntents()
  assert.is(failed.state, owed.state)
  const done = owed
    .when({ type: 'Succeeded', intent: '4', result: { type: 'LayerDestroyed' } })
    .thenEvents(destroyed(1))
  assert.is(done.state.outstanding.size, 0)
})

test('an update replaces all labels, or those that its paths name, left to right', () => {
  const state = given(prepared(1, 'a', { labels: { a: '1', b: '2', 'a.b/c': '3' } }))
  const update = (labels: Record<string, string> | undefined, ...paths: readonly string[]) =>
    state.when({ type: 'Update', name: 'a', paths, ...(labels === undefined ? {} : { labels }) })
  update(undefined).thenEvents(updated('a', {}))
  update({ x: '1', y: '' }).thenEvents(updated('a', { x: '1' }))
  update({ x: '1', y: '' }, 'labels').thenEvents(updated('a', { x: '1' }))
  update({ a: '9', b: '9' }, 'labels.a').thenEvents(updated('a', { a: '9', b: '2', 'a.b/c': '3' }))
  update({ 'a.b/c': '9' }, 'labels.a.b/c').thenEvents(updated('a', { a: '1', b: '2', 'a.b/c': '9' }))
  update({}, 'labels.a').thenEvents(updated('a', { b: '2', 'a.b/c': '3' }))
  update({ a: '' }, 'labels.a').thenEvents(updated('a', { b: '2', 'a.b/c': '3' }))
  update({ a: '9' }, 'labels.a', 'labels').thenEvents(updated('a', { a: '9' }))
  update({ a: '9' }, 'labels', 'labels.b').thenEvents(updated('a', { a: '9' }))
  update({}, 'labels.toString').thenEvents(updated('a', { a: '1', b: '2', 'a.b/c': '3' }))
})

test('an update sets the time of the update and nothing else', () => {
  for (const history of [layer(1, 'a'), prepared(1, 'a'), prepared(1, 'a', { kind: 'View' })]) {
    const before = given(history)
    const { state } = before.when({ type: 'Update', name: 'a', labels: { x: '1' } }).thenIntents()
    const old = get(before.state.snapshots, 'a')
    assert.equal(get(state.snapshots, 'a'), { ...old, labels: { x: '1' }, updated: state.at })
  }
})

test('an update of nothing is NotFound before a bad path is looked at; a bad path changes nothing', () => {
  const state = given(prepared(1, 'a'))
  state.when({ type: 'Update', name: 'none', paths: ['kind'] }).thenRefused('NotFound', 'snapshot none: not found')
  for (const path of ['kind', 'Labels', 'label', 'labels/a', '', 'parent']) {
    const refusal = state
      .when({ type: 'Update', name: 'a', labels: { a: '1' }, paths: ['labels.a', path] })
      .thenRefused('InvalidArgument', ': invalid argument')
    assert.is(refusal._tag === 'InvalidArgument' ? refusal.field : '', 'paths[1]')
  }
})

test('the limits of labels hold for what an update adds up to', () => {
  const many = Object.fromEntries(Array.from({ length: 1_024 }, (_, index) => [`l${index}`, 'x']))
  const state = given(prepared(1, 'a', { labels: many }))
  state
    .when({ type: 'Update', name: 'a', labels: { more: 'x' }, paths: ['labels.more'] })
    .thenRefused('InvalidArgument', 'found "1025 labels": invalid argument')
  state
    .when({ type: 'Update', name: 'a', labels: { more: 'x' }, paths: ['labels.more', 'kind'] })
    .thenRefused('InvalidArgument', 'found "kind": invalid argument')
  state
    .when({ type: 'Update', name: 'a', labels: { l0: 'y' }, paths: ['labels.l0'] })
    .thenEvents(updated('a', { ...many, l0: 'y' }))
})

test('attach and detach end where they began when there is nothing to do', () => {
  const free = given(layer(1, 'base'), prepared(2, 'a', { parent: 'base', scratch: plainScratch }))
  const { state } = free
    .when({ type: 'Attach', key: 'a' })
    .thenEvents(attaching(2, 'a'))
    .thenIntents({ type: 'AttachLayer', id: '7', layer: 2, kind: 'Active', parents: [1] })
  assert.is(isAttached(state, 'a'), false)
  free.when({ type: 'Detach', key: 'a' }).thenEvents()
  const mounted = given(layer(1, 'base'), prepared(2, 'a', { parent: 'base' }), attached(2, 'a'))
  assert.is(isAttached(mounted.state, 'a'), true)
  mounted.when({ type: 'Attach', key: 'a' }).thenEvents()
  mounted
    .when({ type: 'Detach', key: 'a' })
    .thenEvents(detaching(2, 'a'))
    .thenIntents({ type: 'DetachLayer', id: '9', layer: 2, parents: [1] })
})

test('only active snapshots and views that are no unpack are attached or detached', () => {
  const state = given(layer(1, 'base'), prepared(2, 'extract-1', { purpose: 'unpack' }))
  for (const type of ['Attach', 'Detach'] as const) {
    state.when({ type, key: 'none' }).thenRefused('NotFound', 'snapshot none: not found')
    state.when({ type, key: 'base' }).thenRefused('FailedPrecondition', ': failed precondition')
    state.when({ type, key: 'extract-1' }).thenRefused('FailedPrecondition', ': failed precondition')
  }
  given(prepared(1, 'v', { kind: 'View' }))
    .when({ type: 'Attach', key: 'v' })
    .thenIntents({ type: 'AttachLayer', id: '3', layer: 1, kind: 'View', parents: [] })
})

test('a detach brings the usage; an attach or detach that fails changes nothing', () => {
  const counted = { ...usage, size: 99 }
  const gone = given(prepared(1, 'a'), attached(1, 'a'), detached(1, 'a', counted)).state
  assert.equal(get(gone.snapshots, 'a')?.usage, counted)
  assert.is(isAttached(gone, 'a'), false)
  const notAttached = given(prepared(1, 'a'), attaching(1, 'a'))
    .when({ type: 'Failed', intent: '3', failure: accessDenied })
    .thenEvents(attachFailed(1, 'a'))
    .thenIntents().state
  assert.is(isAttached(notAttached, 'a'), false)
  const stillAttached = given(prepared(1, 'a'), attached(1, 'a'), detaching(1, 'a'))
    .when({ type: 'Failed', intent: '5', failure: accessDenied })
    .thenEvents(detachFailed(1, 'a'))
    .thenIntents().state
  assert.is(isAttached(stillAttached, 'a'), true)
  assert.equal(get(stillAttached.snapshots, 'a')?.usage, usage)
})

test.run()

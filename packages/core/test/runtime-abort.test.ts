import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { getEventListeners } from 'node:events'
import { turns } from './support/clock.js'
import { arrayStore } from './support/memory.js'
import { commitLayer, ending, gatedBackend, hasEnded, infosOf, ok, open, refused, typesOf } from './support/runtime.js'

test('a signal that has fired already records nothing, whatever is asked', async () => {
  const store = arrayStore()
  const snapshotter = await open({ store })
  await commitLayer(snapshotter, 'base')
  await ok(snapshotter.prepare('a'))
  const before = store.texts.length
  const reason = new Error('enough')
  const options = { signal: AbortSignal.abort(reason) }
  const calls = [
    snapshotter.prepare('new', options),
    snapshotter.view('new', options),
    snapshotter.commit('n', 'a', options),
    snapshotter.remove('base', options),
    snapshotter.update({ name: 'a' }, [], options),
    snapshotter.attach('a', options),
    snapshotter.detach('a', options),
    snapshotter.remove('none', options),
  ]
  for (const call of calls) {
    const fault = await refused<{ _tag: string; reason?: unknown }>(call)
    assert.is(fault._tag, 'Aborted')
    assert.is(fault.reason, reason)
  }
  await turns()
  assert.is(store.texts.length, before)
  await ok(snapshotter.close())
})

test('malformed input is refused before the signal is looked at', async () => {
  const snapshotter = await open()
  assert.is(await ending(snapshotter.prepare('', { signal: AbortSignal.abort() })), 'InvalidArgument')
  await ok(snapshotter.close())
})

test('a parked command that is aborted is never decided', async () => {
  const backend = gatedBackend()
  const store = arrayStore()
  const snapshotter = await open({ backend, store })
  const first = ok(snapshotter.prepare('a'))
  const abort = new AbortController()
  const parked = refused(snapshotter.commit('n', 'a', { signal: abort.signal }))
  await turns()
  abort.abort('enough')
  assert.equal(await parked, { _tag: 'Aborted', message: 'the caller stopped waiting', reason: 'enough' })
  await backend.releaseAll()
  await first
  await turns()
  assert.equal(typesOf(store), ['LogCreated', 'PrepareAccepted', 'Prepared'])
  assert.equal([...(await infosOf(snapshotter)).keys()], ['a'])
  await ok(snapshotter.close())
})

test('an accepted command that is aborted runs to its end', async () => {
  const backend = gatedBackend()
  const store = arrayStore()
  const snapshotter = await open({ backend, store })
  const abort = new AbortController()
  const prepare = refused(snapshotter.prepare('a', { signal: abort.signal }))
  await turns()
  abort.abort('enough')
  assert.is((await prepare)._tag, 'Aborted')
  assert.is((await ok(snapshotter.outstanding())).length, 1)
  const next = ok(snapshotter.commit('n', 'a'))
  assert.not.ok(await hasEnded(next))
  await backend.releaseAll()
  await next
  assert.equal(typesOf(store), ['LogCreated', 'PrepareAccepted', 'Prepared', 'CommitAccepted', 'Committed'])
  await ok(snapshotter.close())
})

test('an accepted command without an intent is recorded although its caller leaves', async () => {
  const snapshotter = await open()
  await ok(snapshotter.prepare('a'))
  const abort = new AbortController()
  const update = refused(snapshotter.update({ name: 'a', labels: { x: '1' } }, [], { signal: abort.signal }))
  abort.abort()
  assert.is((await update)._tag, 'Aborted')
  await turns()
  assert.equal((await ok(snapshotter.stat('a'))).labels, { x: '1' })
  await ok(snapshotter.close())
})

test('what waited only behind an aborted command goes on at once', async () => {
  const backend = gatedBackend()
  const snapshotter = await open({ backend })
  const first = ok(snapshotter.prepare('a'))
  const abort = new AbortController()
  const parked = refused(snapshotter.commit('n', 'a', { signal: abort.signal }))
  const behind = ok(snapshotter.prepare('n'))
  await turns()
  assert.is(backend.held.length, 1)
  abort.abort()
  await parked
  await turns()
  const started = backend.held.length
  await backend.releaseAll()
  await Promise.all([first, behind])
  await ok(snapshotter.close())
  assert.is(started, 2, 'the prepare of n still waited for that of a')
})

test('a signal that fires after the end changes nothing, and nothing listens to it any more', async () => {
  const backend = gatedBackend()
  const snapshotter = await open({ backend })
  const abort = new AbortController()
  const { signal } = abort
  const calls = [
    ok<unknown>(snapshotter.prepare('a', { signal })),
    ok<unknown>(snapshotter.commit('n', 'a', { signal })),
    refused(snapshotter.remove('none', { signal })),
  ]
  await turns()
  await backend.releaseAll()
  await Promise.all(calls)
  assert.is(getEventListeners(signal, 'abort').length, 0)
  abort.abort()
  assert.is((await ok(snapshotter.stat('n'))).kind, 'Committed')
  await ok(snapshotter.close())
})

test('a reason may be anything, or nothing', async () => {
  const snapshotter = await open({ backend: gatedBackend(() => false) })
  for (const reason of [0, '', null, { _tag: 'NotFound' }]) {
    const fault = await refused(snapshotter.prepare('a', { signal: AbortSignal.abort(reason) }))
    assert.is(fault._tag === 'Aborted' && fault.reason, reason)
  }
  const fault = await refused(snapshotter.prepare('a', { signal: AbortSignal.abort() }))
  assert.is(fault._tag === 'Aborted' && (fault.reason as Error).name, 'AbortError')
  await ok(snapshotter.close())
})

test.run()

import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { intentLimit, queueLimit } from '@varve/core'
import { turns } from './support/clock.js'
import { arrayStore } from './support/memory.js'
import { ending, gatedBackend, hasEnded, infosOf, ok, open, recordsOf, refused } from './support/runtime.js'

test('no more intents run at once than the limit, and all of them in the end, in order', async () => {
  const backend = gatedBackend()
  const snapshotter = await open({ backend })
  const prepared = Array.from({ length: 100 }, (_, index) => ok(snapshotter.prepare(`k${index}`)))
  await turns()
  let ended = 0
  while (backend.held.length > 0) {
    assert.is(backend.held.length, Math.min(intentLimit, 100 - ended))
    await backend.release()
    ended++
  }
  await Promise.all(prepared)
  assert.is(ended, 100)
  assert.equal(
    backend.performed.map(({ layer }) => layer),
    Array.from({ length: 100 }, (_, index) => index + 1),
  )
  await ok(snapshotter.close())
})

test('intents that hang hold up no append', async () => {
  const backend = gatedBackend(({ type }) => type === 'SealLayer')
  const store = arrayStore()
  const snapshotter = await open({ backend, store })
  for (let index = 0; index < 20; index++) await ok(snapshotter.prepare(`k${index}`))
  await ok(snapshotter.prepare('other'))
  const commits = Array.from({ length: 20 }, (_, index) => ok(snapshotter.commit(`n${index}`, `k${index}`)))
  await turns()
  assert.is(backend.held.length, intentLimit)
  for (let index = 0; index < 10; index++) await ok(snapshotter.update({ name: 'other', labels: { n: String(index) } }))
  assert.is(recordsOf(store).at(-1)?.type, 'Updated')
  await backend.releaseAll()
  await Promise.all(commits)
  await ok(snapshotter.close())
})

test('a command too many is Overloaded, records nothing, and is taken once others have ended', async () => {
  const backend = gatedBackend()
  const store = arrayStore()
  const snapshotter = await open({ backend, store })
  const waiting = Array.from({ length: queueLimit }, (_, index) => ok(snapshotter.prepare(`k${index}`)))
  await turns()
  const records = store.texts.length
  for (const task of [snapshotter.prepare('more'), snapshotter.update({ name: 'k0' }), snapshotter.remove('none')]) {
    const fault = await refused(task)
    assert.is(fault._tag, 'Overloaded')
    assert.match(fault.message, /^(Prepare|Update|Remove) was not taken: 1024 commands are unanswered.* send it again/)
  }
  await turns()
  assert.is(store.texts.length, records)
  assert.is((await ok(snapshotter.outstanding())).length, queueLimit)
  await backend.release()
  assert.is(await ending(snapshotter.update({ name: 'k0' })), 'done')
  await backend.releaseAll()
  await Promise.all(waiting)
  await ok(snapshotter.prepare('more'))
  assert.is((await infosOf(snapshotter)).size, queueLimit + 1)
  await ok(snapshotter.close())
})

test('parked commands count, and so do accepted ones whose callers have left', async () => {
  const backend = gatedBackend()
  const snapshotter = await open({ backend })
  const parkedCount = queueLimit - 3
  const first = snapshotter.prepare('a')()
  const parked = Array.from({ length: parkedCount }, () => snapshotter.prepare('a')())
  const left = new AbortController()
  const abandoned = [snapshotter.prepare('b', { signal: left.signal })(), snapshotter.prepare('c')()]
  await turns()
  left.abort()
  assert.is((await abandoned[0])?._tag, 'Left')
  assert.is(await ending(snapshotter.prepare('d')), 'Overloaded')
  await backend.releaseAll()
  assert.is((await first)._tag, 'Right')
  for (const result of await Promise.all(parked)) {
    assert.is(result._tag === 'Left' && result.left._tag, 'AlreadyExists')
  }
  for (let index = 0; index < 3; index++) assert.is(await ending(snapshotter.prepare(`after ${index}`)), 'done')
  await ok(snapshotter.close())
})

test('an aborted parked command makes room at once', async () => {
  const backend = gatedBackend()
  const snapshotter = await open({ backend })
  const aborts = Array.from({ length: queueLimit - 1 }, () => new AbortController())
  const first = ok(snapshotter.prepare('a'))
  const parked = aborts.map(({ signal }) => snapshotter.prepare('a', { signal })())
  assert.is(await ending(snapshotter.prepare('b')), 'Overloaded')
  for (const abort of aborts) abort.abort()
  await Promise.all(parked)
  const second = ok(snapshotter.prepare('b'))
  assert.not.ok(await hasEnded(second))
  await backend.releaseAll()
  await Promise.all([first, second])
  await ok(snapshotter.close())
})

test('queries are not counted and not refused', async () => {
  const backend = gatedBackend()
  const snapshotter = await open({ backend })
  const waiting = Array.from({ length: queueLimit }, (_, index) => ok(snapshotter.prepare(`k${index}`)))
  await turns()
  assert.is(await ending(snapshotter.stat('k0')), 'NotFound')
  assert.is((await infosOf(snapshotter)).size, 0)
  assert.is(await ending(snapshotter.plan({ type: 'Prepare', key: 'x' })), 'done')
  await backend.releaseAll()
  await Promise.all(waiting)
  await ok(snapshotter.close())
})

test.run()

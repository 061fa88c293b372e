import { test } from 'uvu'
import * as assert from 'uvu/assert'
import * as E from 'fp-ts/lib/Either.js'
import { openSnapshotter, storeFault } from '@varve/core'
import { turns, virtualClock } from './support/clock.js'
import { arrayStore, recordingBackend } from './support/memory.js'
import {
  commitLayer,
  ending,
  gatedBackend,
  infosOf,
  ok,
  open,
  recordsOf,
  refused,
  typesOf,
  watchedStore,
} from './support/runtime.js'

/** A clock that throws while it is told to. */
const throwingClock = () => {
  const inner = virtualClock()
  const clock = {
    ...inner,
    throws: false,
    now: (): bigint => {
      if (clock.throws) throw new Error('no time')
      return inner.now()
    },
  }
  return clock
}

test('when a write fails every caller that waits for it is told, and so is everyone after', async () => {
  const store = arrayStore()
  const snapshotter = await open({ store })
  await ok(snapshotter.prepare('a'))
  store.failNext = true
  const calls = [
    snapshotter.prepare('b'),
    snapshotter.prepare('b'),
    snapshotter.update({ name: 'a', labels: { x: '1' } }),
    snapshotter.remove('none'),
    snapshotter.detach('a'),
  ]
  for (const fault of await Promise.all(calls.map((call) => refused<{ _tag: string; message: string }>(call)))) {
    assert.is(fault._tag, 'StoreFault')
    assert.match(fault.message, 'neither done nor refused; open the log again and stat: the disk is full')
  }
  store.failNext = false
  for (const call of [snapshotter.prepare('c'), snapshotter.update({ name: 'a' }), snapshotter.remove('a')]) {
    const fault = await refused(call)
    assert.equal(fault._tag === 'StoreFault' && fault.code, 'ENOSPC')
  }
  assert.is(await ending(snapshotter.cleanup()), 'StoreFault')
})

test('state that was ahead of the log is thrown away; what was acknowledged stays', async () => {
  const store = arrayStore()
  const snapshotter = await open({ store })
  await ok(snapshotter.prepare('a', { labels: { x: '1' } }))
  const before = await infosOf(snapshotter)
  store.failNext = true
  await Promise.all([snapshotter.prepare('b')(), snapshotter.update({ name: 'a' })()])
  assert.equal(await infosOf(snapshotter), before)
  assert.equal(await ok(snapshotter.outstanding()), [])
  assert.equal((await ok(snapshotter.plan({ type: 'Prepare', key: 'b' }))).blockers, [])
  assert.equal(typesOf(store), ['LogCreated', 'PrepareAccepted', 'Prepared'])
})

test('callers whose intents run, and those that are parked, are told too', async () => {
  const store = arrayStore()
  const backend = gatedBackend()
  const snapshotter = await open({ store, backend })
  const running = ending(snapshotter.prepare('a'))
  await turns()
  const parked = ending(snapshotter.prepare('a'))
  store.failNext = true
  const written = ending(snapshotter.prepare('b'))
  assert.equal(await Promise.all([running, parked, written]), ['StoreFault', 'StoreFault', 'StoreFault'])
  store.failNext = false
  await backend.releaseAll()
  assert.equal(typesOf(store), ['LogCreated', 'PrepareAccepted'], 'an outcome was written after the fault')
})

test('nothing is started after the fault', async () => {
  const store = arrayStore()
  const backend = recordingBackend()
  const snapshotter = await open({ store, backend })
  store.failNext = true
  await Promise.all([snapshotter.prepare('a')(), snapshotter.prepare('b')()])
  store.failNext = false
  await turns()
  assert.equal(backend.performed, [])
})

test('a refusal that rests on what was lost is a fault too', async () => {
  const store = arrayStore()
  const snapshotter = await open({ store })
  await ok(snapshotter.prepare('a'))
  store.failNext = true
  const update = ending(snapshotter.update({ name: 'a' }))
  const taken = ending(snapshotter.prepare('a'))
  assert.equal(await Promise.all([update, taken]), ['StoreFault', 'StoreFault'])
})

test('closing after a fault tells of it, and closes store and backend all the same', async () => {
  const { store, calls } = watchedStore()
  let backendClosed = 0
  const backend = recordingBackend()
  const close = () => async () => {
    backendClosed++
    return backend.close()()
  }
  const snapshotter = await open({ store, backend: { ...backend, close } })
  store.failNext = true
  await snapshotter.prepare('a')()
  const before = calls.length
  const completed: string[] = []
  snapshotter.events$.subscribe({ complete: () => completed.push('events') })
  assert.is(await ending(snapshotter.close()), 'StoreFault')
  assert.equal(calls.slice(before), ['close'], 'nothing more is written')
  assert.is(backendClosed, 1)
  assert.equal(completed, ['events'])
})

test('the log opens again with all that was acknowledged and goes on', async () => {
  const store = arrayStore()
  const first = await open({ store })
  await commitLayer(first, 'base')
  await ok(first.prepare('a', { parent: 'base' }))
  const acknowledged = await infosOf(first)
  store.failNext = true
  await Promise.all(['b', 'c', 'd'].map((key) => first.prepare(key)()))
  store.failNext = false
  const second = await open({ store })
  assert.equal(await infosOf(second), acknowledged)
  assert.equal(second.recovered, [])
  await ok(second.prepare('b'))
  const ids = recordsOf(store).flatMap(({ type, data }) => (type === 'PrepareAccepted' ? [data.id] : []))
  assert.equal(ids, [1, 2, 3])
  await ok(second.close())
})

test('an opening whose own records can not be written fails, and closes what it opened', async () => {
  const { store, calls } = watchedStore()
  store.failNext = true
  await open({ store }).then(
    () => assert.unreachable('it opened'),
    (error: unknown) => assert.match(String(error), 'StoreFault: the log could not be written'),
  )
  assert.equal(calls, ['append 1', 'close'])
})

test('a store that throws stops the runtime like one that fails', async () => {
  const inner = arrayStore()
  let throws = false
  const snapshotter = await open({
    store: {
      ...inner,
      append: (...args) => {
        if (throws) throw new Error('no such disk')
        return inner.append(...args)
      },
    },
  })
  await ok(snapshotter.prepare('a'))
  throws = true
  const fault = await refused(snapshotter.prepare('b'))
  assert.is(fault._tag, 'StoreFault')
  assert.match(fault.message, 'no such disk')
  assert.is(await ending(snapshotter.prepare('c')), 'StoreFault')
  assert.is(await ending(snapshotter.stat('a')), 'done')
})

test('a record that can not be sealed stops the runtime; what waits before it is not written either', async () => {
  const inner = arrayStore()
  let throws = false
  const sha256 = (text: string): string => {
    if (throws && text.includes('"key":"b"')) throw new Error('no such hash')
    return inner.sha256(text)
  }
  const snapshotter = await open({ store: { ...inner, sha256 } })
  throws = true
  const [waiting, unsealed] = [refused(snapshotter.prepare('a')), refused(snapshotter.prepare('b'))]
  for (const fault of [await waiting, await unsealed]) {
    assert.is(fault._tag, 'StoreFault')
    assert.match(fault.message, 'no such hash')
  }
  throws = false
  assert.is(await ending(snapshotter.prepare('c')), 'StoreFault')
  assert.equal(await infosOf(snapshotter), new Map())
  assert.equal(typesOf(inner), ['LogCreated'])
})

test('a clock that throws stops the runtime, for good', async () => {
  const clock = throwingClock()
  const store = arrayStore()
  const backend = gatedBackend()
  const snapshotter = await open({ store, backend, clock })
  const running = refused(snapshotter.prepare('a'))
  await turns()
  clock.throws = true
  for (const fault of [await refused(snapshotter.prepare('b')), await running]) {
    assert.is(fault._tag, 'StoreFault')
    assert.match(fault.message, 'no time')
  }
  clock.throws = false
  assert.is(await ending(snapshotter.prepare('b')), 'StoreFault')
  await backend.releaseAll()
  assert.equal(typesOf(store), ['LogCreated', 'PrepareAccepted'])
})

test('nothing is started after the runtime stopped beside a write, although that write succeeds', async () => {
  const clock = throwingClock()
  const inner = arrayStore()
  let release: (() => void) | undefined
  const store: typeof inner = {
    ...inner,
    append: (expected, records, rows) => async () => {
      if (records.some(({ text }) => text.includes('PrepareAccepted'))) {
        await new Promise<void>((resolve) => (release = resolve))
      }
      return inner.append(expected, records, rows)()
    },
  }
  const backend = recordingBackend()
  const snapshotter = await open({ store, backend, clock })
  const events: string[] = []
  snapshotter.events$.subscribe(({ type }) => events.push(type))
  const writing = ending(snapshotter.prepare('a'))
  await turns()
  clock.throws = true
  assert.equal(await Promise.all([writing, ending(snapshotter.prepare('b'))]), ['StoreFault', 'StoreFault'])
  release?.()
  await turns()
  assert.equal(typesOf(inner), ['LogCreated', 'PrepareAccepted'])
  assert.equal([backend.performed, events], [[], []])
  assert.is(await ending(snapshotter.close()), 'StoreFault')
})

test('a store that does not open gives the opening its fault, and the backend is left alone', async () => {
  const backend = recordingBackend()
  let touched = 0
  const touch = () => {
    touched++
    return backend.close()
  }
  const inUse = storeFault('the log is in use', 'LEVEL_LOCKED')
  const result = await openSnapshotter({
    store: { ...arrayStore(), open: () => async () => E.left(inUse) },
    backend: { ...backend, open: () => touch() as never, close: touch },
  })()
  assert.equal(result, E.left(inUse))
  assert.is(touched, 0)
})

test('a stale head stops the runtime: another writer has the log', async () => {
  const store = arrayStore()
  const snapshotter = await open({ store })
  await ok(snapshotter.prepare('a'))
  store.texts.push('somebody else’s record')
  const fault = await refused(snapshotter.prepare('b'))
  assert.equal(fault, storeFault(fault.message, 'STALE_HEAD'))
})

test.run()

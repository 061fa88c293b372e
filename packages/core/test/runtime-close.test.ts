import { test } from 'uvu'
import * as assert from 'uvu/assert'
import * as E from 'fp-ts/lib/Either.js'
import type { Refused, Snapshotter } from '@varve/core'
import type { TaskEither } from 'fp-ts/lib/TaskEither.js'
import { turns, virtualClock } from './support/clock.js'
import { accessDenied } from './support/events.js'
import { arrayStore, recordingBackend } from './support/memory.js'
import {
  ending,
  gatedBackend,
  hasEnded,
  infosOf,
  ok,
  open,
  recordsOf,
  typesOf,
  watchedStore,
} from './support/runtime.js'

const allCalls = (s: Snapshotter): Readonly<Record<string, TaskEither<Refused, unknown>>> => ({
  prepare: s.prepare('new'),
  view: s.view('new'),
  commit: s.commit('n', 'a'),
  remove: s.remove('a'),
  update: s.update({ name: 'a' }),
  attach: s.attach('a'),
  detach: s.detach('a'),
  stat: s.stat('a'),
  mounts: s.mounts('a'),
  usage: s.usage('a'),
  plan: s.plan({ type: 'Remove', key: 'a' }),
  outstanding: s.outstanding(),
  cleanup: s.cleanup(),
  'a malformed call': s.prepare(''),
  'a malformed update': s.update(null as never),
})

test('after close every call is Closed but close', async () => {
  const { store, calls } = watchedStore()
  const snapshotter = await open({ store })
  await ok(snapshotter.prepare('a'))
  const tasks = allCalls(snapshotter)
  await ok(snapshotter.close())
  for (const [name, task] of Object.entries({ ...tasks, ...allCalls(snapshotter) })) {
    assert.is(await ending(task), 'Closed', name)
  }
  for await (const info of snapshotter.walk()) assert.equal(E.isLeft(info) && info.left._tag, 'Closed')
  for await (const info of snapshotter.walk(['=='])) assert.equal(E.isLeft(info) && info.left._tag, 'Closed')
  await ok(snapshotter.close())
  assert.is(calls.filter((call) => call === 'close').length, 1)
})

test('two closes at once are one', async () => {
  const { store, calls } = watchedStore()
  const snapshotter = await open({ store })
  await ok(snapshotter.prepare('a'))
  await Promise.all([ok(snapshotter.close()), ok(snapshotter.close()), ok(snapshotter.close())])
  assert.equal(calls.slice(-2), ['append 0 with rows', 'close'])
})

test('making the close does not close; running it does', async () => {
  const snapshotter = await open()
  const close = snapshotter.close()
  assert.is(await ending(snapshotter.prepare('a')), 'done')
  await ok(close)
  assert.is(await ending(snapshotter.prepare('b')), 'Closed')
})

test('parked commands end, promised intents are waited for, and their callers are answered', async () => {
  const backend = gatedBackend()
  const store = arrayStore()
  const snapshotter = await open({ backend, store })
  const running = [ending(snapshotter.prepare('a')), ending(snapshotter.prepare('b'))]
  await turns()
  const parked = ending(snapshotter.commit('n', 'a'))
  const close = ok(snapshotter.close())
  assert.is(await parked, 'Closed')
  assert.is(await ending(snapshotter.stat('a')), 'Closed')
  await backend.release()
  assert.not.ok(await hasEnded(close))
  await backend.release()
  await close
  assert.equal(await Promise.all(running), ['done', 'done'])
  assert.equal(typesOf(store), ['LogCreated', 'PrepareAccepted', 'PrepareAccepted', 'Prepared', 'Prepared'])
})

test('commands sent in the turn before the close run to their end', async () => {
  const store = arrayStore()
  const snapshotter = await open({ store })
  const prepare = ending(snapshotter.prepare('a'))
  const close = ok(snapshotter.close())
  assert.is(await prepare, 'done')
  await close
  assert.is(typesOf(store).at(-1), 'Prepared')
})

test('what is attached is detached, by close', async () => {
  const store = arrayStore()
  const backend = recordingBackend()
  const snapshotter = await open({ store, backend })
  for (const key of ['a', 'b', 'c']) {
    await ok(snapshotter.prepare(key))
    await ok(snapshotter.attach(key))
  }
  await ok(snapshotter.detach('b'))
  await ok(snapshotter.close())
  const detaching = recordsOf(store).flatMap(({ type, data, cause }) =>
    type === 'DetachAccepted' ? [`${data.key} ${cause.by}`] : [],
  )
  assert.equal(detaching.sort(), ['a close', 'b undefined', 'c close'])
  const again = await open({ store })
  assert.equal(again.recovered, [])
  await ok(again.close())
})

test('a detach that fails does not keep the snapshotter open; it stays attached in the record', async () => {
  const store = arrayStore()
  const backend = recordingBackend(({ type }) => (type === 'DetachLayer' ? accessDenied : undefined))
  const snapshotter = await open({ store, backend })
  await ok(snapshotter.prepare('a'))
  await ok(snapshotter.attach('a'))
  await ok(snapshotter.close())
  assert.is(typesOf(store).at(-1), 'DetachFailed')
  const again = await open({ store, backend })
  assert.equal(
    again.recovered.map(({ type }) => type),
    ['DetachAccepted', 'DetachFailed'],
  )
  assert.is(await ending(again.commit('n', 'a')), 'FailedPrecondition')
  await ok(again.close())
})

test('an owed intent that ends at any moment of the close breaks nothing', async () => {
  for (let delay = 0; delay < 30; delay++) {
    const inner = arrayStore()
    const { store, broken } = watchedStore(inner)
    const backend = gatedBackend(({ type }) => type === 'DestroyLayer')
    const snapshotter = await open({ store, backend, clock: virtualClock() })
    await ok(snapshotter.prepare('b'))
    await ok(snapshotter.attach('b'))
    await ok(snapshotter.prepare('a'))
    await ok(snapshotter.remove('a'))
    await turns()
    const close = ending(snapshotter.close())
    for (let turn = 0; turn < delay; turn++) {
      await (delay % 2 === 0 ? Promise.resolve() : new Promise((resolve) => setImmediate(resolve)))
    }
    await backend.releaseAll()
    assert.is(await close, 'done', `after ${delay} turns`)
    await turns()
    assert.equal(broken, [], `after ${delay} turns`)
    const again = await open({ store: inner })
    await ok(again.cleanup())
    assert.equal([...(await infosOf(again)).keys()], ['b'])
    await ok(again.close())
    assert.is(typesOf(inner).filter((type) => type === 'Destroyed').length, 1)
  }
})

test('a cleanup that is cut by the close does not say that all is done', async () => {
  const backend = gatedBackend(({ type }) => type === 'DestroyLayer')
  const snapshotter = await open({ backend, clock: virtualClock() })
  await ok(snapshotter.prepare('a'))
  await ok(snapshotter.remove('a'))
  await turns()
  const cleanup = ending(snapshotter.cleanup())
  await ok(snapshotter.close())
  assert.is(await cleanup, 'Closed')
})

test('owed intents that run are told to stop, promised ones are not', async () => {
  const told: string[] = []
  const backend = gatedBackend(({ type }) => type === 'DestroyLayer' || type === 'SealLayer')
  const execute: typeof backend.execute = (intent, options) => {
    options.signal.addEventListener('abort', () => told.push(intent.type))
    return backend.execute(intent, options)
  }
  const snapshotter = await open({ backend: { ...backend, execute }, clock: virtualClock() })
  await ok(snapshotter.prepare('a'))
  await ok(snapshotter.prepare('b'))
  await ok(snapshotter.remove('a'))
  const commit = ok(snapshotter.commit('n', 'b'))
  await turns()
  const close = ok(snapshotter.close())
  await turns()
  assert.equal(told, [])
  await backend.release('SealLayer')
  await Promise.all([commit, close])
  assert.equal(told, ['DestroyLayer'])
})

test('backend and store are closed in this order, each although the other fails', async () => {
  const order: string[] = []
  const store = arrayStore()
  const snapshotter = await open({
    store: {
      ...store,
      close: () => async () => {
        order.push('store')
        return E.right(undefined)
      },
    },
    backend: {
      ...recordingBackend(),
      close: () => async () => {
        order.push('backend')
        return E.left({ _tag: 'BackendFault', message: 'busy', code: 5 } as const)
      },
    },
  })
  assert.is(await ending(snapshotter.close()), 'BackendFault')
  assert.equal(order, ['backend', 'store'])
})

test.run()

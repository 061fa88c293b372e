import { test } from 'uvu'
import * as assert from 'uvu/assert'
import * as E from 'fp-ts/lib/Either.js'
import { openSnapshotter, type Backend, type EventStore, type Intent } from '@varve/core'
import { turns, virtualClock } from './support/clock.js'
import { accessDenied } from './support/events.js'
import { arrayStore, recordingBackend } from './support/memory.js'
import {
  commitLayer,
  ending,
  gatedBackend,
  infosOf,
  ok,
  open,
  recordsOf,
  typesOf,
  withExecute,
} from './support/runtime.js'

test('an empty store gets its identity first', async () => {
  const store = arrayStore()
  const snapshotter = await open({ store })
  assert.equal(
    snapshotter.recovered.map(({ type, data, cause }) => [type, data, cause]),
    [['LogCreated', { log: '5a1d9ad3-5b1c-4f0e-8b0e-000000000001' }, { id: '1', by: 'open' }]],
  )
  await ok(snapshotter.close())
  const again = await open({ store })
  assert.equal(again.recovered, [])
  await ok(again.close())
})

test('what was promised is performed again, with the same intents, before the opening ends', async () => {
  const store = arrayStore()
  const backend = gatedBackend(({ id }) => Number(id) > 12)
  const first = await open({ store, backend })
  await commitLayer(first, 'base')
  for (const key of ['a', 'b', 'c']) await ok(first.prepare(key, key === 'a' ? {} : { parent: 'base' }))
  await ok(first.attach('c'))
  const calls = [
    first.commit('n', 'a', { parent: 'base', labels: { x: '1' } }),
    first.attach('b'),
    first.detach('c'),
    first.prepare('d', { parent: 'base', labels: { y: '2' } }),
    first.view('e'),
  ]
  for (const call of calls) void call()
  await turns()
  const interrupted = backend.held.map(({ intent }) => intent)
  assert.is(interrupted.length, 5)

  const again = recordingBackend()
  const second = await open({ store, backend: again })
  const byId = (intents: readonly Intent[]): readonly Intent[] =>
    intents.toSorted((one, other) => Number(one.id) - Number(other.id))
  const detachedAfterwards = again.performed.at(-1)
  assert.equal(byId(again.performed.slice(0, -1)), byId(interrupted))
  assert.equal(detachedAfterwards?.type, 'DetachLayer')
  assert.equal([...(await infosOf(second)).keys()], ['b', 'base', 'c', 'd', 'e', 'n'])
  assert.equal(
    second.recovered.map(({ type }) => type).toSorted(),
    ['Attached', 'Committed', 'DetachAccepted', 'Detached', 'Detached', 'Prepared', 'Prepared'].toSorted(),
  )
  assert.equal(second.recovered, recordsOf(store).slice(-7))
  assert.equal(await ok(second.outstanding()), [])
  await ok(second.close())
})

test('an intent that fails when it is performed again has failed', async () => {
  const store = arrayStore()
  const first = await open({ store, backend: gatedBackend() })
  void first.prepare('a')()
  await turns()
  const backend = recordingBackend(({ type }) => (type === 'CreateLayer' ? accessDenied : undefined))
  const second = await open({ store, backend })
  assert.is(second.recovered[0]?.type, 'PrepareFailed')
  assert.is(await ending(second.stat('a')), 'NotFound')
  await ok(second.cleanup())
  await ok(second.close())
})

test('what a dead owner left attached is detached, and can then be committed', async () => {
  const store = arrayStore()
  const first = await open({ store })
  for (const key of ['a', 'b', 'c']) {
    await ok(first.prepare(key))
    if (key !== 'b') await ok(first.attach(key))
  }
  const second = await open({ store })
  assert.equal(
    second.recovered.map(({ type, data, cause }) => `${type} ${'key' in data && data.key} ${cause.by}`).toSorted(),
    ['DetachAccepted a open', 'DetachAccepted c open', 'Detached a undefined', 'Detached c undefined'],
  )
  await ok(second.commit('n', 'a'))
  await ok(second.close())
})

test('an opening is not held up by what is owed', async () => {
  const store = arrayStore()
  const first = await open({ store, backend: gatedBackend(({ type }) => type === 'DestroyLayer') })
  await ok(first.prepare('a'))
  await ok(first.remove('a'))
  const backend = gatedBackend(({ type }) => type === 'DestroyLayer')
  const second = await open({ store, backend })
  assert.equal(second.recovered, [])
  const [owed] = await ok(second.outstanding())
  assert.equal([owed?.intent.type, owed?.owed, owed?.attempts, owed?.lastFault], ['DestroyLayer', true, 1, null])
  await backend.releaseAll()
  assert.is(typesOf(store).at(-1), 'Destroyed')
  await ok(second.close())
})

test('what opening finds is recorded before anything is performed', async () => {
  const inner = arrayStore()
  const first = await open({ store: inner, backend: gatedBackend() })
  void first.prepare('a')()
  await turns()
  const order: string[] = []
  const lost = { after: 1, through: 3 }
  const store: EventStore = {
    ...inner,
    open: () => async () => {
      const opened = await inner.open()()
      return E.isLeft(opened) ? opened : E.right({ ...opened.right, lost })
    },
  }
  const backend: Backend = {
    ...recordingBackend((intent) => {
      order.push(intent.type, ...typesOf(inner).slice(2))
      return undefined
    }),
    open: () => async () => E.right({ quarantined: ['7', 'rm-3'] }),
  }
  const second = await open({ store, backend })
  assert.equal(order, ['CreateLayer', 'LossAccepted', 'Quarantined'])
  assert.equal(second.recovered.map(({ type, data }) => [type, data]).slice(0, 2), [
    ['LossAccepted', lost],
    ['Quarantined', { directories: ['7', 'rm-3'] }],
  ])
  await ok(second.close())
})

test('directories that no record and no intent stands for are unclaimed', async () => {
  const store = arrayStore()
  const first = await open({
    store,
    backend: gatedBackend(({ type, layer }) => type === 'DestroyLayer' || layer === 5),
  })
  await commitLayer(first, 'base')
  await ok(first.prepare('active'))
  await ok(first.prepare('removed'))
  await ok(first.remove('removed'))
  await ok(first.prepare('other'))
  void first.prepare('pending')()
  await turns()
  const layer = (id: number, retired = false) => ({ id, retired })
  let unclaimed: unknown
  const backend: Backend = {
    ...recordingBackend(),
    open: (owner) => async () => {
      assert.is(owner.log, '5a1d9ad3-5b1c-4f0e-8b0e-000000000001')
      const found = [1, 2, 3, 4, 5, 6, 99].flatMap((id) => [layer(id), layer(id, true)])
      unclaimed = await owner.unclaimed(found)
      return E.right({ quarantined: [] })
    },
  }
  const second = await open({ store, backend })
  assert.equal(unclaimed, [
    layer(1, true),
    layer(2, true),
    layer(4, true),
    ...[6, 99].flatMap((id) => [layer(id), layer(id, true)]),
  ])
  await ok(second.close())
})

test('a retired directory is claimed by a record whose own directory is not there', async () => {
  const store = arrayStore()
  const first = await open({ store })
  await commitLayer(first, 'base')
  await ok(first.close())
  let unclaimed: unknown
  const backend: Backend = {
    ...recordingBackend(),
    open: (owner) => async () => {
      unclaimed = await owner.unclaimed([
        { id: 1, retired: true },
        { id: 2, retired: true },
      ])
      return E.right({ quarantined: [] })
    },
  }
  await ok((await open({ store, backend })).close())
  assert.equal(unclaimed, [{ id: 2, retired: true }])
})

test('a log that was altered does not open', async () => {
  const store = arrayStore()
  const first = await open({ store })
  await commitLayer(first, 'base')
  const { texts } = store
  texts[2] = (texts[2] ?? '').replace('"size":4', '"size":5')
  const result = await openSnapshotter({ store, backend: recordingBackend() })()
  assert.equal(E.isLeft(result) && result.left, {
    _tag: 'StoreFault',
    code: 'CHAIN_BROKEN',
    message: 'record 3 does not follow record 2: the log was altered',
  })
})

test('a log that says it is longer than it is does not open', async () => {
  const store = arrayStore()
  const first = await open({ store })
  await ok(first.prepare('a'))
  const head = { seq: 5, hash: 'f'.repeat(64) }
  const result = await openSnapshotter({
    store: { ...store, open: () => async () => E.right({ log: 'l', head }) },
    backend: recordingBackend(),
  })()
  assert.is(E.isLeft(result) && result.left._tag === 'StoreFault' && result.left.code, 'STALE_HEAD')
})

test('nothing is performed any more after an opening that failed', async () => {
  const clock = virtualClock()
  const store = arrayStore()
  const first = await open({ store, clock, backend: gatedBackend(({ type }) => type === 'DestroyLayer') })
  await ok(first.prepare('a'))
  await ok(first.remove('a'))
  await ok(first.prepare('b'))
  await ok(first.attach('b'))
  const tries: string[] = []
  let isClosed = false
  const backend: Backend = {
    ...withExecute((intent) => async () => {
      tries.push(`${intent.type}${isClosed ? ' after close' : ''}`)
      return E.left(accessDenied)
    }),
    close: () => async () => {
      isClosed = true
      return E.right(undefined)
    },
  }
  store.failNext = true
  const result = await openSnapshotter({ store, clock, backend })()
  assert.is(E.isLeft(result) && result.left._tag, 'StoreFault')
  assert.ok(isClosed)
  await clock.advance(10_000)
  assert.equal(
    tries.filter((one) => one.endsWith('close')),
    [],
  )
})

test.run()

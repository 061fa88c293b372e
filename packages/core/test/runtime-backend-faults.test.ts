import { test } from 'uvu'
import * as assert from 'uvu/assert'
import * as E from 'fp-ts/lib/Either.js'
import type { Backend, Intent, Result } from '@varve/core'
import { virtualClock } from './support/clock.js'
import { accessDenied } from './support/events.js'
import { arrayStore, recordingBackend } from './support/memory.js'
import { commitLayer, ending, ok, open, refused, typesOf, withExecute } from './support/runtime.js'

const good = recordingBackend()

/** Does as `misbehave` says in intents of one type, and all others well. */
const misbehaving = (type: Intent['type'], misbehave: () => unknown): Backend =>
  withExecute((intent, options) =>
    intent.type === type
      ? () => Promise.resolve(misbehave() as E.Either<never, Result>)
      : good.execute(intent, options),
  )

const wrongs: Readonly<Record<string, () => unknown>> = {
  'throws an error': () => {
    throw new Error('out of luck')
  },
  'throws a text': () => {
    throw 'out of luck'
  },
  rejects: () => Promise.reject(new Error('out of luck')),
  'answers nothing': () => undefined,
  'answers null': () => null,
  'answers no result': () => E.right(undefined),
  'answers another result': () => E.right({ type: 'LayerRetired' }),
  'answers a result without a usage': () => E.right({ type: 'LayerCreated', effective: null }),
  'answers half a usage': () => E.right({ type: 'LayerCreated', effective: null, usage: { size: 1 } }),
  'answers a size as text': () =>
    E.right({ type: 'LayerCreated', effective: null, usage: { size: '1', inodes: 0, onDisk: 0, scratch: 0 } }),
  'answers a size that is no number': () =>
    E.right({ type: 'LayerCreated', effective: null, usage: { size: Number.NaN, inodes: 0, onDisk: 0, scratch: 0 } }),
  'answers an effective size as a number': () =>
    E.right({ type: 'LayerCreated', effective: 5, usage: { size: 0, inodes: 0, onDisk: 0, scratch: 0 } }),
  'fails with no failure': () => E.left(undefined),
  'fails with an error': () => E.left(new Error('out of luck')),
  'fails with a code that is no number': () => E.left({ _tag: 'BackendFault', message: 'm', code: Number.NaN }),
  'fails with a fault of the store': () => E.left({ _tag: 'StoreFault', message: 'm', code: 'x' }),
}

for (const [what, misbehave] of Object.entries(wrongs)) {
  test(`a backend that ${what} has a BackendFault, and the runtime goes on`, async () => {
    const store = arrayStore()
    const snapshotter = await open({ store, backend: misbehaving('CreateLayer', misbehave) })
    const fault = await refused(snapshotter.prepare('a'))
    assert.is(fault._tag, 'BackendFault', fault.message)
    assert.match(fault.message, /^the backend broke its contract in CreateLayer of layer 1: ./)
    assert.is(fault._tag === 'BackendFault' && fault.code, 0x80004005)
    assert.is(await ending(snapshotter.stat('a')), 'NotFound')
    assert.equal(typesOf(store).slice(0, 3), ['LogCreated', 'PrepareAccepted', 'PrepareFailed'])
    await ok(snapshotter.close())
    const again = await open({ store })
    await ok(again.prepare('a'))
    await ok(again.close())
  })
}

test('every intent that fails gives its caller the failure and leaves the record as it was', async () => {
  let failing: Intent['type'] | undefined
  const backend = recordingBackend((intent) => (intent.type === failing ? accessDenied : undefined))
  const store = arrayStore()
  const snapshotter = await open({ store, backend })
  await commitLayer(snapshotter, 'base')
  await ok(snapshotter.prepare('a', { parent: 'base' }))
  const fails = async (type: Intent['type'], call: ReturnType<typeof snapshotter.detach>): Promise<void> => {
    failing = type
    assert.equal(await refused(call), accessDenied)
    failing = undefined
  }
  await fails('AttachLayer', snapshotter.attach('a') as never)
  await fails('SealLayer', snapshotter.commit('n', 'a'))
  await ok(snapshotter.attach('a'))
  await fails('DetachLayer', snapshotter.detach('a'))
  assert.is(await ending(snapshotter.commit('n', 'a')), 'FailedPrecondition')
  await fails('RetireLayer', snapshotter.remove('a'))
  await ok(snapshotter.detach('a'))
  await ok(snapshotter.commit('n', 'a'))
  assert.equal(
    typesOf(store).filter((type) => type.endsWith('Failed')),
    ['AttachFailed', 'CommitFailed', 'DetachFailed', 'RemoveFailed'],
  )
  await ok(snapshotter.close())
})

test('names that can not enter a layer are the caller’s InvalidArgument', async () => {
  const failure = { _tag: 'InvalidArgument', message: 'm: invalid argument', field: 'Files', value: '"a"' } as const
  const backend = recordingBackend(({ type }) => (type === 'SealLayer' ? failure : undefined))
  const snapshotter = await open({ backend })
  await ok(snapshotter.prepare('a'))
  assert.equal(await refused(snapshotter.commit('n', 'a')), failure)
  assert.is((await ok(snapshotter.stat('a'))).kind, 'Active')
  await ok(snapshotter.close())
})

test('an owed intent of a backend that throws is tried again like one that fails', async () => {
  const clock = virtualClock()
  let throws = true
  const backend = withExecute((intent, options) => async () => {
    if (intent.type === 'DestroyLayer' && throws) throw new Error('out of luck')
    return good.execute(intent, options)()
  })
  const snapshotter = await open({ backend, clock })
  await ok(snapshotter.prepare('a'))
  await ok(snapshotter.remove('a'))
  await clock.advance(0)
  const [owed] = await ok(snapshotter.outstanding())
  assert.match(owed?.lastFault ?? '', 'out of luck')
  throws = false
  await clock.advance(100)
  assert.equal(await ok(snapshotter.outstanding()), [])
  await ok(snapshotter.close())
})

test('a backend that throws while it counts has a BackendFault', async () => {
  for (const usage of [
    () => {
      throw new Error('out of luck')
    },
    () => () => Promise.reject(new Error('out of luck')),
  ]) {
    const snapshotter = await open({ backend: { ...good, usage } })
    await ok(snapshotter.prepare('a'))
    const fault = await refused(snapshotter.usage('a'))
    assert.is(fault._tag, 'BackendFault')
    assert.match(fault.message, 'out of luck')
    await ok(snapshotter.close())
  }
})

test('a backend that does not open gives the opening its fault', async () => {
  const inUse = { _tag: 'BackendFault', message: 'the root is of another log', code: 5 } as const
  let closed = 0
  const backend: Backend = {
    ...good,
    open: () => async () => E.left(inUse),
    close: () => async () => {
      closed++
      return E.right(undefined)
    },
  }
  const store = arrayStore()
  await open({ store, backend }).then(
    () => assert.unreachable('it opened'),
    (error: unknown) => assert.match(String(error), 'BackendFault: the root is of another log'),
  )
  assert.equal(store.texts, [])
  assert.is(closed, 1)
})

test.run()

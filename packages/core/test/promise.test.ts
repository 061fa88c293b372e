import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { invalidArgument, type Recorded } from '@varve/core'
import { openSnapshotter, type PromiseSnapshotter } from '@varve/core/promise'
import { accessDenied } from './support/events.js'
import { arrayStore, recordingBackend } from './support/memory.js'
import { rejection, typesOf, watchedStore } from './support/runtime.js'

const opened = (backend = recordingBackend(), store = arrayStore()): Promise<PromiseSnapshotter> =>
  openSnapshotter({ store, backend })

test('the calls do what their tasks do', async () => {
  const snapshotter = await opened()
  assert.equal(
    snapshotter.recovered.map(({ type }) => type),
    ['LogCreated'],
  )
  assert.equal(await snapshotter.prepare('a', { labels: { x: '1' } }), [
    { type: 'bind', source: '/layers/snapshots/1/Files', target: '', options: ['rw', 'parentLayerPaths=[]'] },
  ])
  assert.is((await snapshotter.attach('a')).path, '/layers/mounts/1')
  await snapshotter.detach('a')
  assert.is(await snapshotter.commit('base', 'a'), undefined)
  const [mount] = await snapshotter.view('v', { parent: 'base' })
  assert.equal(await snapshotter.mounts('v'), [mount])
  assert.equal(mount?.options, ['ro', 'parentLayerPaths=["/layers/snapshots/1"]'])
  assert.equal((await snapshotter.update({ name: 'v', labels: { y: '2' } }, ['labels.y'])).labels, { y: '2' })
  assert.is((await snapshotter.stat('base')).kind, 'Committed')
  assert.equal(await snapshotter.usage('base'), { size: 4, inodes: 0, onDisk: 4, scratch: 0 })
  const names: string[] = []
  for await (const { name } of snapshotter.walk(['kind==view'])) names.push(name)
  assert.equal(names, ['v'])
  assert.equal((await snapshotter.plan({ type: 'Remove', key: 'v' })).blockers, [])
  await snapshotter.remove('v')
  await snapshotter.cleanup()
  assert.equal(await snapshotter.outstanding(), [])
  await snapshotter.close()
})

test('a refusal rejects with an Error that has the fields of the tagged value', async () => {
  const snapshotter = await opened()
  const error = await rejection(snapshotter.prepare('a\0'))
  assert.ok(error instanceof Error)
  const { _tag, field, value, message } = invalidArgument('key', 'a\0', 'must not contain NUL')
  assert.equal([error['_tag'], error['field'], error['value'], error.message], [_tag, field, value, message])
  assert.is(error.name, 'InvalidArgument')
  assert.match(error.stack ?? '', message)
  await snapshotter.close()
})

test('the messages of refusals end in the words of the field', async () => {
  const snapshotter = await opened()
  await snapshotter.prepare('base-key')
  await snapshotter.commit('base', 'base-key')
  await snapshotter.prepare('a', { parent: 'base' })
  const refusals: readonly (readonly [Promise<unknown>, tag: string, message: RegExp])[] = [
    [snapshotter.stat('look'), 'NotFound', /^snapshot look: not found$/],
    [snapshotter.mounts('look'), 'NotFound', /: not found$/],
    [snapshotter.usage('look'), 'NotFound', /: not found$/],
    [snapshotter.stat(''), 'NotFound', /: not found$/],
    [snapshotter.prepare('a'), 'AlreadyExists', /: already exists$/],
    [snapshotter.mounts('base'), 'FailedPrecondition', /: failed precondition$/],
    [snapshotter.remove('base'), 'FailedPrecondition', /^remove snapshot base: .*: failed precondition$/],
    [snapshotter.remove('look'), 'NotFound', /^remove snapshot look: not found$/],
    [snapshotter.prepare('b', { parent: 'a' }), 'InvalidArgument', /^parent .*: invalid argument$/],
    [snapshotter.plan({ type: 'Remove', key: 'look' }), 'NotFound', /: not found$/],
  ]
  for (const [promise, tag, message] of refusals) {
    const error = await rejection(promise)
    assert.is(error['_tag'], tag)
    assert.match(error.message, message)
  }
  const walk = snapshotter.walk(['kind='])[Symbol.asyncIterator]()
  const error = await rejection(walk.next())
  assert.is(error['_tag'], 'InvalidArgument')
  assert.match(error.message, /: invalid argument$/)
  await snapshotter.close()
})

test('faults keep their codes and their own words', async () => {
  const store = arrayStore()
  const failing = await openSnapshotter({
    store,
    backend: recordingBackend(({ type }) => (type === 'CreateLayer' ? accessDenied : undefined)),
  })
  const fault = await rejection(failing.prepare('a'))
  assert.equal([fault['_tag'], fault['code'], fault.message], ['BackendFault', 0x80070005, 'access denied'])
  store.failNext = true
  const storeFault = await rejection(failing.prepare('b'))
  assert.equal([storeFault['_tag'], storeFault['code']], ['StoreFault', 'ENOSPC'])
  store.failNext = false
  await failing.close().catch(() => undefined)
  assert.is((await rejection(failing.stat('a')))['_tag'], 'Closed')
})

test('an abort rejects with the reason of its signal, whatever that is', async () => {
  const snapshotter = await opened()
  const reason = { mine: true }
  assert.is(await rejection(snapshotter.prepare('a', { signal: AbortSignal.abort(reason) })), reason)
  const error = await rejection(snapshotter.prepare('a', { signal: AbortSignal.abort() }))
  assert.is(error.name, 'AbortError')
  await snapshotter.close()
})

test('an opening that is refused rejects', async () => {
  const bad = async (options: unknown): Promise<readonly unknown[]> => {
    const error = await rejection(openSnapshotter(options as never))
    return [error['_tag'], error['field']]
  }
  const [store, backend] = [arrayStore(), recordingBackend()]
  assert.equal(await bad(undefined), ['InvalidArgument', 'options'])
  assert.equal(await bad({}), ['InvalidArgument', 'store'])
  assert.equal(await bad({ store }), ['InvalidArgument', 'backend'])
  assert.equal(await bad({ store, backend: { ...backend, execute: 7 } }), ['InvalidArgument', 'backend.execute'])
  assert.equal(await bad({ store: { ...store, sha256: undefined }, backend }), ['InvalidArgument', 'store.sha256'])
  assert.equal(await bad({ store, backend, profile: 'windows' }), ['InvalidArgument', 'profile'])
  assert.equal(await bad({ store, backend, clock: {} }), ['InvalidArgument', 'clock.now'])
  assert.equal(await bad({ store, backend, root: '/x' }), ['InvalidArgument', 'root'])
  assert.equal(store.texts, [])
})

test('options of a call that are none are refused', async () => {
  const snapshotter = await opened()
  await snapshotter.prepare('a')
  const bad = async (promise: Promise<unknown>): Promise<readonly unknown[]> => {
    const error = await rejection(promise)
    return [error['_tag'], error['field']]
  }
  const any = (value: unknown): never => value as never
  assert.equal(await bad(snapshotter.prepare('b', any('x'))), ['InvalidArgument', 'options'])
  assert.equal(await bad(snapshotter.prepare('b', any({ name: 'n' }))), ['InvalidArgument', 'name'])
  assert.equal(await bad(snapshotter.prepare('b', any({ type: 'View' }))), ['InvalidArgument', 'type'])
  assert.equal(await bad(snapshotter.commit('n', 'a', any({ purpose: 'unpack' }))), ['InvalidArgument', 'purpose'])
  assert.equal(await bad(snapshotter.remove('a', any({ signal: 7 }))), ['InvalidArgument', 'signal'])
  assert.equal(await bad(snapshotter.remove('a', any({ signal: {} }))), ['InvalidArgument', 'signal'])
  assert.equal(await bad(snapshotter.update({ name: 'a' }, [], any({ labels: { x: '1' } }))), [
    'InvalidArgument',
    'labels',
  ])
  assert.equal(await bad(snapshotter.update(any(null))), ['InvalidArgument', 'info'])
  assert.equal((await snapshotter.stat('a')).labels, {})
  await snapshotter.close()
})

test('an update reads only the name and the labels of an info', async () => {
  const store = arrayStore()
  const snapshotter = await opened(recordingBackend(), store)
  await snapshotter.prepare('a')
  const info = await snapshotter.stat('a')
  const updated = await snapshotter.update({
    ...info,
    kind: 'Committed',
    parent: 'x',
    labels: { y: '1' },
  } as typeof info)
  assert.equal([updated.kind, updated.parent, updated.labels], ['Active', '', { y: '1' }])
  await snapshotter.update({ name: 'a', type: 'Commit', key: 'a' } as { name: string })
  assert.equal(typesOf(store).slice(-2), ['Updated', 'Updated'])
  await snapshotter.close()
})

test('await using closes', async () => {
  const { store, calls } = watchedStore()
  const snapshotter = await openSnapshotter({ store, backend: recordingBackend() })
  await snapshotter.prepare('a')
  const ends: string[] = []
  snapshotter.events$.subscribe({ complete: () => ends.push('complete') })
  await snapshotter[Symbol.asyncDispose]()
  assert.is(calls.at(-1), 'close')
  assert.equal(ends, ['complete'])
  await snapshotter[Symbol.asyncDispose]()
  await snapshotter.close()
  assert.is((await rejection(snapshotter.stat('a')))['_tag'], 'Closed')
})

test('the streams are those of the snapshotter', async () => {
  const snapshotter = await opened()
  const [events, intents]: [Recorded['type'][], string[]] = [[], []]
  snapshotter.events$.subscribe(({ type }) => events.push(type))
  snapshotter.intents$.subscribe(({ type }) => intents.push(type))
  await snapshotter.prepare('a')
  assert.equal([events, intents], [['PrepareAccepted', 'Prepared'], ['CreateLayer']])
  await snapshotter.close()
})

test.run()

import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { TaskEither } from 'fp-ts/lib/TaskEither.js'
import type { Refused, Snapshotter } from '@varve/core'
import { turns } from './support/clock.js'
import { accessDenied } from './support/events.js'
import { arrayStore } from './support/memory.js'
import { commitLayer, ending, gatedBackend, hasEnded, infosOf, ok, open, recordsOf } from './support/runtime.js'

/** Sends all at once, lets every intent end well, and says how each call ended. */
const endings = async (
  calls: (snapshotter: Snapshotter) => readonly TaskEither<Refused, unknown>[],
  before: (snapshotter: Snapshotter) => Promise<void> = async () => undefined,
): Promise<readonly string[]> => {
  let isGated = false
  const backend = gatedBackend(() => isGated)
  const snapshotter = await open({ backend })
  await before(snapshotter)
  isGated = true
  const ended = calls(snapshotter).map(ending)
  await turns()
  while (backend.held.length > 0) await backend.release()
  const all = await Promise.all(ended)
  await ok(snapshotter.close())
  return all
}

test('of two prepares of one key the later finds it taken', async () => {
  assert.equal(await endings((s) => [s.prepare('a'), s.prepare('a'), s.view('a')]), [
    'done',
    'AlreadyExists',
    'AlreadyExists',
  ])
})

test('of two commits of one key the later finds nothing', async () => {
  const calls = (s: Snapshotter) => [s.prepare('a'), s.commit('n', 'a'), s.commit('n', 'a'), s.commit('m', 'a')]
  assert.equal(await endings(calls), ['done', 'done', 'NotFound', 'NotFound'])
})

test('a whole life sent at once goes as if one had waited for each step', async () => {
  const calls = (s: Snapshotter) => [
    s.prepare('a'),
    s.attach('a'),
    s.commit('n', 'a'),
    s.detach('a'),
    s.update({ name: 'a', labels: { x: '1' } }),
    s.commit('n', 'a'),
    s.prepare('a', { parent: 'n' }),
    s.view('v', { parent: 'n' }),
    s.remove('n'),
    s.remove('a'),
    s.remove('v'),
    s.remove('n'),
    s.prepare('n'),
  ]
  const expected = Array.from({ length: 13 }, (_, index) =>
    index === 2 || index === 8 ? 'FailedPrecondition' : 'done',
  )
  assert.equal(await endings(calls), expected)
})

test('a name that a parked commit is to make counts as pending', async () => {
  const calls = (s: Snapshotter) => [
    s.prepare('a'),
    s.commit('n', 'a'),
    s.prepare('n'),
    s.prepare('c', { parent: 'n' }),
  ]
  assert.equal(await endings(calls), ['done', 'done', 'AlreadyExists', 'done'])
})

test('a parent that is being removed is waited for, and then not there', async () => {
  const calls = (s: Snapshotter) => [s.remove('base'), s.prepare('c', { parent: 'base' }), s.prepare('base')]
  assert.equal(await endings(calls, (s) => commitLayer(s, 'base')), ['done', 'NotFound', 'done'])
})

test('the last children and then their parent can be removed in one go', async () => {
  const before = async (s: Snapshotter): Promise<void> => {
    await commitLayer(s, 'base')
    await ok(s.prepare('a', { parent: 'base' }))
    await ok(s.prepare('b', { parent: 'base' }))
  }
  assert.equal(await endings((s) => [s.remove('a'), s.remove('b'), s.remove('base')], before), ['done', 'done', 'done'])
  assert.equal(await endings((s) => [s.remove('a'), s.remove('base')], before), ['done', 'FailedPrecondition'])
})

test('a child that is on its way to another name still counts where it stands', async () => {
  const before = async (s: Snapshotter): Promise<void> => {
    await commitLayer(s, 'base')
    await ok(s.prepare('a', { parent: 'base' }))
  }
  const committing = (s: Snapshotter) => [s.commit('n', 'a'), s.remove('n'), s.remove('base')]
  assert.equal(await endings(committing, before), ['done', 'done', 'done'])
  const parked = (s: Snapshotter) => [s.attach('a'), s.detach('a'), s.commit('n', 'a'), s.remove('n'), s.remove('base')]
  assert.equal(await endings(parked, before), ['done', 'done', 'done', 'done', 'done'])
})

test('commands that only need the same parent do not hold each other up', async () => {
  const backend = gatedBackend(({ type }) => type === 'SealLayer' || type === 'CreateLayer')
  const snapshotter = await open({ backend })
  const first = [ok(snapshotter.prepare('base-key')), ok(snapshotter.commit('base', 'base-key'))]
  const children = ['a', 'b', 'c'].map((key) => ok(snapshotter.prepare(key, { parent: 'base' })))
  await turns()
  assert.is(backend.held.length, 1)
  await backend.release('CreateLayer')
  await backend.release('SealLayer')
  assert.is(backend.held.length, 3, 'the three children are made at the same time')
  await backend.releaseAll()
  await Promise.all([...first, ...children])
  await ok(snapshotter.close())
})

test('disjoint snapshots work at the same time', async () => {
  const backend = gatedBackend()
  const snapshotter = await open({ backend })
  const all = ['a', 'b', 'c'].map((key) => ok(snapshotter.prepare(key)))
  await turns()
  assert.is(backend.held.length, 3)
  await backend.releaseAll()
  await Promise.all(all)
  await ok(snapshotter.close())
})

test('an update waits for a commit and passes an attach or detach', async () => {
  const backend = gatedBackend(({ type }) => type !== 'CreateLayer')
  const snapshotter = await open({ backend })
  await ok(snapshotter.prepare('a'))
  for (const change of [snapshotter.attach('a'), snapshotter.detach('a')]) {
    const changing = ok<unknown>(change)
    await turns()
    await ok(snapshotter.update({ name: 'a', labels: { x: '1' } }))
    assert.not.ok(await hasEnded(changing))
    await backend.release()
    await changing
  }
  const commit = ok(snapshotter.commit('n', 'a'))
  const update = ending(snapshotter.update({ name: 'a' }))
  assert.not.ok(await hasEnded(update))
  await backend.releaseAll()
  await commit
  assert.is(await update, 'NotFound')
  await ok(snapshotter.close())
})

test('queries never wait and show what is complete', async () => {
  const backend = gatedBackend()
  const snapshotter = await open({ backend })
  const prepare = ok(snapshotter.prepare('a'))
  await turns()
  assert.is(await ending(snapshotter.stat('a')), 'NotFound')
  assert.is(await ending(snapshotter.mounts('a')), 'NotFound')
  assert.is((await infosOf(snapshotter)).size, 0)
  await backend.release()
  await prepare
  const commit = ok(snapshotter.commit('n', 'a'))
  await turns()
  assert.is((await ok(snapshotter.stat('a'))).kind, 'Active')
  assert.is(await ending(snapshotter.stat('n')), 'NotFound')
  await backend.release()
  await commit
  assert.is(await ending(snapshotter.stat('a')), 'NotFound')
  const remove = ok(snapshotter.remove('n'))
  await turns()
  assert.is((await ok(snapshotter.stat('n'))).kind, 'Committed')
  await backend.release()
  await remove
  assert.is(await ending(snapshotter.stat('n')), 'NotFound')
  await backend.releaseAll()
  await ok(snapshotter.close())
})

test('a parked command keeps the labels it was asked with', async () => {
  const backend = gatedBackend()
  const store = arrayStore()
  const snapshotter = await open({ backend, store })
  const first = ending(snapshotter.prepare('a'))
  const labels: Record<string, string> = { x: '1' }
  const second = ending(snapshotter.update({ name: 'a', labels }))
  await turns()
  labels['x'] = '2'
  labels['y'] = 'not\0checked'
  await backend.releaseAll()
  assert.equal(await Promise.all([first, second]), ['done', 'done'])
  assert.equal((await ok(snapshotter.stat('a'))).labels, { x: '1' })
  await ok(snapshotter.close())
})

test('what waited for a command that fails gets its turn', async () => {
  const backend = gatedBackend()
  const snapshotter = await open({ backend })
  const first = ending(snapshotter.prepare('a'))
  const second = ending(snapshotter.prepare('a'))
  await turns()
  await backend.release('CreateLayer', accessDenied)
  assert.is(await first, 'BackendFault')
  await backend.release('CreateLayer')
  assert.is(await second, 'done')
  await backend.releaseAll()
  await ok(snapshotter.close())
})

test('who asked is kept with the events', async () => {
  const store = arrayStore()
  const snapshotter = await open({ store })
  await ok(snapshotter.prepare('a', { by: 'somebody' }))
  await ok(snapshotter.remove('a', { by: 'somebody else' }))
  assert.equal(
    recordsOf(store).flatMap(({ type, cause }) => (cause.by === undefined ? [] : [[type, cause.by]])),
    [
      ['LogCreated', 'open'],
      ['PrepareAccepted', 'somebody'],
      ['RemoveAccepted', 'somebody else'],
    ],
  )
  await ok(snapshotter.close())
})

test.run()

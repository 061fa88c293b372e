import type { Info } from '../src/model/snapshot.js'
import { equal, ok, rejects } from './assert.js'
import { oneOfEach } from './creation.js'
import {
  committed,
  invalid,
  recordsNothing,
  recordsOf,
  type SnapshotterCase,
  snapshotterCase,
  walked,
  walkedNames,
} from './fixtures.js'
import type { PromiseSnapshotter } from './subject.js'

/** Everything that looks a snapshot up, so that a missing one is NotFound. */
const lookups = (snapshotter: PromiseSnapshotter): Readonly<Record<string, (key: string) => Promise<unknown>>> => ({
  stat: snapshotter.stat,
  mounts: snapshotter.mounts,
  usage: snapshotter.usage,
  update: (name) => snapshotter.update({ name, labels: {} }),
  remove: snapshotter.remove,
  attach: snapshotter.attach,
  detach: snapshotter.detach,
  'plan a removal': (key) => snapshotter.plan({ type: 'Remove', key }),
  'plan an update': (name) => snapshotter.plan({ type: 'Update', name }),
  'plan an attachment': (key) => snapshotter.plan({ type: 'Attach', key }),
})

const missing = snapshotterCase('lookup/what is not there is NotFound', async (snapshotter) => {
  const findsNothing = async (when: string): Promise<void> => {
    for (const [verb, find] of Object.entries(lookups(snapshotter)))
      for (const key of ['missing', '', 'constructor', 'a/b'])
        await recordsNothing(`${verb} "${key}"`, snapshotter, () =>
          rejects(`${verb} "${key}" ${when}`, find(key), 'NotFound', `snapshot ${key}`),
        )
    const commit = snapshotter.commit('name', 'missing')
    await rejects(`commit ${when}`, commit, 'NotFound', 'missing')
  }
  await findsNothing('on an empty store')
  await oneOfEach(snapshotter)
  await findsNothing('beside others')
})

const emptyWalk = snapshotterCase('walk/an empty store is an empty walk', async (snapshotter) => {
  equal('walk', await walked(snapshotter), [])
  equal('walk with a filter', await walked(snapshotter, ['kind==active']), [])
  await rejects('walk with a malformed filter', walked(snapshotter, ['kind=']), 'InvalidArgument')
})

const filterLists = snapshotterCase('walk/one matching filter is enough', async (snapshotter) => {
  await oneOfEach(snapshotter)
  const all = ['active', 'committed', 'view']
  equal('no filters', await walkedNames(snapshotter, []), all)
  equal('an empty filter', await walkedNames(snapshotter, ['']), all)
  equal('an empty filter after another', await walkedNames(snapshotter, ['name==x', '']), all)
  equal('two filters', await walkedNames(snapshotter, ['name==view', 'kind==active']), ['active', 'view'])
  equal('two filters for one snapshot', await walkedNames(snapshotter, ['name==view', 'kind==view']), ['view'])
  await rejects('one malformed filter of two', walked(snapshotter, ['name==view', 'name=']), 'InvalidArgument')
})

const duringWalk = snapshotterCase('walk/shows one state, whatever is done meanwhile', async (snapshotter) => {
  for (const name of ['a', 'b', 'c']) await snapshotter.prepare(name)
  const seen: Info[] = []
  for await (const info of snapshotter.walk()) {
    if (seen.length === 0) {
      for (const name of ['a', 'b', 'c']) await snapshotter.remove(name)
      await snapshotter.prepare('d')
      await snapshotter.prepare('a', { labels: { again: '1' } })
    }
    seen.push(info)
    await snapshotter.usage('d')
  }
  equal('names', seen.map((info) => info.name).sort(), ['a', 'b', 'c'])
  ok(
    'labels as they were',
    seen.every((info) => Object.keys(info.labels).length === 0),
    seen,
  )
  equal('the next walk', await walkedNames(snapshotter), ['a', 'd'])
})

const lazyWalk = snapshotterCase('walk/begins with the first step', async (snapshotter) => {
  const infos = snapshotter.walk()
  await snapshotter.prepare('late')
  const names: string[] = []
  for await (const info of infos) names.push(info.name)
  equal('names', names, ['late'])
})

const removed = snapshotterCase('remove/what is recorded', async (snapshotter) => {
  await oneOfEach(snapshotter)
  const records = recordsOf(snapshotter)
  for (const key of ['view', 'active', 'committed']) {
    await snapshotter.remove(key)
    await rejects(`stat of ${key}`, snapshotter.stat(key), 'NotFound')
    await rejects(`${key} once more`, snapshotter.remove(key), 'NotFound', `remove snapshot ${key}`)
  }
  equal('what is left', await walkedNames(snapshotter), [])
  await snapshotter.cleanup()
  equal('what is owed after a cleanup', await snapshotter.outstanding(), [])
  const types = records.map((record) => record.type).sort()
  equal(
    'records',
    types,
    ['Destroyed', 'RemoveAccepted', 'Removed'].flatMap((type) => [type, type, type]),
  )
  await snapshotter.cleanup()
})

const parents = snapshotterCase('remove/a parent goes after all its children', async (snapshotter) => {
  await committed(snapshotter, 'base')
  await snapshotter.prepare('active', { parent: 'base' })
  await snapshotter.view('view', { parent: 'base' })
  await committed(snapshotter, 'child', { parent: 'base' })
  for (const key of ['active', 'view', 'child']) {
    await recordsNothing('removing a parent', snapshotter, () =>
      rejects(
        `removing the parent of ${key}`,
        snapshotter.remove('base'),
        'FailedPrecondition',
        'remove snapshot base',
      ),
    )
    await snapshotter.remove(key)
  }
  await snapshotter.remove('base')
})

const malformed = snapshotterCase('lookup/a malformed key is InvalidArgument', async (snapshotter) => {
  for (const [verb, find] of Object.entries(lookups(snapshotter)))
    for (const key of ['x'.repeat(4_097), 'a\0b', '\ud800'])
      await invalid(`${verb} a malformed key`, find(key), verb.includes('update') ? 'name' : 'key')
})

/** Looking snapshots up, walking, removing. */
export const lookupCases: readonly SnapshotterCase[] = [
  missing,
  malformed,
  emptyWalk,
  filterLists,
  duringWalk,
  lazyWalk,
  removed,
  parents,
]

import { equal, ok, rejects } from './assert.js'
import { oneOfEach } from './creation.js'
import {
  committed,
  idOf,
  invalid,
  parentIdsOf,
  recordsNothing,
  type SnapshotterCase,
  snapshotterCase,
  walkedNames,
  writeInto,
} from './fixtures.js'
import type { PromiseSnapshotter } from './subject.js'

type Trap = {
  readonly name: string
  readonly key: string
  readonly parent?: string
  readonly ends: 'NotFound' | 'FailedPrecondition' | 'AlreadyExists' | 'InvalidArgument'
}

/** What is refused, and which of several reasons counts: the key, its kind, whether it is attached, the name, the parent. */
const traps: readonly Trap[] = [
  { name: 'new', key: 'missing', ends: 'NotFound' },
  { name: 'committed', key: 'missing', ends: 'NotFound' },
  { name: 'missing', key: 'missing', ends: 'NotFound' },
  { name: 'new', key: 'missing', parent: 'active', ends: 'NotFound' },
  { name: 'new', key: 'committed', ends: 'FailedPrecondition' },
  { name: 'committed', key: 'committed', ends: 'FailedPrecondition' },
  { name: 'active', key: 'committed', parent: 'missing', ends: 'FailedPrecondition' },
  { name: 'new', key: 'view', ends: 'FailedPrecondition' },
  { name: 'committed', key: 'view', ends: 'FailedPrecondition' },
  { name: 'new', key: 'attached', ends: 'FailedPrecondition' },
  { name: 'committed', key: 'attached', ends: 'FailedPrecondition' },
  { name: 'new', key: 'attached', parent: 'missing', ends: 'FailedPrecondition' },
  { name: 'committed', key: 'active', ends: 'AlreadyExists' },
  { name: 'view', key: 'active', ends: 'AlreadyExists' },
  { name: 'active', key: 'active', ends: 'AlreadyExists' },
  { name: 'attached', key: 'active', ends: 'AlreadyExists' },
  { name: 'committed', key: 'child', parent: 'other', ends: 'AlreadyExists' },
  { name: 'committed', key: 'active', parent: 'missing', ends: 'AlreadyExists' },
  { name: 'new', key: 'child', parent: 'other', ends: 'InvalidArgument' },
  { name: 'new', key: 'child', parent: 'missing', ends: 'InvalidArgument' },
  { name: 'new', key: 'child', parent: 'child', ends: 'InvalidArgument' },
  { name: 'new', key: 'active', parent: 'new', ends: 'InvalidArgument' },
  { name: 'new', key: 'active', parent: 'active', ends: 'NotFound' },
  { name: 'new', key: 'active', parent: 'missing', ends: 'NotFound' },
  { name: 'new', key: 'active', parent: 'attached', ends: 'FailedPrecondition' },
  { name: 'new', key: 'active', parent: 'view', ends: 'FailedPrecondition' },
]

const populate = async (snapshotter: PromiseSnapshotter): Promise<void> => {
  await oneOfEach(snapshotter)
  await committed(snapshotter, 'other')
  await snapshotter.prepare('child', { parent: 'committed' })
  await snapshotter.prepare('attached')
  await snapshotter.attach('attached')
}

const order = snapshotterCase('commit/order of checks', async (snapshotter) => {
  await populate(snapshotter)
  for (const { name, key, parent = '', ends } of traps) {
    const what = `commit ${key} as ${name} on "${parent}"`
    await recordsNothing(what, snapshotter, async () => {
      const refusal = await rejects(what, snapshotter.commit(name, key, { parent }), ends)
      if (ends === 'InvalidArgument') equal(`${what}: field`, refusal.field, 'parent')
    })
  }
})

const malformedFirst = snapshotterCase(
  'commit/malformed input is refused before anything is looked up',
  async (snapshotter) => {
    await invalid('an empty name', snapshotter.commit('', 'missing'), 'name')
    await invalid('an empty key', snapshotter.commit('name', ''), 'key')
    await invalid('a NUL in the name', snapshotter.commit('a\0', 'missing'), 'name')
    await invalid('a NUL in the parent', snapshotter.commit('name', 'missing', { parent: '\0' }), 'parent')
    const labels = { a: 'x'.repeat(4_096) }
    await invalid('a large label', snapshotter.commit('name', 'missing', { labels }), 'labels.a')
  },
)

const harmless = snapshotterCase('commit/a refused commit leaves the snapshot as it was', async (snapshotter) => {
  await committed(snapshotter, 'taken')
  await snapshotter.prepare('key')
  await writeInto(snapshotter, 'key', 'kept', 'kept')
  await rejects('commit to a taken name', snapshotter.commit('taken', 'key'), 'AlreadyExists')
  const { files } = await snapshotter.attach('key')
  equal('files', await files.list(''), ['kept'])
  await files.write('more', '')
  await snapshotter.detach('key')
  await snapshotter.commit('name', 'key')
})

const result = snapshotterCase('commit/what is recorded', async (snapshotter) => {
  const base = await committed(snapshotter, 'base')
  const id = idOf(await snapshotter.prepare('key', { parent: 'base', labels: { lost: '1', changed: '1' } }))
  const active = await snapshotter.stat('key')
  await snapshotter.commit('name', 'key', { labels: { changed: '2', added: '3', dropped: '' } })
  const { created, updated, ...rest } = await snapshotter.stat('name')
  equal('info', rest, { name: 'name', kind: 'Committed', parent: 'base', labels: { changed: '2', added: '3' } })
  equal('updated', updated, created)
  ok('created was set anew', created > active.created, { before: active.created, after: created })
  equal('ids', parentIdsOf(await snapshotter.view('look', { parent: 'name' })), [id, base])
  await rejects('stat of the key', snapshotter.stat('key'), 'NotFound')
  await rejects('mounts of the name', snapshotter.mounts('name'), 'FailedPrecondition')
  await snapshotter.prepare('key')
  await snapshotter.remove('key')
  await committed(snapshotter, 'bare')
  equal('labels of a commit without any', (await snapshotter.stat('bare')).labels, {})
})

const rebased = snapshotterCase('commit/a new parent counts as one', async (snapshotter) => {
  const base = await committed(snapshotter, 'base')
  const id = idOf(await snapshotter.prepare('key'))
  await writeInto(snapshotter, 'key', 'upper', 'u')
  await snapshotter.commit('name', 'key', { parent: 'base' })
  equal('parent', (await snapshotter.stat('name')).parent, 'base')
  await rejects('removing the new parent', snapshotter.remove('base'), 'FailedPrecondition', 'remove')
  equal('parents of a view', parentIdsOf(await snapshotter.view('look', { parent: 'name' })), [id, base])
  await snapshotter.remove('look')
  await snapshotter.remove('name')
  await snapshotter.remove('base')
  equal('what is left', await walkedNames(snapshotter), [])
})

const refusedRebase = snapshotterCase('commit/a refused new parent gains no child', async (snapshotter) => {
  await committed(snapshotter, 'base')
  await committed(snapshotter, 'other')
  await snapshotter.prepare('key', { parent: 'base' })
  await rejects('commit on another parent', snapshotter.commit('name', 'key', { parent: 'other' }), 'InvalidArgument')
  await snapshotter.remove('other')
})

const unpacked = snapshotterCase('commit/an unpack snapshot with nothing in it', async (snapshotter) => {
  const id = idOf(await snapshotter.prepare('extract-1'))
  await snapshotter.commit('name', 'extract-1')
  equal('kind', (await snapshotter.stat('name')).kind, 'Committed')
  equal('parents', parentIdsOf(await snapshotter.prepare('extract-2', { parent: 'name' })), [id])
})

/** Commit: what is refused, in which order, and what is recorded. */
export const commitCases: readonly SnapshotterCase[] = [
  order,
  malformedFirst,
  harmless,
  result,
  rebased,
  refusedRebase,
  unpacked,
]

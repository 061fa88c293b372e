import { equal, ok, rejects } from './assert.js'
import {
  committed,
  idOf,
  invalid,
  recordsNothing,
  type SnapshotterCase,
  snapshotterCase,
  walkedNames,
} from './fixtures.js'
import { sizeBytes } from './size-labels.js'
import type { PromiseSnapshotter } from './subject.js'

/** A snapshot of each kind, each named after its kind. */
export const oneOfEach = async (snapshotter: PromiseSnapshotter): Promise<void> => {
  await committed(snapshotter, 'committed')
  await snapshotter.prepare('active')
  await snapshotter.view('view', { parent: 'committed' })
}

type Trap = {
  readonly key: string
  readonly parent: string
  readonly ends: 'NotFound' | 'InvalidArgument' | 'AlreadyExists'
}

/** What is refused, and which of two reasons counts: the parent is looked at before the key. */
const traps: readonly Trap[] = [
  { key: 'new', parent: 'missing', ends: 'NotFound' },
  { key: 'active', parent: 'missing', ends: 'NotFound' },
  { key: 'committed', parent: 'missing', ends: 'NotFound' },
  { key: 'missing', parent: 'missing', ends: 'NotFound' },
  { key: 'new', parent: 'active', ends: 'InvalidArgument' },
  { key: 'new', parent: 'view', ends: 'InvalidArgument' },
  { key: 'active', parent: 'active', ends: 'InvalidArgument' },
  { key: 'view', parent: 'active', ends: 'InvalidArgument' },
  { key: 'committed', parent: 'view', ends: 'InvalidArgument' },
  { key: 'active', parent: '', ends: 'AlreadyExists' },
  { key: 'view', parent: '', ends: 'AlreadyExists' },
  { key: 'committed', parent: '', ends: 'AlreadyExists' },
  { key: 'active', parent: 'committed', ends: 'AlreadyExists' },
  { key: 'committed', parent: 'committed', ends: 'AlreadyExists' },
]

const trapCase = (verb: 'prepare' | 'view'): SnapshotterCase =>
  snapshotterCase(`${verb}/order of checks`, async (snapshotter) => {
    await oneOfEach(snapshotter)
    for (const { key, parent, ends } of traps)
      // A malformed size label is looked at last.
      for (const labels of [{}, { [sizeBytes]: 'malformed' }]) {
        const what = `${verb} ${key} on "${parent}" with ${JSON.stringify(labels)}`
        await recordsNothing(what, snapshotter, async () => {
          const refusal = await rejects(what, snapshotter[verb](key, { parent, labels }), ends)
          if (ends === 'InvalidArgument') equal(`${what}: field`, refusal.field, 'parent')
        })
      }
  })

const malformedFirst = (verb: 'prepare' | 'view'): SnapshotterCase =>
  snapshotterCase(`${verb}/malformed input is refused before anything is looked up`, async (snapshotter) => {
    await oneOfEach(snapshotter)
    const large = { a: 'x'.repeat(4_096) }
    await invalid('an empty key on a missing parent', snapshotter[verb]('', { parent: 'missing' }), 'key')
    await invalid('a NUL on a missing parent', snapshotter[verb]('a\0', { parent: 'missing' }), 'key')
    await invalid('a large label of a taken key', snapshotter[verb]('active', { labels: large }), 'labels.a')
    await invalid(
      'a large label on a missing parent',
      snapshotter[verb]('x', { parent: 'missing', labels: large }),
      'labels.a',
    )
  })

const info = (verb: 'prepare' | 'view', kind: 'Active' | 'View'): SnapshotterCase =>
  snapshotterCase(`${verb}/what is recorded`, async (snapshotter) => {
    await committed(snapshotter, 'base', { labels: { of: 'base' } })
    await snapshotter[verb]('key', { parent: 'base', labels: { a: '1', 'b/c': 'é 層', dropped: '' } })
    const { created, updated, ...rest } = await snapshotter.stat('key')
    equal('info', rest, { name: 'key', kind, parent: 'base', labels: { a: '1', 'b/c': 'é 層' } })
    equal('updated', updated, created)
    ok('it is later than its parent', created > (await snapshotter.stat('base')).created, created)
    await snapshotter[verb]('alone', { parent: '' })
    equal('the parent of one made on ""', (await snapshotter.stat('alone')).parent, '')
  })

/** Keys are opaque and compared exactly. */
const oddKeys: readonly string[] = [
  ' ',
  'a',
  'A',
  'a ',
  'a/b',
  'a\\b',
  'C:\\a',
  '.',
  '..',
  'rm-1',
  '1',
  'é',
  'e\u0301',
  '\u{1F600}',
  '\n',
  'sha256:0123',
  'constructor',
  'toString',
  'hasOwnProperty',
  'x'.repeat(4_096),
  'é'.repeat(2_048),
]

const opaque = snapshotterCase('prepare/keys are opaque', async (snapshotter) => {
  const ids = new Set<string>()
  for (const key of oddKeys) {
    await rejects(`stat of ${key}, not made yet`, snapshotter.stat(key), 'NotFound')
    ids.add(idOf(await snapshotter.prepare(key, { labels: { [key.slice(0, 100)]: key.slice(0, 100) } })))
    equal('name', (await snapshotter.stat(key)).name, key)
    equal('labels', (await snapshotter.stat(key)).labels, { [key.slice(0, 100)]: key.slice(0, 100) })
  }
  equal('different ids', ids.size, oddKeys.length)
  equal('what a walk shows', await walkedNames(snapshotter), [...oddKeys].sort())
  for (const key of oddKeys) await snapshotter.remove(key)
  equal('what is left', await walkedNames(snapshotter), [])
})

const ids = snapshotterCase('prepare/ids count up and are never used again', async (snapshotter) => {
  const first = Number(idOf(await snapshotter.prepare('one')))
  equal('the second id', Number(idOf(await snapshotter.view('two'))), first + 1)
  await snapshotter.commit('three', 'one')
  await snapshotter.remove('two')
  await snapshotter.cleanup()
  await rejects('a prepare that is refused', snapshotter.prepare('three'), 'AlreadyExists')
  equal('the third id', Number(idOf(await snapshotter.prepare('two'))), first + 2)
})

/** Prepare and View: what is refused, in which order, and what is recorded. */
export const creationCases: readonly SnapshotterCase[] = [
  trapCase('prepare'),
  trapCase('view'),
  malformedFirst('prepare'),
  malformedFirst('view'),
  info('prepare', 'Active'),
  info('view', 'View'),
  opaque,
  ids,
]

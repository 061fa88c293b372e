import type { Intent } from '../src/model/intent.js'
import { equal, ok, rejects } from './assert.js'
import { committed, recordsOf, type SnapshotterCase, snapshotterCase, walkedNames } from './fixtures.js'
import type { PromiseSnapshotter } from './subject.js'

/** Does `act` and answers what `probe` found when the first intent of that type started. */
export const whilePending = async <T>(
  snapshotter: PromiseSnapshotter,
  type: Intent['type'],
  act: () => Promise<unknown>,
  probe: (intent: Intent) => Promise<T>,
): Promise<T> => {
  const probes: Promise<{ readonly value: T } | { readonly error: unknown }>[] = []
  const subscription = snapshotter.intents$.subscribe((intent) => {
    if (intent.type !== type || probes.length > 0) return
    const settled = probe(intent).then(
      (value) => ({ value }),
      (error: unknown) => ({ error }),
    )
    probes.push(settled)
  })
  await act()
  subscription.unsubscribe()
  const found = await probes[0]
  if (found === undefined) throw new Error(`expected intents$ to show ${type}, found nothing`)
  if ('error' in found) throw found.error
  return found.value
}

const duringPrepare = snapshotterCase('pending/a prepare', async (snapshotter) => {
  await committed(snapshotter, 'base')
  await whilePending(
    snapshotter,
    'CreateLayer',
    () => snapshotter.prepare('key', { parent: 'base' }),
    async (intent) => {
      const [stat, mounts, names, outstanding, removal] = [
        rejects('stat', snapshotter.stat('key'), 'NotFound'),
        rejects('mounts', snapshotter.mounts('key'), 'NotFound'),
        walkedNames(snapshotter),
        snapshotter.outstanding(),
        rejects('a removal of the parent', snapshotter.remove('base'), 'FailedPrecondition', 'remove snapshot base'),
      ]
      await Promise.all([stat, mounts, removal])
      equal('walk', await names, ['base'])
      equal('outstanding', await outstanding, [{ intent, owed: false, attempts: 1, lastFault: null }])
    },
  )
  equal('kind afterwards', (await snapshotter.stat('key')).kind, 'Active')
})

const duringCommit = snapshotterCase('pending/a commit', async (snapshotter) => {
  const mounts = await snapshotter.prepare('key', { labels: { a: '1' } })
  const info = await snapshotter.stat('key')
  await whilePending(
    snapshotter,
    'SealLayer',
    () => snapshotter.commit('name', 'key'),
    async () => {
      const found = [snapshotter.stat('key'), snapshotter.mounts('key'), walkedNames(snapshotter)] as const
      await rejects('stat of the name', snapshotter.stat('name'), 'NotFound')
      equal('stat of the key', await found[0], info)
      equal('mounts of the key', await found[1], mounts)
      equal('walk', await found[2], ['key'])
    },
  )
  equal('names afterwards', await walkedNames(snapshotter), ['name'])
})

const duringRemove = snapshotterCase('pending/a removal', async (snapshotter) => {
  await snapshotter.prepare('key')
  const info = await snapshotter.stat('key')
  await whilePending(
    snapshotter,
    'RetireLayer',
    () => snapshotter.remove('key'),
    async () => equal('stat', await snapshotter.stat('key'), info),
  )
  equal('names afterwards', await walkedNames(snapshotter), [])
})

const duringAttach = snapshotterCase('pending/an attachment holds up no update and no child', async (snapshotter) => {
  await snapshotter.prepare('key')
  const blockers = await whilePending(
    snapshotter,
    'AttachLayer',
    () => snapshotter.attach('key'),
    async () => {
      const [update, removal] = [
        snapshotter.plan({ type: 'Update', name: 'key', labels: { a: '1' } }),
        snapshotter.plan({ type: 'Remove', key: 'key' }),
      ]
      return [(await update).blockers, (await removal).blockers.map((intent) => intent.type)]
    },
  )
  equal('what an update and a removal wait for', blockers, [[], ['AttachLayer']])
})

const stream = snapshotterCase('events$/every record, in order, before its caller is answered', async (snapshotter) => {
  const records = recordsOf(snapshotter)
  const typesAfter = async (act: () => Promise<unknown>): Promise<readonly string[]> => {
    const before = records.length
    await act()
    return records.slice(before).map((record) => record.type)
  }
  equal('prepare', await typesAfter(() => snapshotter.prepare('key', { by: 'me' })), ['PrepareAccepted', 'Prepared'])
  equal('attach', await typesAfter(() => snapshotter.attach('key')), ['AttachAccepted', 'Attached'])
  equal('detach', await typesAfter(() => snapshotter.detach('key')), ['DetachAccepted', 'Detached'])
  equal('update', await typesAfter(() => snapshotter.update({ name: 'key' })), ['Updated'])
  equal('commit', await typesAfter(() => snapshotter.commit('name', 'key')), ['CommitAccepted', 'Committed'])
  const removing = await typesAfter(() => snapshotter.remove('name'))
  equal('remove', removing.slice(0, 2), ['RemoveAccepted', 'Removed'])
  for (const [index, record] of records.entries()) {
    const before = records[index - 1]
    equal('number', record.seq, (records[0]?.seq ?? 0) + index)
    ok('times grow', before === undefined || record.at > before.at, [before?.at, record.at])
    ok('a hash of its own', /^[0-9a-f]{64}$/.test(record.hash) && record.hash !== before?.hash, record.hash)
  }
  const [accepted, prepared] = records
  equal('cause of the acceptance', accepted?.cause, { id: String(accepted?.seq), by: 'me' })
  equal('cause of what followed', prepared?.cause, { id: String(accepted?.seq) })
})

/** What is seen while an intent is under way, and the stream of records. */
export const pendingCases: readonly SnapshotterCase[] = [
  duringPrepare,
  duringCommit,
  duringRemove,
  duringAttach,
  stream,
]

import { nanosecondsOf } from '../src/model/time.js'
import type { Info } from '../src/model/snapshot.js'
import { equal, ok, rejects } from './assert.js'
import { committed, onlyMount, type SnapshotterCase, snapshotterCase, walked, walkedNames } from './fixtures.js'
import type { PromiseSnapshotter, SnapshotterSubject } from './subject.js'

export const gcRoot = 'containerd.io/gc.root'
/** The labels that the field's suite gives to every snapshot. */
export const kept = { labels: { [gcRoot]: '2024-01-01T00:00:00Z' } }

/** A key as the field's suite makes them: an absolute path of the host. */
export const workKey = ({ layout }: SnapshotterSubject, name: string): string =>
  [layout.root, 'work', name].join(layout.separator)

const fields = ({ kind, name, parent }: Info): Pick<Info, 'kind' | 'name' | 'parent'> => ({ kind, name, parent })

const attachOnce = async (snapshotter: PromiseSnapshotter, key: string, file?: string): Promise<void> => {
  const { files } = await snapshotter.attach(key)
  if (file !== undefined) await files.write(file, `${file}\n`)
  await snapshotter.detach(key)
}

const statActive = snapshotterCase('StatActive', async (snapshotter, subject) => {
  const key = workKey(subject, 'preparing')
  onlyMount(await snapshotter.prepare(key, kept))
  await attachOnce(snapshotter, key)
  equal('stat', fields(await snapshotter.stat(key)), { kind: 'Active', name: key, parent: '' })
})

const statCommitted = snapshotterCase('StatComitted', async (snapshotter, subject) => {
  const key = workKey(subject, 'preparing')
  const name = workKey(subject, 'committed')
  await snapshotter.prepare(key, kept)
  await attachOnce(snapshotter, key)
  await snapshotter.commit(name, key, kept)
  equal('stat', fields(await snapshotter.stat(name)), { kind: 'Committed', name, parent: '' })
})

const transitivity = snapshotterCase('TransitivityTest', async (snapshotter, subject) => {
  const snapA = workKey(subject, 'snapA')
  const snapB = workKey(subject, 'snapB')
  const preparing = workKey(subject, 'preparing')
  await snapshotter.prepare(preparing, kept)
  await attachOnce(snapshotter, preparing, 'foo')
  await snapshotter.commit(snapA, preparing, kept)
  await snapshotter.prepare(preparing, { ...kept, parent: snapA })
  await attachOnce(snapshotter, preparing, 'foo')
  await snapshotter.commit(snapB, preparing, kept)
  equal('the parent of snapA', (await snapshotter.stat(snapA)).parent, '')
  const { parent } = await snapshotter.stat(snapB)
  equal('the parent of snapB', parent, snapA)
  equal('the parent of the parent of snapB', (await snapshotter.stat(parent)).parent, '')
})

const prepareViewFailing = snapshotterCase('PreareViewFailingtest', async (snapshotter, subject) => {
  const parent = workKey(subject, 'snapA')
  const key = (name: string): string => workKey(subject, name)
  await committed(snapshotter, parent, kept)
  const under = { ...kept, parent }
  await snapshotter.prepare(key('k1'), under)
  await rejects('a view under a prepared key', snapshotter.view(key('k1'), under), 'AlreadyExists', key('k1'))
  await snapshotter.prepare(key('k2'), under)
  await rejects('a second prepare', snapshotter.prepare(key('k2'), under), 'AlreadyExists', key('k2'))
  await snapshotter.view(key('k3'), under)
  await rejects('a second view', snapshotter.view(key('k3'), under), 'AlreadyExists', key('k3'))
})

type Timed = { readonly name: string; readonly from: bigint; readonly to: bigint }

const isBetween = (what: string, time: string, from: bigint, to: bigint): void => {
  ok(`${what} is RFC 3339 in UTC with nine digits`, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z$/.test(time), time)
  const at = nanosecondsOf(time)
  // A nanosecond later for each record that the clock stood still for.
  ok(`${what} lies between the caller's times`, from <= at && at <= to + 1_000n, { from, at, to })
}

/** The rows U1 to U5 of the field's Update test, each from what the row before answered. */
const updateRows = async (
  { snapshotter, now }: SnapshotterSubject,
  { name, from, to }: Timed,
  expected: Pick<Info, 'kind' | 'name' | 'parent'>,
): Promise<void> => {
  const first = await snapshotter.stat(name)
  equal(`${name} at first`, fields(first), expected)
  equal(`${name}: updated at first`, first.updated, first.created)
  isBetween(`${name}: created`, first.created, from, to)

  const root = { [gcRoot]: '2024-01-01T00:00:00Z' }
  const given = { l1: 'v1', l2: 'v2', l3: 'v3', ...root }
  const before = now()
  const second = await snapshotter.update({ ...first, parent: 'doesnotexist', labels: given } as Info)
  isBetween(`${name}: updated`, second.updated, before, now())
  equal(`${name}: created after an update`, second.created, first.created)
  equal(`${name} after an update`, fields(second), expected)
  equal(`${name}: labels that replace all`, second.labels, given)
  equal(`${name}: stat after an update`, await snapshotter.stat(name), second)

  const some = { ...second, labels: { l1: 'updated', l4: 'v4' } }
  const third = await snapshotter.update(some, ['labels.l1', 'labels.l2'])
  equal(`${name}: single labels`, third.labels, { l1: 'updated', l3: 'v3', ...root })

  const fourth = await snapshotter.update({ ...third, labels: { l4: 'v4', ...root } }, ['labels'])
  equal(`${name}: the path labels`, fourth.labels, { l4: 'v4', ...root })

  const moved = { ...fourth, parent: 'doesnotexist' }
  await rejects(`${name}: the path parent`, snapshotter.update(moved, ['parent']), 'InvalidArgument', 'paths[0]')
  equal(`${name} after a refused update`, await snapshotter.stat(name), fourth)
}

const update = snapshotterCase('Update', async (snapshotter, subject) => {
  const { now } = subject
  const timed = async (name: string, make: () => Promise<unknown>): Promise<Timed> => {
    const from = now()
    await make()
    return { name, from, to: now() }
  }
  const make = {
    c1: await timed('c1', () => committed(snapshotter, 'c1', { ...kept, key: 'c1-a' })),
    c2: await timed('c2', () => committed(snapshotter, 'c2', { ...kept, key: 'c2-a', parent: 'c1' })),
    a1: await timed('a1', () => snapshotter.prepare('a1', { ...kept, parent: 'c2' })),
    a2: await timed('a2', () => snapshotter.prepare('a2', kept)),
    v1: await timed('v1', () => snapshotter.view('v1', { ...kept, parent: 'c2' })),
    v2: await timed('v2', () => snapshotter.view('v2', kept)),
  }
  await updateRows(subject, make.c1, { kind: 'Committed', name: 'c1', parent: '' })
  await updateRows(subject, make.c2, { kind: 'Committed', name: 'c2', parent: 'c1' })
  await updateRows(subject, make.a1, { kind: 'Active', name: 'a1', parent: 'c2' })
  await updateRows(subject, make.a2, { kind: 'Active', name: 'a2', parent: '' })
  await updateRows(subject, make.v1, { kind: 'View', name: 'v1', parent: 'c2' })
  await updateRows(subject, make.v2, { kind: 'View', name: 'v2', parent: '' })
})

const remove = snapshotterCase('Remove', async (snapshotter) => {
  await snapshotter.prepare('committed-a', kept)
  await snapshotter.commit('committed-1', 'committed-a', kept)
  await snapshotter.prepare('reuse-1', { ...kept, parent: 'committed-1' })
  await snapshotter.remove('reuse-1')
  await snapshotter.view('reuse-1', { ...kept, parent: 'committed-1' })
  await snapshotter.remove('reuse-1')
  await snapshotter.prepare('reuse-1', kept)
  await snapshotter.remove('committed-1')
  await snapshotter.commit('committed-1', 'reuse-1', kept)
  equal('what is left', await walkedNames(snapshotter), ['committed-1'])
})

const checkWalk = { [gcRoot]: 'check-walk' }
const withL = (l: string) => ({ ...checkWalk, l })
const ofCheckWalk = `labels."${gcRoot}"==check-walk`

/** The filters of the field's Walk test, and the names they find. */
const walks: readonly (readonly [filters: readonly string[], names: readonly string[]])[] = [
  [[ofCheckWalk], ['a', 'a-np', 'a-np-wl', 'a-wl', 'p', 'p-wl', 'v', 'v-wl']],
  [[`kind==active,${ofCheckWalk}`], ['a', 'a-np', 'a-np-wl', 'a-wl']],
  [[`kind==view,${ofCheckWalk}`], ['v', 'v-wl']],
  [[`kind==committed,${ofCheckWalk}`], ['p', 'p-wl']],
  [
    ['name==p', 'name==a-np-wl'],
    ['a-np-wl', 'p'],
  ],
  [['name==a-wl,labels.l'], ['a-wl']],
  [['parent==p'], ['a', 'v']],
  [[`parent!="",${ofCheckWalk}`], ['a', 'a-wl', 'v', 'v-wl']],
  [['labels.l'], ['a-np-wl', 'a-wl', 'p-wl', 'v-wl']],
  [['labels.l==2'], ['a-np-wl', 'a-wl']],
]

const walk = snapshotterCase('Walk', async (snapshotter) => {
  await snapshotter.prepare('a-np', { labels: checkWalk })
  await committed(snapshotter, 'p', { labels: checkWalk })
  await snapshotter.prepare('a', { parent: 'p', labels: checkWalk })
  await snapshotter.view('v', { parent: 'p', labels: checkWalk })
  await committed(snapshotter, 'p-wl', { labels: withL('1') })
  await snapshotter.prepare('a-wl', { parent: 'p-wl', labels: withL('2') })
  await snapshotter.view('v-wl', { parent: 'p-wl', labels: withL('3') })
  await snapshotter.prepare('a-np-wl', { labels: withL('2') })
  for (const [filters, names] of walks)
    equal(`walk ${JSON.stringify(filters)}`, await walkedNames(snapshotter, filters), names)
})

const removeIntermediate = snapshotterCase('RemoveIntermediateSnapshot', async (snapshotter, subject) => {
  const key = (name: string): string => workKey(subject, name)
  await snapshotter.prepare(key('base'), kept)
  await attachOnce(snapshotter, key('base'))
  await snapshotter.commit(key('committed-base'), key('base'), kept)
  await committed(snapshotter, key('committed-inter'), { ...kept, key: key('inter'), parent: key('committed-base') })
  await snapshotter.prepare(key('toplayer'), { ...kept, parent: key('committed-inter') })
  await rejects('removing a parent', snapshotter.remove(key('committed-inter')), 'FailedPrecondition', 'remove')
  await snapshotter.remove(key('toplayer'))
  await snapshotter.remove(key('committed-inter'))
  await snapshotter.remove(key('committed-base'))
  equal('what is left', await walkedNames(snapshotter), [])
})

const statInWalk = snapshotterCase('StatInWalk', async (snapshotter) => {
  const of = (name: string): string => `stats-in-walk-${name}`
  await committed(snapshotter, of('c1'), kept)
  await committed(snapshotter, of('c2'), { ...kept, parent: of('c1') })
  await snapshotter.prepare(of('a1'), { ...kept, parent: of('c2') })
  await snapshotter.view(of('v1'), { ...kept, parent: of('c2') })
  let seen = 0
  for await (const info of snapshotter.walk()) {
    equal(`stat of ${info.name} inside the walk`, await snapshotter.stat(info.name), info)
    seen++
  }
  equal('snapshots walked', seen, (await walked(snapshotter)).length)
  equal('snapshots made', seen, 4)
})

const closeTwice = snapshotterCase('CloseTwice', async (snapshotter) => {
  await committed(snapshotter, 'once', kept)
  await snapshotter.remove('once')
  await snapshotter.close()
  await snapshotter.close()
})

/** The field's own suite: the cases whose assertions are about metadata. */
export const fieldMetadataCases: readonly SnapshotterCase[] = [
  statActive,
  statCommitted,
  transitivity,
  prepareViewFailing,
  update,
  remove,
  walk,
  removeIntermediate,
  statInWalk,
  closeTwice,
]

import { nanosecondsOf } from '../src/model/time.js'
import type { Info, Mount } from '../src/model/snapshot.js'
import { equal, ok, rejects } from './assert.js'
import {
  committed,
  idOf,
  onlyMount,
  parentIdsOf,
  recordsOf,
  type SnapshotterCase,
  snapshotterCase,
  walked,
} from './fixtures.js'
import type { PromiseSnapshotter, SnapshotterSubject } from './subject.js'

type Expected = Pick<Info, 'kind' | 'name' | 'parent'>

/** What the metastore's tests start from, in the order of creation. */
const base: readonly Expected[] = [
  { kind: 'Committed', name: 'committed-1', parent: '' },
  { kind: 'Committed', name: 'committed-2', parent: 'committed-1' },
  { kind: 'Active', name: 'active-1', parent: '' },
  { kind: 'Active', name: 'active-2', parent: 'committed-1' },
  { kind: 'Active', name: 'active-3', parent: 'committed-2' },
  { kind: 'View', name: 'view-1', parent: '' },
  { kind: 'View', name: 'view-2', parent: 'committed-2' },
]

/** Makes the snapshots of `base` and answers their ids by name. */
const populate = async (snapshotter: PromiseSnapshotter): Promise<ReadonlyMap<string, string>> => {
  const ids = new Map<string, string>()
  for (const { kind, name, parent } of base) {
    if (kind === 'Committed') ids.set(name, await committed(snapshotter, name, { parent }))
    else if (kind === 'Active') ids.set(name, idOf(await snapshotter.prepare(name, { parent })))
    else ids.set(name, idOf(await snapshotter.view(name, { parent })))
  }
  return ids
}

const onBase = (
  name: string,
  body: (
    snapshotter: PromiseSnapshotter,
    ids: ReadonlyMap<string, string>,
    subject: SnapshotterSubject,
  ) => Promise<void>,
): SnapshotterCase =>
  snapshotterCase(`metastore/${name}`, async (snapshotter, subject) =>
    body(snapshotter, await populate(snapshotter), subject),
  )

const onEmpty = (name: string, body: (snapshotter: PromiseSnapshotter) => Promise<void>): SnapshotterCase =>
  snapshotterCase(`metastore/${name}`, body)

const halfMinute = 30_000_000_000n

const isAsExpected = (info: Info, expected: Expected, now: bigint): void => {
  const { created, updated, ...rest } = info
  equal(`info of ${expected.name}`, rest, { ...expected, labels: {} })
  for (const [field, time] of Object.entries({ created, updated })) {
    const age = now - nanosecondsOf(time)
    ok(`${expected.name} was ${field} within 30 s`, -halfMinute < age && age < halfMinute, time)
  }
}

const getInfo = onBase('GetInfo', async (snapshotter, _ids, { now }) => {
  for (const expected of base) isAsExpected(await snapshotter.stat(expected.name), expected, now())
})

const getInfoNotExist = onBase('GetInfoNotExist', async (snapshotter) => {
  await rejects('stat', snapshotter.stat('active-not-exist'), 'NotFound', 'active-not-exist')
})

const getInfoEmpty = onEmpty('GetInfoEmptyDB', async (snapshotter) => {
  await rejects('stat', snapshotter.stat('active-not-exist'), 'NotFound', 'active-not-exist')
})

const walk = onBase('Walk', async (snapshotter, _ids, { now }) => {
  const infos = await walked(snapshotter)
  equal(
    'names walked',
    infos.map((info) => info.name),
    base.map((expected) => expected.name).sort(),
  )
  for (const expected of base) {
    const info = infos.find(({ name }) => name === expected.name)
    if (info !== undefined) isAsExpected(info, expected, now())
  }
})

const getSnapshot = onEmpty('GetSnapshot', async (snapshotter) => {
  await committed(snapshotter, 'committed-1')
  const made: Readonly<Record<string, readonly Mount[]>> = {
    'active-1': await snapshotter.prepare('active-1'),
    'active-2': await snapshotter.prepare('active-2', { parent: 'committed-1' }),
    'view-1': await snapshotter.view('view-1'),
    'view-2': await snapshotter.view('view-2', { parent: 'committed-1' }),
  }
  for (const [key, mounts] of Object.entries(made)) equal(`mounts of ${key}`, await snapshotter.mounts(key), mounts)
})

const getSnapshotNotExist = onBase('GetSnapshotNotExist', async (snapshotter) => {
  await rejects('mounts', snapshotter.mounts('active-not-exist'), 'NotFound', 'active-not-exist')
})

const getSnapshotCommitted = onBase('GetSnapshotCommitted', async (snapshotter) => {
  await rejects('mounts', snapshotter.mounts('committed-1'), 'FailedPrecondition', 'committed-1')
})

// On a populated store although the field calls it empty; the empty one is looked at, too.
const getSnapshotEmpty = onEmpty('GetSnapshotEmptyDB', async (snapshotter) => {
  await rejects('mounts on an empty store', snapshotter.mounts('active-not-exist'), 'NotFound', 'active-not-exist')
  await populate(snapshotter)
  await rejects('mounts', snapshotter.mounts('active-not-exist'), 'NotFound', 'active-not-exist')
})

const createActive = onEmpty('CreateActive', async (snapshotter) => {
  const active = idOf(await snapshotter.prepare('active-1'))
  const view = idOf(await snapshotter.view('view-1'))
  await snapshotter.commit('committed-1', 'active-1')
  const onCommitted = await snapshotter.prepare('active-3', { parent: 'committed-1' })
  const viewOnCommitted = await snapshotter.view('view-2', { parent: 'committed-1' })
  equal('parents of active-3: commit keeps the id', parentIdsOf(onCommitted), [active])
  equal('parents of view-2', parentIdsOf(viewOnCommitted), [active])
  const ids = [active, view, idOf(onCommitted), idOf(viewOnCommitted)]
  equal('different ids', new Set(ids).size, ids.length)
  const kinds = (await walked(snapshotter)).map(({ name, kind }) => `${name} ${kind}`)
  equal('kinds', kinds, ['active-3 Active', 'committed-1 Committed', 'view-1 View', 'view-2 View'])
})

const createActiveNotExist = onEmpty('CreateActiveNotExist', async (snapshotter) => {
  const parent = 'does-not-exist'
  await rejects('prepare', snapshotter.prepare('active-1', { parent }), 'NotFound', parent)
  await rejects('view', snapshotter.view('view-1', { parent }), 'NotFound', parent)
})

const createActiveExist = onBase('CreateActiveExist', async (snapshotter) => {
  for (const key of ['active-1', 'committed-1']) {
    await rejects(`prepare ${key}`, snapshotter.prepare(key), 'AlreadyExists', key)
    await rejects(`view ${key}`, snapshotter.view(key), 'AlreadyExists', key)
  }
})

const createActiveFromActive = onBase('CreateActiveFromActive', async (snapshotter) => {
  for (const parent of ['active-1', 'view-1']) {
    await rejects(`prepare on ${parent}`, snapshotter.prepare('new', { parent }), 'InvalidArgument', parent)
    await rejects(`view on ${parent}`, snapshotter.view('new', { parent }), 'InvalidArgument', parent)
  }
})

const commit = onEmpty('Commit', async (snapshotter) => {
  const id = idOf(await snapshotter.prepare('active-1'))
  await snapshotter.commit('committed-1', 'active-1')
  equal('id after the commit', parentIdsOf(await snapshotter.view('look', { parent: 'committed-1' })), [id])
  await rejects('mounts of the key', snapshotter.mounts('active-1'), 'NotFound', 'active-1')
  await rejects('mounts of the name', snapshotter.mounts('committed-1'), 'FailedPrecondition', 'committed-1')
})

const commitTaken = async (snapshotter: PromiseSnapshotter): Promise<void> => {
  await rejects('commit', snapshotter.commit('committed-1', 'active-1'), 'AlreadyExists', 'committed-1')
}

const commitCommitted = onBase('CommitCommitted', async (snapshotter) => {
  await rejects('commit', snapshotter.commit('committed-3', 'committed-1'), 'FailedPrecondition', 'committed-1')
})

const commitView = onBase('CommitViewFails', async (snapshotter) => {
  await rejects('commit', snapshotter.commit('committed-3', 'view-1'), 'FailedPrecondition', 'view-1')
})

const remove = onEmpty('Remove', async (snapshotter) => {
  const parent = 'committed-1'
  const committedId = await committed(snapshotter, parent)
  const first = idOf(await snapshotter.view('view-1', { parent }))
  const second = idOf(await snapshotter.view('view-2', { parent }))
  const records = recordsOf(snapshotter)
  await rejects('remove active-1', snapshotter.remove('active-1'), 'NotFound', 'remove')
  for (const [key, kind] of [
    ['view-2', 'View'],
    ['view-1', 'View'],
    [parent, 'Committed'],
  ] as const) {
    equal(`kind of ${key}`, (await snapshotter.stat(key)).kind, kind)
    await snapshotter.remove(key)
  }
  const removed = records.flatMap((record) =>
    record.type === 'Removed' ? [`${record.data.id} ${record.data.key}`] : [],
  )
  equal('records of removals', removed, [`${second} view-2`, `${first} view-1`, `${committedId} ${parent}`])
})

const removeNotExist = onEmpty('RemoveNotExist', async (snapshotter) => {
  await rejects('remove', snapshotter.remove('does-not-exist'), 'NotFound', 'remove')
})

const removeWithChildren = onBase('RemoveWithChildren', async (snapshotter) => {
  await rejects('remove', snapshotter.remove('committed-1'), 'FailedPrecondition', 'remove')
  await rejects('remove again', snapshotter.remove('committed-1'), 'FailedPrecondition', 'remove')
})

const parentIds = onBase('ParentIDs', async (snapshotter, ids) => {
  const chainOf = (name: string): readonly string[] => {
    const parent = base.find((expected) => expected.name === name)?.parent ?? ''
    return parent === '' ? [] : [ids.get(parent) ?? '', ...chainOf(parent)]
  }
  const depths: number[] = []
  for (const { kind, name } of base) {
    const isCommitted = kind === 'Committed'
    const mounts = isCommitted
      ? await snapshotter.view(`look-${name}`, { parent: name })
      : await snapshotter.mounts(name)
    const chain = isCommitted ? parentIdsOf(mounts).slice(1) : parentIdsOf(mounts)
    if (isCommitted) equal(`the nearest parent of a view of ${name}`, parentIdsOf(mounts)[0], ids.get(name))
    equal(`parents of ${name}, nearest first`, chain, chainOf(name))
    depths.push(chain.length)
  }
  equal('depths', depths, [0, 1, 0, 1, 2, 0, 2])
  equal('different ids', new Set(ids.values()).size, base.length)
})

type Rebasing = {
  readonly from: string
  readonly to: string
  readonly ends: 'committed-1' | 'NotFound' | 'FailedPrecondition'
}

/** Prepared on `from`, committed with `parent: to`. */
const rebasings: readonly Rebasing[] = [
  { from: '', to: 'committed-1', ends: 'committed-1' },
  { from: 'committed-1', to: 'committed-1', ends: 'committed-1' },
  { from: '', to: 'nonexist', ends: 'NotFound' },
  { from: 'committed-1', to: '', ends: 'committed-1' },
  { from: '', to: 'active-1', ends: 'FailedPrecondition' },
]

const rebase = onBase('Rebase', async (snapshotter, ids) => {
  for (const [index, { from, to, ends }] of rebasings.entries()) {
    const what = `prepared on "${from}", committed on "${to}"`
    const name = `rebased-${index}`
    const id = idOf(await snapshotter.prepare(`key-${index}`, { parent: from }))
    const committing = snapshotter.commit(name, `key-${index}`, { parent: to })
    if (ends !== 'committed-1') {
      await rejects(what, committing, ends, to)
      continue
    }
    await committing
    equal(`${what}: its parent`, (await snapshotter.stat(name)).parent, ends)
    const view = await snapshotter.view(`look-${index}`, { parent: name })
    equal(`${what}: parents of a view`, parentIdsOf(view), [id, ids.get(ends)])
    onlyMount(view)
    await rejects(`${what}: remove`, snapshotter.remove(name), 'FailedPrecondition', 'remove')
  }
})

/** The field's metastore suite, through the face: ids and parents' ids are read from mounts. */
export const metastoreCases: readonly SnapshotterCase[] = [
  getInfo,
  getInfoNotExist,
  getInfoEmpty,
  walk,
  getSnapshot,
  getSnapshotNotExist,
  getSnapshotCommitted,
  getSnapshotEmpty,
  createActive,
  createActiveNotExist,
  createActiveExist,
  createActiveFromActive,
  commit,
  onBase('CommitNotExist', commitTaken),
  onBase('CommitExist', commitTaken),
  commitCommitted,
  commitView,
  remove,
  removeNotExist,
  removeWithChildren,
  parentIds,
  rebase,
]

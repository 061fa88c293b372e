import type { Info, Labels } from '../src/model/snapshot.js'
import { equal, ok, rejects } from './assert.js'
import { oneOfEach } from './creation.js'
import { committed, invalid, recordsNothing, recordsOf, type SnapshotterCase, snapshotterCase } from './fixtures.js'
import { sizeBytes } from './size-labels.js'

/** One update of a snapshot whose labels are `a: 1`, `b: 2`, `x.y/z: 3`. */
export type UpdateRow = {
  readonly given?: Labels
  readonly paths?: readonly string[]
  readonly labels: Labels
}

const before: Labels = { a: '1', b: '2', 'x.y/z': '3' }

/** What an update makes of the labels. */
export const updateTable: readonly UpdateRow[] = [
  { given: { c: '9' }, labels: { c: '9' } },
  { given: { c: '9' }, paths: [], labels: { c: '9' } },
  { given: { c: '9' }, paths: ['labels'], labels: { c: '9' } },
  { given: {}, labels: {} },
  { labels: {} },
  { given: { a: '', c: '9' }, labels: { c: '9' } },
  { given: { '': '', c: '9' }, labels: { c: '9' } },
  { given: { a: '9', b: '9' }, paths: ['labels.a'], labels: { ...before, a: '9' } },
  { given: { c: '9' }, paths: ['labels.c'], labels: { ...before, c: '9' } },
  { given: {}, paths: ['labels.a'], labels: { b: '2', 'x.y/z': '3' } },
  { paths: ['labels.a'], labels: { b: '2', 'x.y/z': '3' } },
  { given: { a: '' }, paths: ['labels.a'], labels: { b: '2', 'x.y/z': '3' } },
  { given: {}, paths: ['labels.missing'], labels: before },
  { given: { 'x.y/z': '9' }, paths: ['labels.x.y/z'], labels: { ...before, 'x.y/z': '9' } },
  { given: { '"x.y/z"': '9' }, paths: ['labels."x.y/z"'], labels: { ...before, '"x.y/z"': '9' } },
  { given: { 'labels.a': '9' }, paths: ['labels.labels.a'], labels: { ...before, 'labels.a': '9' } },
  { given: { toString: '9' }, paths: ['labels.toString', 'labels.constructor'], labels: { ...before, toString: '9' } },
  { given: { a: '9' }, paths: ['labels.a', 'labels.b'], labels: { a: '9', 'x.y/z': '3' } },
  { given: { a: '9', c: '8' }, paths: ['labels.a', 'labels'], labels: { a: '9', c: '8' } },
  { given: { a: '9', c: '8' }, paths: ['labels', 'labels.b'], labels: { a: '9', c: '8' } },
  { given: { a: '9' }, paths: ['labels.a', 'labels.a'], labels: { ...before, a: '9' } },
]

const rows = snapshotterCase('update/what becomes of the labels', async (snapshotter) => {
  await oneOfEach(snapshotter)
  for (const { given, paths, labels } of updateTable)
    for (const name of ['active', 'view', 'committed']) {
      const what = `update ${name} with ${JSON.stringify(given)} at ${JSON.stringify(paths)}`
      const old = await snapshotter.update({ name, labels: before })
      const records = recordsOf(snapshotter)
      const found = await snapshotter.update(given === undefined ? { name } : { name, labels: given }, paths)
      equal(what, found, { ...old, labels, updated: found.updated })
      ok(`${what}: updated is later`, found.updated > old.updated, { before: old.updated, after: found.updated })
      equal(`${what}: stat`, await snapshotter.stat(name), found)
      equal(
        `${what}: records`,
        records.map((record) => record.type),
        ['Updated'],
      )
    }
})

const badPaths: readonly (readonly [paths: readonly string[], odd: number])[] = [
  [['parent'], 0],
  [['kind'], 0],
  [['name'], 0],
  [['created'], 0],
  [[''], 0],
  [['Labels'], 0],
  [['labelsx'], 0],
  [['labels.a', 'parent'], 1],
  [['labels', 'labels.a', 'x', 'y'], 2],
]

const refused = snapshotterCase('update/a bad field path undoes everything', async (snapshotter) => {
  await snapshotter.prepare('key', { labels: before })
  for (const [paths, odd] of badPaths) {
    const what = `update at ${JSON.stringify(paths)}`
    await recordsNothing(what, snapshotter, () =>
      invalid(what, snapshotter.update({ name: 'key', labels: { a: '9' } }, paths), `paths[${odd}]`),
    )
  }
})

const order = snapshotterCase('update/order of checks', async (snapshotter) => {
  const missing = { name: 'missing', labels: { a: '1' } }
  await rejects('a missing record and a bad path', snapshotter.update(missing, ['parent']), 'NotFound', 'missing')
  const malformed = { name: 'missing', labels: { a: 'x'.repeat(4_096) } }
  await invalid('a malformed label of a missing record', snapshotter.update(malformed), 'labels.a')
  await snapshotter.prepare('key')
  const unnamed = snapshotter.update({ ...malformed, name: 'key' }, ['labels.b'])
  await invalid('a malformed label that no path names', unnamed, 'labels.a')
  const withoutKey = { name: 'key', labels: { '': 'x' } }
  await invalid('a value under an empty key', snapshotter.update(withoutKey), 'labels')
})

const ignored = snapshotterCase('update/other fields of the info are ignored', async (snapshotter) => {
  await oneOfEach(snapshotter)
  const active = await snapshotter.stat('active')
  const given: Info = {
    name: 'active',
    kind: 'Committed',
    parent: 'doesnotexist',
    labels: { a: '1' },
    created: '1970-01-01T00:00:00.000000000Z',
    updated: '',
  }
  const after = await snapshotter.update(given)
  equal('info', after, { ...active, labels: { a: '1' }, updated: after.updated })
})

const limits = snapshotterCase('update/the limits hold for the labels that come out', async (snapshotter) => {
  const many = Object.fromEntries(Array.from({ length: 1_024 }, (_, index) => [`label ${index}`, 'x']))
  await snapshotter.prepare('key', { labels: many })
  const oneMore = { name: 'key', labels: { 'one more': 'x' } }
  await invalid('one label too many', snapshotter.update(oneMore, ['labels.one more']), 'labels')
  await invalid('a bad path counts first', snapshotter.update(oneMore, ['labels.one more', 'x']), 'paths[1]')
  const swapped = await snapshotter.update(oneMore, ['labels.one more', 'labels.label 0'])
  equal('number of labels after one came and one went', Object.keys(swapped.labels).length, 1_024)
})

const sizeLabels = snapshotterCase('update/a size label is a label like any other', async (snapshotter) => {
  await committed(snapshotter, 'base')
  await snapshotter.prepare('key', { parent: 'base' })
  const { labels } = await snapshotter.update({ name: 'key', labels: { [sizeBytes]: 'malformed' } })
  equal('labels', labels, { [sizeBytes]: 'malformed' })
})

/** Update, beyond the rows of the field's own suite. */
export const updateCases: readonly SnapshotterCase[] = [rows, refused, order, ignored, limits, sizeLabels]

import { layerPath } from '../src/model/layout.js'
import { parentLayerPathsOption } from '../src/model/mount-options.js'
import type { Mount, Profile, Purpose } from '../src/model/snapshot.js'
import { equal } from './assert.js'
import { committed, idOf, type SnapshotterCase, snapshotterCase } from './fixtures.js'
import type { PromiseSnapshotter, SnapshotterSubject } from './subject.js'

/** How one profile mounts one sort of snapshot. */
export type MountCell = {
  readonly type: Mount['type']
  /** Whether the source is the folder `Files` in the layer's directory. */
  readonly files: boolean
  /** What comes after `rw` or `ro`: the option with the parents' paths, the same with none, or nothing. */
  readonly parents: 'listed' | 'empty list' | 'no option'
}

/** One sort of snapshot and its mount in each profile. */
export type MountRow = {
  readonly kind: 'Active' | 'View'
  readonly hasParents: boolean
  readonly purpose: Purpose
  readonly mounts: Readonly<Record<Profile, MountCell>>
}

const ofParentless = (files: boolean): MountRow['mounts'] => ({
  bind: { type: 'bind', files, parents: 'empty list' },
  'windows-layer': { type: 'windows-layer', files: false, parents: 'no option' },
})
const listed: MountCell = { type: 'windows-layer', files: false, parents: 'listed' }
const withParents: MountRow['mounts'] = { bind: listed, 'windows-layer': listed }

/** Every sort of snapshot that can be mounted. */
export const mountTable: readonly MountRow[] = [
  { kind: 'Active', hasParents: false, purpose: 'scratch', mounts: ofParentless(true) },
  { kind: 'Active', hasParents: false, purpose: 'unpack', mounts: ofParentless(false) },
  { kind: 'Active', hasParents: true, purpose: 'scratch', mounts: withParents },
  { kind: 'Active', hasParents: true, purpose: 'unpack', mounts: withParents },
  { kind: 'View', hasParents: false, purpose: 'scratch', mounts: ofParentless(true) },
  { kind: 'View', hasParents: false, purpose: 'unpack', mounts: ofParentless(false) },
  { kind: 'View', hasParents: true, purpose: 'scratch', mounts: withParents },
  { kind: 'View', hasParents: true, purpose: 'unpack', mounts: withParents },
]

/** The mounts that a row asks for; `parents` are ids, nearest first. */
const mountsOf = (
  { kind, mounts }: MountRow,
  { layout, profile }: SnapshotterSubject,
  id: string,
  parents: readonly string[],
): readonly Mount[] => {
  const path = (layer: string): string => layerPath(layout, Number(layer))
  const cell = mounts[profile]
  const option = parentLayerPathsOption(cell.parents === 'listed' ? parents.map(path) : [])
  const access = kind === 'Active' ? 'rw' : 'ro'
  const source = cell.files ? `${path(id)}${layout.separator}Files` : path(id)
  return [{ type: cell.type, source, target: '', options: cell.parents === 'no option' ? [access] : [access, option] }]
}

const make = (snapshotter: PromiseSnapshotter, kind: MountRow['kind']) =>
  kind === 'Active' ? snapshotter.prepare : snapshotter.view

const cellCase = (row: MountRow): SnapshotterCase => {
  const { kind, hasParents, purpose } = row
  const name = `mounts/${kind}, ${hasParents ? 'with parents' : 'parentless'}, ${purpose}`
  return snapshotterCase(name, async (snapshotter, subject) => {
    const base = await committed(snapshotter, 'base')
    const middle = await committed(snapshotter, 'middle', { parent: 'base' })
    const mounts = await make(snapshotter, kind)('key', { purpose, parent: hasParents ? 'middle' : '' })
    const parents = hasParents ? [middle, base] : []
    equal('mounts when made', mounts, mountsOf(row, subject, idOf(mounts), parents))
    equal('mounts when asked for', await snapshotter.mounts('key'), mounts)
    const other = await make(snapshotter, kind)('other', { purpose, parent: hasParents ? 'middle' : '' })
    equal('mounts of another one', other, mountsOf(row, subject, idOf(other), parents))
    equal('different directories', new Set([base, middle, idOf(mounts), idOf(other)]).size, 4)
  })
}

const rowOf = (purpose: Purpose): MountRow => {
  const row = mountTable.find((one) => one.kind === 'Active' && !one.hasParents && one.purpose === purpose)
  if (row === undefined) throw new Error(`the mount table has no row for a parentless ${purpose}`)
  return row
}

/** Keys and the purpose that is read from them when none is given. */
const keys: readonly (readonly [key: string, purpose: Purpose])[] = [
  ['extract-123-AbCd sha256:0123', 'unpack'],
  ['demo/1/extract-841590099-tRzo sha256:0123', 'unpack'],
  ['my-extract-', 'unpack'],
  ['extract', 'scratch'],
  ['extractor/1/container', 'scratch'],
  ['Extract-1', 'scratch'],
  ['container', 'scratch'],
]

const inferred = snapshotterCase(
  'mounts/the purpose is read from the key when none is given',
  async (snapshotter, subject) => {
    for (const [key, purpose] of keys) {
      const mounts = await snapshotter.prepare(key)
      equal(`mounts of ${key}`, mounts, mountsOf(rowOf(purpose), subject, idOf(mounts), []))
    }
  },
)

const given = snapshotterCase('mounts/a given purpose wins over the key, for life', async (snapshotter, subject) => {
  const purposes = { 'extract-1': 'scratch', container: 'unpack' } as const
  for (const [key, purpose] of Object.entries(purposes)) {
    const mounts = await snapshotter.prepare(key, { purpose })
    const expected = mountsOf(rowOf(purpose), subject, idOf(mounts), [])
    equal(`mounts of ${key}`, mounts, expected)
    await snapshotter.update({ name: key, labels: { a: '1' } })
    equal(`mounts of ${key} after an update`, await snapshotter.mounts(key), expected)
  }
})

const order = snapshotterCase('mounts/parents are listed nearest first', async (snapshotter, subject) => {
  const ids: string[] = []
  for (const [index, name] of ['one', 'two', 'three', 'four'].entries())
    ids.unshift(await committed(snapshotter, name, { parent: ['', 'one', 'two', 'three'][index] ?? '' }))
  const row = mountTable.find((one) => one.kind === 'View' && one.hasParents)
  if (row === undefined) throw new Error('the mount table has no row for a view with parents')
  const mounts = await snapshotter.view('look', { parent: 'four' })
  equal('mounts', mounts, mountsOf(row, subject, idOf(mounts), ids))
})

/** Every cell of the mount table, for the profile of the subject. */
export const mountCases: readonly SnapshotterCase[] = [...mountTable.map(cellCase), inferred, given, order]

import type { EventOf, Recorded } from '../src/model/event.js'
import type { Labels, Profile } from '../src/model/snapshot.js'
import { equal, ok, rejects } from './assert.js'
import {
  committed,
  idOf,
  invalid,
  recordsNothing,
  recordsOf,
  type SnapshotterCase,
  snapshotterCase,
} from './fixtures.js'
import type { PromiseSnapshotter } from './subject.js'

/** Gibibytes, 32 bits; deprecated, but parsed first. */
export const sizeGb = 'containerd.io/snapshot/io.microsoft.container.storage.rootfs.size-gb'
/** Bytes, 64 bits; wins when both are well-formed. */
export const sizeBytes = 'containerd.io/snapshot/windows/rootfs.sizebytes'
/** Its presence asks for the scratch disk of a utility VM. */
export const utilityVm = 'containerd.io/snapshot/io.microsoft.vm.storage.scratch'

const gibibyte = 1n << 30n
const mebibyte = 1n << 20n

/** Labels and the size they ask for; `by` is the label that set it. */
export type SizeRow = { readonly labels: Labels; readonly bytes: bigint | null; readonly by: string | null }

/** Well-formed size labels. Every size fits a disk. */
export const sizeTable: readonly SizeRow[] = [
  { labels: {}, bytes: null, by: null },
  { labels: { [sizeGb]: '30' }, bytes: 30n * gibibyte, by: sizeGb },
  { labels: { [sizeGb]: '0030' }, bytes: 30n * gibibyte, by: sizeGb },
  { labels: { [sizeGb]: '1' }, bytes: gibibyte, by: sizeGb },
  { labels: { [sizeGb]: '0' }, bytes: null, by: sizeGb },
  { labels: { [sizeBytes]: '42949672960' }, bytes: 42_949_672_960n, by: sizeBytes },
  { labels: { [sizeBytes]: '00042949672960' }, bytes: 42_949_672_960n, by: sizeBytes },
  { labels: { [sizeBytes]: '42949672961' }, bytes: 42_949_672_961n, by: sizeBytes },
  { labels: { [sizeBytes]: '1' }, bytes: 1n, by: sizeBytes },
  { labels: { [sizeBytes]: '0' }, bytes: null, by: sizeBytes },
  { labels: { [sizeGb]: '30', [sizeBytes]: '42949672960' }, bytes: 42_949_672_960n, by: sizeBytes },
  { labels: { [sizeGb]: '50', [sizeBytes]: '1' }, bytes: 1n, by: sizeBytes },
  { labels: { [sizeGb]: '50', [sizeBytes]: '0' }, bytes: null, by: sizeBytes },
]

/** Values of either size label that are refused. */
export const malformedSizes: readonly string[] = [
  '',
  '+20',
  '-1',
  ' 20',
  '20 ',
  '20\n',
  '0x10',
  '1_000',
  '1,000',
  '20GB',
  '1e3',
  '20.0',
  '٢٠',
  'twenty',
  '18446744073709551616',
  '99999999999999999999999999',
]

const find = <T extends Recorded['type']>(records: readonly Recorded[], type: T, key: string): EventOf<T>['data'] => {
  const found = records.find((record) => record.type === type && 'key' in record.data && record.data.key === key)
  if (found === undefined) throw new Error(`expected a record ${type} of ${key}, found none`)
  return found.data as EventOf<T>['data']
}

/** Size of the scratch disk that a snapshot without labels gets: that of the base layer's template. */
const templateSize = async (snapshotter: PromiseSnapshotter, records: readonly Recorded[]): Promise<bigint> => {
  await snapshotter.prepare('plain', { parent: 'base' })
  const { effective } = find(records, 'Prepared', 'plain')
  ok('a scratch disk has a size in whole MiB', /^[1-9][0-9]*$/.test(effective ?? ''), effective)
  equal('the template is whole MiB', BigInt(effective ?? 0) % mebibyte, 0n)
  return BigInt(effective ?? 0)
}

const effectiveOf = (template: bigint, requested: bigint | null): string => {
  const rounded = (((requested ?? 0n) + mebibyte - 1n) / mebibyte) * mebibyte
  return String(rounded > template ? rounded : template)
}

const asked = (records: readonly Recorded[], key: string, row: SizeRow, template: bigint): void => {
  const what = `${key} with ${JSON.stringify(row.labels)}`
  const { scratch, labels } = find(records, 'PrepareAccepted', key)
  equal(`${what}: requested`, scratch?.requested, row.bytes === null ? null : String(row.bytes))
  equal(`${what}: requested by`, scratch?.requestedBy, row.by)
  equal(`${what}: utility VM`, scratch?.utilityVm, false)
  if (row.by === sizeGb)
    ok(`${what}: a note on the deprecated label`, scratch?.note?.includes(sizeGb) === true, scratch)
  if (!(sizeGb in row.labels)) equal(`${what}: note`, scratch?.note, null)
  equal(`${what}: labels`, labels, row.labels)
  equal(`${what}: effective`, find(records, 'Prepared', key).effective, effectiveOf(template, row.bytes))
}

type Creation = 'prepare' | 'view'

const honours = async (snapshotter: PromiseSnapshotter, kind: Creation): Promise<void> => {
  const records = recordsOf(snapshotter)
  await committed(snapshotter, 'base')
  const template = await templateSize(snapshotter, records)
  for (const [index, row] of sizeTable.entries()) {
    await snapshotter[kind](`key-${index}`, { parent: 'base', labels: row.labels })
    asked(records, `key-${index}`, row, template)
  }
}

const refuses = async (
  snapshotter: PromiseSnapshotter,
  kind: Creation,
  labels: Labels,
  label: string,
): Promise<void> => {
  const what = `${kind} with ${JSON.stringify(labels)}`
  await recordsNothing(what, snapshotter, () =>
    invalid(what, snapshotter[kind]('refused', { parent: 'base', labels }), `labels.${label}`),
  )
}

const refusesMalformed = async (snapshotter: PromiseSnapshotter, kind: Creation): Promise<void> => {
  await committed(snapshotter, 'base')
  const before = Number(idOf(await snapshotter.prepare('before', { parent: 'base' })))
  for (const value of malformedSizes) {
    await refuses(snapshotter, kind, { [sizeGb]: value }, sizeGb)
    await refuses(snapshotter, kind, { [sizeBytes]: value }, sizeBytes)
  }
  await refuses(snapshotter, kind, { [sizeGb]: '4294967296' }, sizeGb)
  await refuses(snapshotter, kind, { [sizeGb]: 'x', [sizeBytes]: '42949672960' }, sizeGb)
  await refuses(snapshotter, kind, { [sizeBytes]: 'x', [sizeGb]: '30' }, sizeBytes)
  await refuses(snapshotter, kind, { [sizeBytes]: 'x', [sizeGb]: 'y' }, sizeGb)
  equal('the id after the refusals', Number(idOf(await snapshotter.prepare('after', { parent: 'base' }))), before + 1)
}

const oneGibibyte = async (snapshotter: PromiseSnapshotter, given: readonly Labels[]): Promise<void> => {
  const records = recordsOf(snapshotter)
  await committed(snapshotter, 'base')
  const template = await templateSize(snapshotter, records)
  for (const [index, labels] of given.entries()) {
    const key = `view-${index}`
    await snapshotter.view(key, { parent: 'base', labels })
    const { scratch } = find(records, 'PrepareAccepted', key)
    equal(`${key}: requested`, scratch?.requested, '1073741824')
    ok(`${key}: requested by a rule`, ![null, undefined, sizeGb, sizeBytes].includes(scratch?.requestedBy), scratch)
    equal(`${key}: effective`, find(records, 'Prepared', key).effective, effectiveOf(template, gibibyte))
  }
}

/** How a view's size labels are taken, well-formed and malformed ones. */
const views: Readonly<
  Record<Profile, Readonly<Record<'good' | 'bad', (snapshotter: PromiseSnapshotter) => Promise<void>>>>
> = {
  bind: {
    good: (snapshotter) =>
      oneGibibyte(
        snapshotter,
        sizeTable.map((row) => row.labels),
      ),
    bad: (snapshotter) =>
      oneGibibyte(
        snapshotter,
        malformedSizes.map((size) => ({ [sizeGb]: size, [sizeBytes]: size })),
      ),
  },
  'windows-layer': {
    good: (snapshotter) => honours(snapshotter, 'view'),
    bad: (snapshotter) => refusesMalformed(snapshotter, 'view'),
  },
}

const unread = snapshotterCase('sizes/labels of snapshots without a scratch disk are not read', async (snapshotter) => {
  const records = recordsOf(snapshotter)
  await committed(snapshotter, 'base')
  const labels = { [sizeGb]: 'x', [sizeBytes]: '-1', [utilityVm]: '1' }
  await snapshotter.prepare('parentless', { labels })
  await snapshotter.view('parentless view', { labels })
  await snapshotter.prepare('unpack', { labels, parent: 'base', purpose: 'unpack' })
  await snapshotter.view('unpack view', { labels, parent: 'base', purpose: 'unpack' })
  for (const key of ['parentless', 'parentless view', 'unpack', 'unpack view']) {
    equal(`${key}: request`, find(records, 'PrepareAccepted', key).scratch, null)
    equal(`${key}: effective`, find(records, 'Prepared', key).effective, null)
    equal(`${key}: labels`, (await snapshotter.stat(key)).labels, labels)
  }
})

const notInherited = snapshotterCase('sizes/the labels of a parent set nothing', async (snapshotter) => {
  const records = recordsOf(snapshotter)
  await committed(snapshotter, 'base', { labels: { [sizeBytes]: '42949672960' } })
  await snapshotter.prepare('child', { parent: 'base' })
  equal('requested', find(records, 'PrepareAccepted', 'child').scratch?.requested, null)
})

/** Fails in the backend: the prepare is recorded as failed, its id is used up, its key is free. */
const fails = async (snapshotter: PromiseSnapshotter, parent: string, labels: Labels, part: string): Promise<void> => {
  const before = Number(idOf(await snapshotter.prepare('before')))
  await rejects('prepare', snapshotter.prepare('failing', { parent, labels }), 'BackendFault', part)
  await rejects('stat of what failed', snapshotter.stat('failing'), 'NotFound')
  const mounts = await snapshotter.prepare('failing')
  ok('the failed id is not used again', Number(idOf(mounts)) > before + 1, { before, after: idOf(mounts) })
  await snapshotter.cleanup()
  equal('what is owed after a cleanup', await snapshotter.outstanding(), [])
  await snapshotter.remove(parent)
}

const tooLarge = snapshotterCase('sizes/more than 64 TiB fails in the backend', async (snapshotter) => {
  await committed(snapshotter, 'base')
  await fails(snapshotter, 'base', { [sizeBytes]: String((64n << 40n) + 1n) }, '')
})

const noUtilityVm = snapshotterCase('sizes/a utility VM scratch needs a base with one', async (snapshotter) => {
  const records = recordsOf(snapshotter)
  await committed(snapshotter, 'base')
  await fails(snapshotter, 'base', { [utilityVm]: '' }, 'UtilityVM')
  equal('utility VM asked for', find(records, 'PrepareAccepted', 'failing').scratch?.utilityVm, true)
})

const noTemplate = snapshotterCase('sizes/a scratch needs a base with a template', async (snapshotter) => {
  await snapshotter.prepare('extract-base')
  await snapshotter.commit('base', 'extract-base')
  await fails(snapshotter, 'base', {}, 'blank.vhdx')
})

/** What labels ask of the scratch disk, and what comes of it. */
export const sizeCases: readonly SnapshotterCase[] = [
  snapshotterCase('sizes/labels of a prepare', (snapshotter) => honours(snapshotter, 'prepare')),
  snapshotterCase('sizes/malformed labels of a prepare', (snapshotter) => refusesMalformed(snapshotter, 'prepare')),
  snapshotterCase('sizes/labels of a view', (snapshotter, { profile }) => views[profile].good(snapshotter)),
  snapshotterCase('sizes/malformed labels of a view', (snapshotter, { profile }) => views[profile].bad(snapshotter)),
  unread,
  notInherited,
  tooLarge,
  noUtilityVm,
  noTemplate,
]

import type { Usage } from '../src/model/snapshot.js'
import { equal, ok } from './assert.js'
import { recordsOf, type SnapshotterCase, snapshotterCase, writeInto } from './fixtures.js'

const isUsage = (what: string, usage: Usage): void => {
  const { size, inodes, onDisk, scratch } = usage
  equal(`${what}: inodes`, inodes, 0)
  const isCount = (bytes: number): boolean => Number.isSafeInteger(bytes) && bytes >= 0
  ok(`${what}: whole numbers of bytes`, [size, onDisk, scratch].every(isCount), usage)
  ok(`${what}: the scratch disk is a part`, scratch <= size, usage)
}

const usage = snapshotterCase('usage/of each kind', async (snapshotter) => {
  await snapshotter.prepare('key')
  const fresh = await snapshotter.usage('key')
  isUsage('a new parentless snapshot', fresh)
  equal('its size', [fresh.size, fresh.scratch], [0, 0])
  const { files } = await snapshotter.attach('key')
  await files.write('folder/a', 'x'.repeat(1_000))
  await files.link('folder/a', 'b')
  equal('size while attached: that of the last detach', (await snapshotter.usage('key')).size, 0)
  await snapshotter.detach('key')
  const active = await snapshotter.usage('key')
  isUsage('a parentless snapshot', active)
  equal('its size: once per name', active.size, 2_000)
  equal('its scratch disk', active.scratch, 0)
  await snapshotter.attach('key').then((again) => again.files.write('c', 'x'))
  equal('size while attached again', (await snapshotter.usage('key')).size, 2_000)
  await snapshotter.detach('key')
  equal('size after another detach', (await snapshotter.usage('key')).size, 2_001)
  await snapshotter.commit('base', 'key')
  const base = await snapshotter.usage('base')
  isUsage('a committed snapshot', base)
  ok('a base layer holds more than the files', base.size > 2_000, base)

  await snapshotter.prepare('child', { parent: 'base' })
  const child = await snapshotter.usage('child')
  isUsage('a child', child)
  ok('a child has a scratch disk', child.scratch > 0, child)
  await snapshotter.view('view', { parent: 'base' })
  const view = await snapshotter.usage('view')
  ok('a view has one, too', view.scratch > 0, view)
  await snapshotter.prepare('extract-1', { parent: 'base' })
  const unpack = await snapshotter.usage('extract-1')
  equal('an unpack snapshot', [unpack.size, unpack.scratch], [0, 0])
  await writeInto(snapshotter, 'child', 'large', 'x'.repeat(1_000_000))
  await snapshotter.commit('top', 'child')
  const top = await snapshotter.usage('top')
  isUsage('a committed child', top)
  ok('it keeps its scratch disk', top.scratch > 0, top)
  const content = top.size - top.scratch
  ok('it counts its content once', content >= 1_000_000 && content < 1_900_000, top)
  equal('the parent is as it was', await snapshotter.usage('base'), base)
})

const recorded = snapshotterCase('usage/of a committed snapshot is what its commit recorded', async (snapshotter) => {
  const records = recordsOf(snapshotter)
  await snapshotter.prepare('key')
  await writeInto(snapshotter, 'key', 'a', 'x'.repeat(500))
  await snapshotter.commit('name', 'key')
  const found = records.flatMap((record) => (record.type === 'Committed' ? [record.data.usage] : []))
  equal('usage', [await snapshotter.usage('name')], found)
})

/** What snapshots take up. */
export const usageCases: readonly SnapshotterCase[] = [usage, recorded]

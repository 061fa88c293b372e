import { layerPath } from '../src/model/layout.js'
import type { Usage } from '../src/model/snapshot.js'
import { equal, ok, rejects } from './assert.js'
import { change, holds } from './content.js'
import { committed, idOf, recordsNothing, recordsOf, type SnapshotterCase, snapshotterCase } from './fixtures.js'
import type { PromiseFiles, PromiseSnapshotter } from './subject.js'

/** Attaches, writes, detaches. */
const write = async (snapshotter: PromiseSnapshotter, key: string, path: string, content: string): Promise<void> => {
  const { files } = await snapshotter.attach(key)
  await files.write(path, content)
  await snapshotter.detach(key)
}

const contentOf = async (files: PromiseFiles, path: string): Promise<string> =>
  new TextDecoder().decode(await files.read(path))

const refused = snapshotterCase('attach/what can not be attached', async (snapshotter) => {
  await committed(snapshotter, 'committed')
  await snapshotter.prepare('extract-1')
  await snapshotter.prepare('unpack', { purpose: 'unpack', parent: 'committed' })
  await snapshotter.view('unpack view', { purpose: 'unpack', parent: 'committed' })
  for (const key of ['committed', 'extract-1', 'unpack', 'unpack view'])
    await recordsNothing(`attach ${key}`, snapshotter, () =>
      rejects(`attach ${key}`, snapshotter.attach(key), 'FailedPrecondition', key),
    )
})

const twice = snapshotterCase('attach/again is the same, detaching again succeeds', async (snapshotter) => {
  await committed(snapshotter, 'base')
  for (const key of ['parentless', 'child', 'view']) {
    if (key === 'view') await snapshotter.view(key, { parent: 'base' })
    else await snapshotter.prepare(key, { parent: key === 'child' ? 'base' : '' })
    await recordsNothing('a detach of what was never attached', snapshotter, () => snapshotter.detach(key))
    const { path } = await snapshotter.attach(key)
    await recordsNothing('a second attach', snapshotter, async () =>
      equal('its path', (await snapshotter.attach(key)).path, path),
    )
    await snapshotter.detach(key)
    await recordsNothing('a second detach', snapshotter, () => snapshotter.detach(key))
    equal('path of a later attach', (await snapshotter.attach(key)).path, path)
    await snapshotter.detach(key)
  }
})

const inFiles = snapshotterCase(
  'attach/a parentless active snapshot is its own Files',
  async (snapshotter, { layout }) => {
    const id = Number(idOf(await snapshotter.prepare('key')))
    const { path } = await snapshotter.attach('key')
    equal('path', path, [layerPath(layout, id), 'Files'].join(layout.separator))
  },
)

const fenced = snapshotterCase(
  'attach/an attached snapshot is not committed but may be removed',
  async (snapshotter) => {
    await committed(snapshotter, 'base')
    await snapshotter.prepare('key', { parent: 'base' })
    const { files } = await snapshotter.attach('key')
    await files.write('lost', 'lost')
    await rejects('commit', snapshotter.commit('name', 'key'), 'FailedPrecondition', 'key')
    await snapshotter.update({ name: 'key', labels: { a: '1' } })
    await snapshotter.remove('key')
    await snapshotter.prepare('key', { parent: 'base' })
    const again = await snapshotter.attach('key')
    await holds('a new snapshot under the key', again.files, {})
  },
)

const afterDetach = snapshotterCase('files/after detach every call is FailedPrecondition', async (snapshotter) => {
  await committed(snapshotter, 'base')
  for (const parent of ['', 'base']) {
    const key = `key on "${parent}"`
    await snapshotter.prepare(key, { parent })
    const { files } = await snapshotter.attach(key)
    await files.write('a', 'a')
    await snapshotter.detach(key)
    const calls: Readonly<Record<string, () => Promise<unknown>>> = {
      read: () => files.read('a'),
      write: () => files.write('a', 'b'),
      list: () => files.list(''),
      stat: () => files.stat('a'),
      remove: () => files.remove('a'),
      rename: () => files.rename('a', 'b'),
      link: () => files.link('a', 'b'),
      symlink: () => files.symlink('a', 'b'),
    }
    for (const [verb, call] of Object.entries(calls)) await rejects(`${verb} in ${key}`, call(), 'FailedPrecondition')
    const again = await snapshotter.attach(key)
    await holds(`${key}, attached again`, again.files, { a: 'file a' })
  }
})

const fileRules = snapshotterCase('files/reading and writing', async (snapshotter) => {
  await snapshotter.prepare('key')
  const { files } = await snapshotter.attach('key')
  const bytes = Uint8Array.from({ length: 256 }, (_, byte) => byte)
  await files.write('deep/er/bytes', bytes)
  equal('bytes', new Uint8Array(await files.read('deep/er/bytes')), bytes)
  const { type, size } = await files.stat('deep/er/bytes')
  equal('stat of a file', { type, size }, { type: 'file', size: 256 })
  equal('type of a folder', (await files.stat('deep/er')).type, 'directory')
  equal('type of the root', (await files.stat('')).type, 'directory')
  await files.write('empty', '')
  equal('an empty file', (await files.read('empty')).length, 0)
  await files.write('empty', 'é 層')
  equal('text is UTF-8', (await files.stat('empty')).size, 6)
  await files.write('empty', 'short')
  equal('a file that was replaced', await contentOf(files, 'empty'), 'short')
  equal('names, sorted', await files.list(''), ['deep', 'empty'])
  await files.write('Z', '')
  await files.write('é', '')
  equal('names, sorted by code units', await files.list(''), ['Z', 'deep', 'empty', 'é'])
  await files.rename('Z', 'empty')
  equal('a file that a rename replaced', await contentOf(files, 'empty'), '')
  await files.remove('deep')
  equal('names after removing a folder', await files.list(''), ['empty', 'é'])
})

const links = snapshotterCase('files/links', async (snapshotter) => {
  await snapshotter.prepare('key')
  const first = await snapshotter.attach('key')
  await first.files.write('a', 'one')
  await first.files.write('folder/c', '')
  await first.files.link('a', 'folder/b')
  equal('a second name', await contentOf(first.files, 'folder/b'), 'one')
  await first.files.remove('a')
  equal('the second name after the first went', await contentOf(first.files, 'folder/b'), 'one')
  for (const target of ['folder/b', '../outside', 'nowhere']) {
    await first.files.symlink(target, `to ${target.replace('/', ' ')}`)
    const { type, target: found } = await first.files.stat(`to ${target.replace('/', ' ')}`)
    equal(`a symlink to ${target}`, { type, target: found }, { type: 'symlink', target })
  }
  await snapshotter.detach('key')
  await snapshotter.commit('name', 'key')
  await snapshotter.view('view', { parent: 'name' })
  const { files } = await snapshotter.attach('view')
  await holds('links in a child', files, {
    folder: 'directory',
    'folder/b': 'file one',
    'folder/c': 'file ',
    'to folder b': 'symlink folder/b',
    'to .. outside': 'symlink ../outside',
    'to nowhere': 'symlink nowhere',
  })
})

const fileErrors = snapshotterCase('files/what is missing, and what leaves the root', async (snapshotter) => {
  await snapshotter.prepare('key')
  const { files } = await snapshotter.attach('key')
  await files.write('a', 'a')
  await files.write('b/c', 'c')
  for (const path of ['missing', 'missing/deeper', 'b/missing']) {
    await rejects(`read ${path}`, files.read(path), 'NotFound')
    await rejects(`list ${path}`, files.list(path), 'NotFound')
    await rejects(`stat ${path}`, files.stat(path), 'NotFound')
    await rejects(`remove ${path}`, files.remove(path), 'NotFound')
    await rejects(`rename ${path}`, files.rename(path, 'x'), 'NotFound')
    await rejects(`link ${path}`, files.link(path, 'x'), 'NotFound')
  }
  for (const path of ['..', '../x', 'b/../../x', '/etc']) {
    await rejects(`read ${path}`, files.read(path), 'InvalidArgument')
    await rejects(`write ${path}`, files.write(path, ''), 'InvalidArgument')
    await rejects(`list ${path}`, files.list(path), 'InvalidArgument')
    await rejects(`stat ${path}`, files.stat(path), 'InvalidArgument')
    await rejects(`remove ${path}`, files.remove(path), 'InvalidArgument')
    await rejects(`rename to ${path}`, files.rename('a', path), 'InvalidArgument')
    await rejects(`link as ${path}`, files.link('a', path), 'InvalidArgument')
    await rejects(`symlink as ${path}`, files.symlink('a', path), 'InvalidArgument')
  }
  await holds('what is there', files, { a: 'file a', b: 'directory', 'b/c': 'file c' })
})

const apart = snapshotterCase('content/children and views are kept apart', async (snapshotter) => {
  await snapshotter.prepare('first')
  await write(snapshotter, 'first', 'shared/file', 'base')
  await snapshotter.commit('base', 'first')
  await snapshotter.prepare('a', { parent: 'base' })
  await snapshotter.prepare('b', { parent: 'base' })
  await snapshotter.view('view', { parent: 'base' })
  const [a, b, view] = [await snapshotter.attach('a'), await snapshotter.attach('b'), await snapshotter.attach('view')]
  await change(a.files, [
    { write: 'shared/file', content: 'a' },
    { write: 'mine', content: 'a' },
  ])
  await change(b.files, [{ remove: 'shared' }])
  const untouched = { shared: 'directory', 'shared/file': 'file base' }
  await holds('a', a.files, { mine: 'file a', shared: 'directory', 'shared/file': 'file a' })
  await holds('b', b.files, {})
  await holds('the view', view.files, untouched)
  for (const key of ['a', 'b', 'view']) await snapshotter.detach(key)
  await holds('b, attached again', (await snapshotter.attach('b')).files, {})
  await snapshotter.detach('b')
  await snapshotter.commit('c', 'a')
  await snapshotter.view('later', { parent: 'base' })
  await holds('a later view', (await snapshotter.attach('later')).files, untouched)
  await snapshotter.view('of c', { parent: 'c' })
  const ofC = { mine: 'file a', shared: 'directory', 'shared/file': 'file a' }
  await holds('a view of what was committed', (await snapshotter.attach('of c')).files, ofC)
})

const rebased = snapshotterCase('content/a layer that gained its parent at commit shows both', async (snapshotter) => {
  await snapshotter.prepare('one')
  await write(snapshotter, 'one', 'lower', 'l')
  await write(snapshotter, 'one', 'both', 'l')
  await snapshotter.commit('base', 'one')
  await snapshotter.prepare('two')
  await write(snapshotter, 'two', 'upper', 'u')
  await write(snapshotter, 'two', 'both', 'u')
  await snapshotter.commit('top', 'two', { parent: 'base' })
  await snapshotter.view('view', { parent: 'top' })
  const expected = { both: 'file u', lower: 'file l', upper: 'file u' }
  await holds('a view', (await snapshotter.attach('view')).files, expected)
})

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
  await snapshotter.commit('top', 'child')
  const top = await snapshotter.usage('top')
  isUsage('a committed child', top)
  ok('it keeps its scratch disk', top.scratch > 0, top)
  equal('the parent is as it was', await snapshotter.usage('base'), base)
})

const recorded = snapshotterCase('usage/of a committed snapshot is what its commit recorded', async (snapshotter) => {
  const records = recordsOf(snapshotter)
  await snapshotter.prepare('key')
  await write(snapshotter, 'key', 'a', 'x'.repeat(500))
  await snapshotter.commit('name', 'key')
  const found = records.flatMap((record) => (record.type === 'Committed' ? [record.data.usage] : []))
  equal('usage', [await snapshotter.usage('name')], found)
})

/** Attach, detach and usage; no content but what it takes to tell. */
export const attachmentCases: readonly SnapshotterCase[] = [refused, twice, inFiles, usage, recorded]

/** What attached snapshots hold. */
export const attachedContentCases: readonly SnapshotterCase[] = [
  fenced,
  afterDetach,
  fileRules,
  links,
  fileErrors,
  apart,
  rebased,
]

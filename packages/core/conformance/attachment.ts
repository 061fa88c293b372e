import { layerPath } from '../src/model/layout.js'
import { equal, rejects } from './assert.js'
import { type Change, change, changed, holds, type Tree } from './content.js'
import { committed, idOf, recordsNothing, type SnapshotterCase, snapshotterCase, writeInto } from './fixtures.js'
import type { PromiseFiles } from './subject.js'

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
    const { path, files } = await snapshotter.attach(key)
    await recordsNothing('a second attach', snapshotter, async () =>
      equal('its path', (await snapshotter.attach(key)).path, path),
    )
    await snapshotter.detach(key)
    await recordsNothing('a second detach', snapshotter, () => snapshotter.detach(key))
    equal('path of a later attach', (await snapshotter.attach(key)).path, path)
    await rejects(`${key}, read as it was attached before`, files.read('a'), 'FailedPrecondition')
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
  await first.files.symlink('..', 'up')
  await rejects('a write through a symlink', first.files.write('up/stray', ''), 'InvalidArgument', 'up')
  await rejects('a read through a symlink', first.files.read('up/varve.json'), 'InvalidArgument', 'up')
  await first.files.remove('up')
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
  await writeInto(snapshotter, 'first', 'shared/file', 'base')
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

const replaced = snapshotterCase('content/what was replaced does not come back', async (snapshotter) => {
  await snapshotter.prepare('first')
  await writeInto(snapshotter, 'first', 'a/hidden', 'base')
  await writeInto(snapshotter, 'first', 'b', 'base')
  await snapshotter.commit('base', 'first')
  await snapshotter.prepare('key', { parent: 'base' })
  const rounds: readonly (readonly Change[])[] = [
    [
      { remove: 'a' },
      { write: 'a', content: 'a file now' },
      { remove: 'b' },
      { make: 'b' },
      { write: 'c', content: '1' },
    ],
    [{ remove: 'a' }, { make: 'a' }, { write: 'b/d', content: '1' }, { write: 'c', content: '2' }],
    [{ write: 'a/new', content: '' }, { remove: 'b' }, { write: 'c', content: '3' }],
  ]
  let tree: Tree = { a: 'directory', 'a/hidden': 'file base', b: 'file base' }
  for (const [round, changes] of rounds.entries()) {
    const { files } = await snapshotter.attach('key')
    await holds(`round ${round}`, files, tree)
    await change(files, changes)
    await snapshotter.detach('key')
    tree = changed(tree, changes)
  }
  await snapshotter.commit('top', 'key')
  await snapshotter.view('view', { parent: 'top' })
  await holds('a view', (await snapshotter.attach('view')).files, tree)
})

const rebased = snapshotterCase('content/a layer that gained its parent at commit shows both', async (snapshotter) => {
  await snapshotter.prepare('one')
  await writeInto(snapshotter, 'one', 'lower', 'l')
  await writeInto(snapshotter, 'one', 'both', 'l')
  await snapshotter.commit('base', 'one')
  await snapshotter.prepare('two')
  await writeInto(snapshotter, 'two', 'upper', 'u')
  await writeInto(snapshotter, 'two', 'both', 'u')
  await snapshotter.commit('top', 'two', { parent: 'base' })
  await snapshotter.view('view', { parent: 'top' })
  const expected = { both: 'file u', lower: 'file l', upper: 'file u' }
  await holds('a view', (await snapshotter.attach('view')).files, expected)
})

/** Attach and detach, without content. */
export const attachmentCases: readonly SnapshotterCase[] = [refused, twice, inFiles]

/** What attached snapshots hold. */
export const attachedContentCases: readonly SnapshotterCase[] = [
  fenced,
  afterDetach,
  fileRules,
  links,
  fileErrors,
  apart,
  replaced,
  rebased,
]

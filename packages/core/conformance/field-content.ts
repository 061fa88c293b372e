import { equal, ok, rejects } from './assert.js'
import { type Change, change, changed, holds, type Tree } from './content.js'
import { kept, workKey } from './field-metadata.js'
import { onlyMount, type SnapshotterCase, snapshotterCase, walked } from './fixtures.js'
import type { PromiseSnapshotter } from './subject.js'

/** Attaches `key`, checks what it holds, makes changes, detaches. */
const changeIn = async (
  snapshotter: PromiseSnapshotter,
  key: string,
  before: Tree,
  changes: readonly Change[],
): Promise<void> => {
  const { files } = await snapshotter.attach(key)
  await holds(`${key} as it was prepared`, files, before)
  await change(files, changes)
  await holds(`${key} after the changes`, files, changed(before, changes))
  await snapshotter.detach(key)
}

/** Looks at `name` through a view, which is removed again. */
const viewHolds = async (
  snapshotter: PromiseSnapshotter,
  name: string,
  view: string,
  expected: Tree,
): Promise<void> => {
  await snapshotter.view(view, { ...kept, parent: name })
  const { files } = await snapshotter.attach(view)
  await holds(`${name} through a view`, files, expected)
  await snapshotter.detach(view)
  await snapshotter.remove(view)
}

/** The field's CHECK: layer upon layer, each compared with a flat tree to which the same was done. */
const check = async (
  snapshotter: PromiseSnapshotter,
  prefix: string,
  layers: readonly (readonly Change[])[],
): Promise<void> => {
  let parent = ''
  let tree: Tree = {}
  for (const [index, changes] of layers.entries()) {
    const name = `${prefix}${index}`
    await snapshotter.prepare(`${name}-prepare`, { ...kept, parent })
    await changeIn(snapshotter, `${name}-prepare`, tree, changes)
    await snapshotter.commit(name, `${name}-prepare`, kept)
    tree = changed(tree, changes)
    await viewHolds(snapshotter, name, `${name}-view`, tree)
    parent = name
  }
}

const checkCase = (name: string, layers: readonly (readonly Change[])[]): SnapshotterCase =>
  snapshotterCase(name, (snapshotter) => check(snapshotter, '', layers))

const basic = snapshotterCase('Basic', async (snapshotter, subject) => {
  const key = (name: string): string => workKey(subject, name)
  const first: readonly Change[] = [{ write: 'foo', content: 'foo\n' }, { make: 'a/b/c' }]
  const second: readonly Change[] = [
    { write: 'bar', content: 'bar\n' },
    { write: 'foo', content: 'bar\n' },
    { remove: 'a/b' },
  ]
  onlyMount(await snapshotter.prepare(key('preparing'), kept))
  await changeIn(snapshotter, key('preparing'), {}, first)
  await snapshotter.commit(key('committed'), key('preparing'), kept)
  const committedInfo = await snapshotter.stat(key('committed'))
  equal('kind and parent of committed', [committedInfo.kind, committedInfo.parent], ['Committed', ''])
  await rejects('stat of the key after its commit', snapshotter.stat(key('preparing')), 'NotFound', key('preparing'))

  onlyMount(await snapshotter.prepare(key('nextlayer'), { ...kept, parent: key('committed') }))
  await changeIn(snapshotter, key('nextlayer'), changed({}, first), second)
  const active = await snapshotter.stat(key('nextlayer'))
  equal('kind and parent of nextlayer', [active.kind, active.parent], ['Active', key('committed')])
  await snapshotter.commit(key('committed-next'), key('nextlayer'), kept)
  const next = await snapshotter.stat(key('committed-next'))
  equal('kind and parent of committed-next', [next.kind, next.parent], ['Committed', key('committed')])
  await rejects('stat of the second key', snapshotter.stat(key('nextlayer')), 'NotFound')
  equal('what a walk shows', await walked(snapshotter), [committedInfo, next])

  await viewHolds(snapshotter, key('committed-next'), key('nextnextlayer'), changed({}, [...first, ...second]))
  await rejects('removing a parent', snapshotter.remove(key('committed')), 'FailedPrecondition', 'remove')
  await snapshotter.remove(key('committed-next'))
  await snapshotter.remove(key('committed'))
})

const hosts = (address: string): Change => ({ write: 'etc/hosts', content: `mydomain ${address}` })
const profileFile: Change = { write: 'etc/profile', content: 'PATH=/usr/bin' }

// Five times, as in the field: a differ that goes by size and the second of the change misses /etc/hosts.
const layerFileUpdate = snapshotterCase('LayerFileupdate', async (snapshotter) => {
  for (let run = 1; run <= 5; run++)
    await check(snapshotter, `run${run}-`, [
      [hosts('10.0.0.1'), profileFile],
      [hosts('10.0.0.2'), profileFile, { write: 'root/.bashrc', content: 'PATH=/usr/sbin:/usr/bin' }],
    ])
})

const removeDirectory = checkCase('RemoveDirectoryInLowerLayer', [
  [{ write: 'lib/hidden', content: '' }],
  [{ remove: 'lib' }, { make: 'lib' }, { write: 'lib/not-hidden', content: '' }],
  [{ write: 'lib/newfile', content: '' }],
])

const deletedFiles = checkCase('DeletedFilesInChildSnapshot', [
  [
    { write: 'foo', content: 'foo\n' },
    { write: 'foobar', content: 'foobar\n' },
  ],
  [{ remove: 'foobar' }],
  [],
])

const moveFile = checkCase('MoveFileFromLowerLayer', [
  [
    { write: 'dir1/f1', content: 'Hello' },
    { write: 'dir2/f2', content: '...' },
  ],
  [
    { write: 'dir3/f1', content: 'Hello' },
    { remove: 'dir1' },
    { link: 'dir2/f2', to: 'dir3/f2' },
    { remove: 'dir2/f2' },
  ],
])

const rename = checkCase('Rename', [
  [{ make: 'dir1' }, { write: 'somefiles/f1', content: 'the first' }, { write: 'somefiles/f2', content: 'the second' }],
  [
    { rename: 'dir1', to: 'dir2' },
    { write: 'somefiles/f1-overwrite', content: 'the first again' },
    { rename: 'somefiles/f1-overwrite', to: 'somefiles/f1' },
    { rename: 'somefiles/f2', to: 'somefiles/f3' },
  ],
])

const viewReadonly = snapshotterCase('ViewReadonly', async (snapshotter, { supports }) => {
  await snapshotter.prepare('preparing', kept)
  await snapshotter.commit('committed', 'preparing', kept)
  await snapshotter.view('view', { ...kept, parent: 'committed' })
  await snapshotter.view('other', { ...kept, parent: 'committed' })
  const { files } = await snapshotter.attach('view')
  const failure = await files.write('forbidden', 'written').then(
    () => undefined,
    (error: unknown) => error,
  )
  if (supports.readOnlyViews)
    ok('a write to a view fails, as the backend says', failure !== undefined, 'a write that succeeded')
  await snapshotter.detach('view')
  const { files: others } = await snapshotter.attach('other')
  await holds('another view after a write to a view', others, {})
  await snapshotter.detach('other')
  await snapshotter.remove('view')
  await viewHolds(snapshotter, 'committed', 'view', {})
  await snapshotter.remove('other')
  await snapshotter.remove('committed')
})

const layerCount = 128

const changesOfLayer = (layer: number): readonly Change[] =>
  layer === 0
    ? [
        { write: 'bottom', content: 'way at the bottom\n' },
        { write: 'overwriteme', content: 'FIRST!\n' },
        { make: 'addhere' },
        { write: 'onlyme/bottom', content: 'bye!\n' },
      ]
    : [
        { write: 'overwriteme', content: `${layer} WAS HERE!\n` },
        { write: `addhere/file-${layer}`, content: 'same\n' },
        { remove: 'onlyme' },
        { write: `onlyme/file-${layer}`, content: 'only me!\n' },
      ]

const manyLayers = snapshotterCase('128LayersMount', async (snapshotter, subject) => {
  let parent = ''
  let tree: Tree = {}
  for (let layer = 0; layer < layerCount; layer++) {
    const key = workKey(subject, `prepare-${layer}`)
    await snapshotter.prepare(key, { ...kept, parent })
    await changeIn(snapshotter, key, tree, changesOfLayer(layer))
    tree = changed(tree, changesOfLayer(layer))
    parent = workKey(subject, `layer-${layer}`)
    await snapshotter.commit(parent, key, kept)
  }
  await viewHolds(snapshotter, parent, workKey(subject, 'top'), tree)
})

/** The field's own suite: the cases whose assertions are about content, without those about Unix modes and the one below. */
export const fieldContentCases: readonly SnapshotterCase[] = [
  basic,
  layerFileUpdate,
  removeDirectory,
  deletedFiles,
  moveFile,
  viewReadonly,
  rename,
]

/** The field's own suite: 128 layers on one another. Apart, because it takes as long as all others together. */
export const layerDepthCases: readonly SnapshotterCase[] = [manyLayers]

import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { storeFault, type Descriptor, type Mount, type OpenOptions, type Snapshotter } from '@varve/core'
import * as E from 'fp-ts/lib/Either.js'
import { descriptorFor, mapContent, tarType, testCodecs, textBytes } from './support/blobs.js'
import { turns } from './support/clock.js'
import { openLayers, prepareUnpack } from './support/layers.js'
import { arrayStore, recordingBackend } from './support/memory.js'
import { commitLayer, gatedBackend, ok, open, refused, rejection, typesOf } from './support/runtime.js'
import { openSnapshotter } from '@varve/core/promise'

const tar = textBytes('a tar, more or less')
const descriptor = descriptorFor(tar)

/** What is asked of an apply. */
type Asked = { readonly descriptor: unknown; readonly mounts: unknown; readonly options: unknown }

const askedOf = (snapshotter: Snapshotter, { descriptor: blob, mounts, options }: Asked) =>
  snapshotter.apply(blob as Descriptor, mounts as readonly Mount[], options as object)

const toldOf = async (snapshotter: Snapshotter, asked: Asked): Promise<string> => {
  const refusal = await refused(askedOf(snapshotter, asked))
  return 'field' in refusal ? `${refusal._tag} ${refusal.field}` : refusal._tag
}

test('checks come in one order: each defect hides those behind it', async () => {
  const { snapshotter, store, content } = await openLayers()
  await commitLayer(snapshotter, 'base')
  const [own] = await prepareUnpack(snapshotter, 'a', 'base')
  const [scratch] = await ok(snapshotter.prepare('s', { parent: 'base' }))
  if (own === undefined || scratch === undefined) throw new Error('a snapshot has one mount')
  const before = store.texts.length
  const stream = 7
  const { signal } = { signal: AbortSignal.abort('enough') }
  const unsigned = { stream, limits: 7, by: 7, signal }
  const good = { by: 'me', signal }
  const overlay = { ...own, type: 'overlay' }
  const foreign = {
    ...own,
    source: '/elsewhere/snapshots/2',
    options: ['rw', 'parentLayerPaths=["/layers/snapshots/1"]'],
  }
  const wrongParents = { ...own, options: ['rw', 'parentLayerPaths=["/layers/snapshots/2"]'] }
  const unknownType = { ...descriptor, mediaType: 'text/plain' }
  const wrong = { ...descriptor, size: descriptor.size + 1 }
  const ladder: readonly (readonly [told: string, asked: Asked])[] = [
    ['InvalidArgument options', { descriptor: 7, mounts: 7, options: 7 }],
    ['InvalidArgument force', { descriptor: 7, mounts: 7, options: { ...unsigned, force: true, signal: 7 } }],
    ['InvalidArgument signal', { descriptor: 7, mounts: 7, options: { ...unsigned, signal: 7 } }],
    ['InvalidArgument stream', { descriptor: 7, mounts: 7, options: unsigned }],
    ['InvalidArgument descriptor', { descriptor: 7, mounts: 7, options: { limits: 7, by: 7, signal } }],
    ['InvalidArgument limits', { descriptor: unknownType, mounts: 7, options: { limits: 7, by: 7, signal } }],
    ['InvalidArgument by', { descriptor: unknownType, mounts: 7, options: { by: 7, signal } }],
    ['InvalidArgument descriptor.mediaType', { descriptor: unknownType, mounts: 7, options: good }],
    ['InvalidArgument mounts', { descriptor: wrong, mounts: 7, options: good }],
    ['InvalidArgument mounts', { descriptor: wrong, mounts: [], options: good }],
    ['Unimplemented', { descriptor: wrong, mounts: [overlay], options: good }],
    [
      'InvalidArgument mounts[0].options',
      { descriptor: wrong, mounts: [{ ...foreign, options: ['ro'] }], options: good },
    ],
    ['NotFound', { descriptor: wrong, mounts: [foreign], options: good }],
    ['InvalidArgument mounts[0].options', { descriptor: wrong, mounts: [wrongParents], options: good }],
    ['Aborted', { descriptor: wrong, mounts: [own], options: good }],
    ['Aborted', { descriptor: wrong, mounts: [scratch], options: good }],
    ['FailedPrecondition', { descriptor: wrong, mounts: [scratch], options: undefined }],
    ['NotFound', { descriptor: wrong, mounts: [own], options: {} }],
  ]
  for (const [told, asked] of ladder) assert.is(await toldOf(snapshotter, asked), told, JSON.stringify(asked))
  content.put(tar)
  const last: Asked = { descriptor: wrong, mounts: [own], options: { stream: [] } }
  assert.is(await toldOf(snapshotter, last), 'InvalidArgument stream')
  assert.is(await toldOf(snapshotter, { ...last, options: {} }), 'InvalidArgument descriptor.size')
  await turns()
  assert.is(store.texts.length, before, 'something was recorded')
  assert.equal(content.written, [])
  await ok(snapshotter.apply(descriptor, [own]))
  await ok(snapshotter.close())
  assert.is(await toldOf(snapshotter, { descriptor: 7, mounts: 7, options: 7 }), 'Closed')
})

test('without content or codecs there is nothing to apply from, or to compare into', async () => {
  for (const [given, missing] of [
    [{}, 'content'],
    [{ codecs: testCodecs }, 'content'],
    [{ content: mapContent() }, 'codecs'],
  ] as const) {
    const snapshotter = await open(given)
    const [upper, lower] = [await prepareUnpack(snapshotter, 'a'), await ok(snapshotter.view('v'))]
    const options = { signal: AbortSignal.abort() }
    const words = `openSnapshotter was given no ${missing}: failed precondition`
    for (const task of [
      snapshotter.apply(descriptor, upper, options),
      snapshotter.compare(lower, upper, { ...options, mediaType: tarType }),
    ]) {
      const refusal = await refused(task)
      assert.equal([refusal._tag, refusal.message.slice(-words.length)], ['FailedPrecondition', words])
    }
    await ok(snapshotter.close())
  }
})

/** Options of openSnapshotter that are no content or codecs, and the field that the refusal names. */
const malformed: readonly (readonly [options: object, field: string])[] = [
  [{ content: null }, 'content'],
  [{ content: 'blobs' }, 'content'],
  [{ codecs: 7 }, 'codecs'],
  ...(['info', 'read', 'writer', 'label'] as const).map(
    (method) => [{ content: { ...mapContent(), [method]: undefined } }, `content.${method}`] as const,
  ),
  ...(['sha256', 'decompress', 'compress', 'whyNotCompress'] as const).map(
    (method) => [{ codecs: { ...testCodecs, [method]: 'no' } }, `codecs.${method}`] as const,
  ),
  [{ backend: { ...recordingBackend(), exportLayer: undefined } }, 'backend.exportLayer'],
  [{ contents: mapContent() }, 'contents'],
]

for (const [options, field] of malformed) {
  test(`an opening with a malformed ${field} is refused`, async () => {
    const all = { store: arrayStore(), backend: recordingBackend(), ...options } as OpenOptions
    const refusal = await rejection(openSnapshotter(all))
    assert.equal([refusal['_tag'], refusal['field']], ['InvalidArgument', field], refusal.message)
  })
}

test('mounts that are no layer of this root are not found', async () => {
  const { snapshotter, store } = await openLayers()
  const [mount] = await prepareUnpack(snapshotter, 'a')
  await ok(snapshotter.prepare('gone'))
  await ok(snapshotter.remove('gone'))
  const before = store.texts.length
  for (const source of [
    '/others/snapshots/1',
    '/layers/1',
    '/layers/snapshots',
    '/layers/snapshots/',
    '/layers/snapshots/0',
    '/layers/snapshots/01',
    '/layers/snapshots/+1',
    '/layers/snapshots/1/',
    '/layers/snapshots/1/x',
    '/layers/snapshots/./1',
    '/layers/snapshots/../snapshots/1',
    '/LAYERS/snapshots/1',
    '\\layers\\snapshots\\1',
    '/layers/snapshots/rm-1',
    '/layers/snapshots/2',
    '/layers/snapshots/99',
    '/layers/snapshots/1e0',
    '/layers/snapshots/99999999999999999999',
    'layers/snapshots/1',
    '/layers/snapshots/1\0',
    '1',
  ]) {
    const refusal = await refused(snapshotter.apply(descriptor, [{ ...(mount as Mount), source }]))
    assert.is(refusal._tag, 'NotFound', source)
    assert.match(refusal.message, source, source)
  }
  assert.is(store.texts.length, before)
  await ok(snapshotter.close())
})

test('a snapshot that is still being made is not found', async () => {
  const inner = gatedBackend(({ type, layer }) => type === 'CreateLayer' && layer === 2)
  const snapshotter = await open({ backend: inner, content: mapContent(), codecs: testCodecs })
  const [mount] = await prepareUnpack(snapshotter, 'a')
  const making = ok(snapshotter.prepare('b', { purpose: 'unpack' }))
  await turns()
  const foreseen = { ...(mount as Mount), source: '/layers/snapshots/2' }
  assert.is((await refused(snapshotter.apply(descriptor, [foreseen])))._tag, 'NotFound')
  await inner.releaseAll()
  assert.equal(await making, [foreseen])
  await ok(snapshotter.close())
})

test('the parents that mounts name are those of the snapshot, nearest first', async () => {
  const { snapshotter, content } = await openLayers()
  content.put(tar)
  await commitLayer(snapshotter, 'base')
  await ok(snapshotter.prepare('k', { parent: 'base' }))
  await ok(snapshotter.commit('middle', 'k'))
  const [mount] = await prepareUnpack(snapshotter, 'a', 'middle')
  const on = (...ids: readonly number[]): readonly Mount[] => {
    const paths = ids.map((id) => `/layers/snapshots/${id}`)
    return [{ ...(mount as Mount), options: ['rw', `parentLayerPaths=${JSON.stringify(paths)}`] }]
  }
  for (const ids of [[], [2], [1], [1, 2], [2, 1, 1], [2, 3], [3, 1]]) {
    const refusal = await refused(snapshotter.apply(descriptor, on(...ids)))
    assert.equal('field' in refusal && refusal.field, 'mounts[0].options', `${ids.join()}: ${refusal.message}`)
  }
  assert.is((await refused(snapshotter.apply(descriptor, on(2, 77, 1))))._tag, 'InvalidArgument')
  await ok(snapshotter.apply(descriptor, on(2, 1)))
  await ok(snapshotter.close())
})

test('views are refused in both profiles, whatever their mounts say', async () => {
  for (const profile of ['bind', 'windows-layer'] as const) {
    const { snapshotter, content } = await openLayers({ profile })
    content.put(tar)
    await commitLayer(snapshotter, 'base')
    for (const parent of ['', 'base']) {
      const mounts = await ok(snapshotter.view(`v${parent}`, { parent, purpose: 'unpack' }))
      assert.is((await refused(snapshotter.apply(descriptor, mounts)))._tag, 'InvalidArgument')
      const writable = mounts.map((mount) => ({
        ...mount,
        options: mount.options.map((option) => (option === 'ro' ? 'rw' : option)),
      }))
      assert.is((await refused(snapshotter.apply(descriptor, writable)))._tag, 'InvalidArgument')
    }
    await ok(snapshotter.close())
  }
})

test('a scratch is refused, of a layer or of nothing, and so is the layer itself', async () => {
  for (const profile of ['bind', 'windows-layer'] as const) {
    const { snapshotter, content, store } = await openLayers({ profile })
    content.put(tar)
    await commitLayer(snapshotter, 'base')
    const alone = await ok(snapshotter.prepare('a'))
    const [onBase] = await ok(snapshotter.prepare('b', { parent: 'base' }))
    const base = [{ ...(onBase as Mount), source: '/layers/snapshots/1', options: ['rw'] }]
    const before = store.texts.length
    for (const mounts of [alone, [onBase as Mount], base]) {
      const refusal = await refused(snapshotter.apply(descriptor, mounts))
      assert.equal([refusal._tag, refusal.message.includes("purpose: 'unpack'")], ['FailedPrecondition', true])
    }
    assert.is(store.texts.length, before)
    await ok(snapshotter.close())
  }
})

test('content that can not tell whether it has the blob is a fault, and nothing is recorded', async () => {
  const fault = storeFault('the disk is broken', 'EIO')
  const content = { ...mapContent(), info: () => async () => E.left(fault) }
  const { snapshotter, store } = await openLayers({ from: { content } })
  assert.equal(await refused(snapshotter.apply(descriptor, await prepareUnpack(snapshotter, 'a'))), fault)
  assert.equal(typesOf(store).slice(3), [])
  await ok(snapshotter.close())
})

test.run()

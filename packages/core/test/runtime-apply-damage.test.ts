import { test } from 'uvu'
import * as assert from 'uvu/assert'
import * as E from 'fp-ts/lib/Either.js'
import { hresult, storeFault, type Codecs, type Content } from '@varve/core'
import { descriptorFor, digestOf, gzipped, gzipType, mapContent, testCodecs, textBytes } from './support/blobs.js'
import { openLayers, prepareUnpack } from './support/layers.js'
import { ending, ok, refused, typesOf } from './support/runtime.js'

const tar = textBytes('a tar, more or less, that is longer than any magic number\0\0\0')

/** Contents that go wrong while the blob is read, and what the apply is then refused for. */
const damaged: readonly (readonly [what: string, content: (blob: Uint8Array) => Partial<Content>, refusal: object])[] =
  [
    [
      'is gone',
      () => ({
        read: async function* () {
          yield E.left({ _tag: 'NotFound', message: 'blob x: not found' })
        },
      }),
      { _tag: 'BackendFault', code: hresult.fileNotFound },
    ],
    [
      'can not be read to its end',
      (blob) => ({
        read: async function* () {
          yield E.right(blob.slice(0, 12))
          yield E.left(storeFault('the disk is broken', 'EIO'))
        },
      }),
      { _tag: 'BackendFault', code: hresult.unspecified },
    ],
    [
      'has other bytes',
      (blob) => ({
        read: async function* () {
          yield E.right(blob.slice(0, -1))
          yield E.right(Uint8Array.of(9))
        },
      }),
      { _tag: 'InvalidArgument', field: 'descriptor.digest' },
    ],
    [
      'is shorter than it says',
      (blob) => ({
        read: async function* () {
          yield E.right(blob.slice(0, -1))
        },
      }),
      { _tag: 'InvalidArgument', field: 'descriptor.size' },
    ],
    [
      'is longer than it says',
      (blob) => ({
        read: async function* () {
          yield E.right(blob)
          yield E.right(Uint8Array.of(9))
        },
      }),
      { _tag: 'InvalidArgument', field: 'descriptor.size' },
    ],
  ]

const behindGzip = Uint8Array.from([...gzipped(tar), 0, 0, 0, 7])

for (const [what, change, refusal] of damaged) {
  for (const [form, blob] of [
    ['a tar', tar],
    ['a gzip with something behind it', behindGzip],
  ] as const) {
    test(`${form} that ${what} fails the apply, and the snapshot stays Active and empty`, async () => {
      const content = mapContent()
      content.put(blob)
      const { snapshotter, store, backend } = await openLayers({ from: { content: { ...content, ...change(blob) } } })
      const mounts = await prepareUnpack(snapshotter, 'a')
      const found = await refused(snapshotter.apply(descriptorFor(blob, gzipType), mounts))
      assert.equal({ ...found, ...refusal }, found, found.message)
      assert.is(typesOf(store).at(-1), 'ApplyFailed')
      assert.is(backend.contents.size, 0)
      assert.is((await ok(snapshotter.stat('a'))).kind, 'Active')
      content.put(textBytes('another'))
      if (what === 'is gone') return ok(snapshotter.close())
      const again = await refused(snapshotter.apply(descriptorFor(textBytes('another')), mounts))
      assert.not.equal(again._tag, 'FailedPrecondition', 'it is taken for a layer that holds something')
      await ok(snapshotter.close())
    })
  }
}

test('what a codec leaves behind the compressed data is part of the blob all the same', async () => {
  const blob = gzipped(tar)
  const leaving: Codecs['decompress'] = async function* (_compression, bytes) {
    for await (const chunk of bytes) {
      yield chunk
      return
    }
  }
  for (const digest of [digestOf(blob), digestOf(tar)]) {
    const { snapshotter, content } = await openLayers({ codecs: { ...testCodecs, decompress: leaving } })
    content.put(blob, digest)
    const mounts = await prepareUnpack(snapshotter, 'a')
    const apply = snapshotter.apply({ ...descriptorFor(blob, gzipType), digest }, mounts)
    assert.is(await ending(apply), digest === digestOf(tar) ? 'InvalidArgument' : 'done')
    assert.equal([...content.reading], [])
    await ok(snapshotter.close())
  }
})

test('a compressed blob that is cut off fails the apply', async () => {
  const blob = gzipped(tar).slice(0, -9)
  const { snapshotter, store, content } = await openLayers()
  content.put(blob)
  const found = await refused(snapshotter.apply(descriptorFor(blob, gzipType), await prepareUnpack(snapshotter, 'a')))
  assert.equal([found._tag, 'field' in found && found.field], ['InvalidArgument', 'blob'])
  assert.is(typesOf(store).at(-1), 'ApplyFailed')
  assert.equal([...content.reading], [], 'the blob is still being read')
  await ok(snapshotter.close())
})

test.run()

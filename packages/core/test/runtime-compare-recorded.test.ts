import { test } from 'uvu'
import * as assert from 'uvu/assert'
import * as E from 'fp-ts/lib/Either.js'
import { gunzipSync } from 'node:zlib'
import { storeFault, type Descriptor } from '@varve/core'
import {
  descriptorFor,
  digestOf,
  gzipped,
  gzipType,
  mapContent,
  tarType,
  textBytes,
  zstded,
  zstdType,
} from './support/blobs.js'
import { openLayers, prepareUnpack, type Opened, type Pair } from './support/layers.js'
import { ok, refused } from './support/runtime.js'

const label = 'containerd.io/uncompressed'
const tar = textBytes('the tar that a layer came from, longer than any magic number')

/** A layer that was unpacked from a blob and committed, and its two views. */
const unpacked = async (
  blob: Uint8Array,
  mediaType: string,
  options: Parameters<typeof openLayers>[0] = {},
): Promise<Opened & Pair & { readonly descriptor: Descriptor }> => {
  const opened = await openLayers(options)
  const { snapshotter, content } = opened
  content.put(blob)
  const descriptor = descriptorFor(blob, mediaType)
  await ok(snapshotter.apply(descriptor, await prepareUnpack(snapshotter, 'k')))
  await ok(snapshotter.commit('n', 'k'))
  const lower = await ok(snapshotter.view('nothing'))
  const upper = await ok(snapshotter.view('of n', { parent: 'n', purpose: 'unpack' }))
  return { ...opened, lower, upper, descriptor }
}

for (const [what, blob, mediaType] of [
  ['gzip', gzipped(tar), gzipType],
  ['a tar', tar, tarType],
  ['a tar that is called gzip', tar, gzipType],
] as const) {
  test(`a layer that came from ${what} gives back that blob, with the labels asked for`, async () => {
    const { snapshotter, content, backend, lower, upper, descriptor } = await unpacked(blob, mediaType)
    const labels = { a: '1', b: '' }
    const found = await ok(snapshotter.compare(lower, upper, { mediaType, labels }))
    assert.equal(found, descriptor)
    const expected = mediaType === tarType ? { a: '1' } : { a: '1', [label]: digestOf(tar) }
    assert.equal(content.blobs.get(found.digest)?.labels, expected)
    assert.equal([content.written, backend.exported.length], [[], 0])
    await ok(snapshotter.close())
  })
}

test('the answer is the caller’s own', async () => {
  const { snapshotter, lower, upper, descriptor } = await unpacked(gzipped(tar), gzipType)
  const first = await ok(snapshotter.compare(lower, upper))
  Object.assign(first, { size: 7 })
  assert.equal(await ok(snapshotter.compare(lower, upper)), descriptor)
  await ok(snapshotter.close())
})

test('another media type is made of the blob that is there, not of the layer', async () => {
  for (const [blob, mediaType] of [
    [gzipped(tar), gzipType],
    [zstded(tar), zstdType],
    [gzipped(tar), 'application/vnd.docker.image.rootfs.diff.tar.gzip'],
  ] as const) {
    const { snapshotter, content, backend, lower, upper } = await unpacked(blob, mediaType)
    assert.equal(await ok(snapshotter.compare(lower, upper, { mediaType: tarType, ref: 'mine' })), descriptorFor(tar))
    const { digest, size, mediaType: asked } = await ok(snapshotter.compare(lower, upper))
    const made = content.blobs.get(digest)
    assert.equal(Uint8Array.from(gunzipSync(made?.bytes ?? Uint8Array.of())), tar)
    assert.equal([size, asked, made?.labels], [made?.bytes.length, gzipType, { [label]: digestOf(tar) }])
    assert.equal([backend.exported.length, content.written[0], content.writing.size], [0, 'mine', 0])
    assert.equal([...content.reading], [], 'the blob is still being read')
    await ok(snapshotter.close())
  }
})

test('a blob that is gone is made of the layer again', async () => {
  const { snapshotter, content, backend, lower, upper } = await unpacked(gzipped(tar), gzipType)
  content.blobs.clear()
  assert.equal(await ok(snapshotter.compare(lower, upper, { mediaType: tarType })), descriptorFor(tar))
  const { digest } = await ok(snapshotter.compare(lower, upper))
  assert.equal(Uint8Array.from(gunzipSync(content.blobs.get(digest)?.bytes ?? Uint8Array.of())), tar)
  assert.is(backend.exported.length, 2)
  await ok(snapshotter.close())
})

test('with a time of its own a layer is exported, whatever it came from', async () => {
  const { snapshotter, backend, lower, upper } = await unpacked(gzipped(tar), gzipType)
  await ok(snapshotter.compare(lower, upper, { sourceDateEpoch: 7 }))
  assert.equal(
    backend.exported.map(({ options }) => options.epoch),
    [7_000_000_000n],
  )
  await ok(snapshotter.close())
})

test('an unpacked snapshot that is not committed is exported', async () => {
  const { snapshotter, content, backend } = await openLayers()
  content.put(gzipped(tar))
  const upper = await prepareUnpack(snapshotter, 'a')
  await ok(snapshotter.apply(descriptorFor(gzipped(tar), gzipType), upper))
  await ok(snapshotter.compare(await ok(snapshotter.view('nothing')), upper))
  assert.equal(
    backend.exported.map(({ layer }) => layer),
    [{ id: 1, parents: [] }],
  )
  await ok(snapshotter.close())
})

test('a recorded blob that has been damaged is not written under another media type', async () => {
  const { snapshotter, content, lower, upper, descriptor } = await unpacked(gzipped(tar), gzipType)
  content.put(gzipped(textBytes('something else altogether, which has another digest')), descriptor.digest)
  const refusal = await refused(snapshotter.compare(lower, upper, { mediaType: tarType }))
  assert.is(refusal._tag, 'InvalidArgument')
  assert.equal([[...content.writing], [...content.blobs.keys()]], [[], [descriptor.digest]])
  await ok(snapshotter.close())
})

test('a blob that can not be labelled is a fault', async () => {
  const fault = storeFault('the disk is read-only', 'EROFS')
  const inner = mapContent()
  const content = { ...inner, label: () => async () => E.left(fault) }
  const { snapshotter, lower, upper } = await unpacked(gzipped(tar), gzipType, { from: { content } })
  assert.equal(await refused(snapshotter.compare(lower, upper)), fault)
  await ok(snapshotter.close())
})

test('zstd that was recorded is given back by codecs that can not write it', async () => {
  const { snapshotter, content, lower, upper, descriptor } = await unpacked(zstded(tar), zstdType)
  const options = { mediaType: zstdType }
  assert.equal(await ok(snapshotter.compare(lower, upper, options)), descriptor)
  content.blobs.clear()
  assert.is((await refused(snapshotter.compare(lower, upper, options)))._tag, 'Unimplemented')
  await ok(snapshotter.close())
})

test.run()

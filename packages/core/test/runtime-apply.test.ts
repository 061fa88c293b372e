import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { invalidArgument } from '@varve/core'
import {
  descriptorFor,
  digestOf,
  gzipped,
  gzipType,
  mapContent,
  type MapContent,
  tarType,
  textBytes,
  zstded,
  zstdType,
} from './support/blobs.js'
import { openLayers, prepareUnpack } from './support/layers.js'
import { ok, recordsOf, refused, typesOf } from './support/runtime.js'

const tar = textBytes('a tar, more or less, that is longer than any magic number\0\0\0')
const docker = 'application/vnd.docker.image.rootfs.diff.tar'
const foreign = 'application/vnd.oci.image.layer.nondistributable.v1.tar'

/** Media type, blob, and the tar that is read of it. */
const readings: readonly (readonly [what: string, mediaType: string, blob: Uint8Array, read: Uint8Array])[] = [
  ['a tar', tarType, tar, tar],
  ['a tar that looks like gzip', tarType, gzipped(tar), gzipped(tar)],
  ['a foreign tar that looks like gzip', foreign, gzipped(tar), gzipped(tar)],
  ['gzip', gzipType, gzipped(tar), tar],
  ['no gzip although it is called so', gzipType, tar, tar],
  ['zstd that is called gzip', gzipType, zstded(tar), tar],
  ['zstd', zstdType, zstded(tar), tar],
  ['gzip that is called zstd', zstdType, gzipped(tar), tar],
  ['gzip of Docker, called a tar', docker, gzipped(tar), tar],
  ['a tar of Docker, called gzip', `${docker}.gzip`, tar, tar],
  ['foreign gzip', `${foreign}+gzip`, gzipped(tar), tar],
  ['nothing', tarType, textBytes(''), textBytes('')],
  ['nothing, called gzip', gzipType, textBytes(''), textBytes('')],
  ['less than a magic number, called gzip', gzipType, Uint8Array.of(0x1f, 0x8b), Uint8Array.of(0x1f, 0x8b)],
  ['gzip of nothing', gzipType, gzipped(textBytes('')), textBytes('')],
  ['gzip with something behind it', gzipType, Uint8Array.from([...gzipped(tar), 0, 0, 0, 7]), tar],
]

for (const [what, mediaType, blob, read] of readings) {
  test(`what is read and told of ${what}`, async () => {
    for (const pieceSize of [1, 3, 1_000]) {
      const { snapshotter, store, content, backend } = await openLayers({ from: { content: mapContent(pieceSize) } })
      content.put(blob)
      const descriptor = descriptorFor(blob, mediaType)
      const answer = await ok(snapshotter.apply(descriptor, await prepareUnpack(snapshotter, 'a')))
      assert.equal(answer, { mediaType: tarType, digest: digestOf(read), size: read.length })
      assert.equal(backend.contents.get(1), read)
      assert.equal([...content.reading], [], 'the blob is still being read')
      const limits = { entries: 2_000_000, bytes: 2 ** 40 }
      assert.equal(
        recordsOf(store)
          .slice(3)
          .map(({ type, data }) => ({ type, data })),
        [
          { type: 'ApplyAccepted', data: { id: 1, key: 'a', descriptor, limits } },
          {
            type: 'Applied',
            data: {
              id: 1,
              key: 'a',
              diffId: digestOf(read),
              size: read.length,
              entries: 3,
              usage: { size: read.length, inodes: 0, onDisk: 0, scratch: 0 },
            },
          },
        ],
      )
      await ok(snapshotter.close())
    }
  })
}

test('chunks that come straight out of the content go back there, not those out of a codec', async () => {
  for (const [mediaType, blob] of [
    [tarType, tar],
    [gzipType, gzipped(tar)],
  ] as const) {
    let takeBack: (() => Uint8Array | undefined) | undefined
    const inner = mapContent()
    const content: MapContent = {
      ...inner,
      read: (digest, options) => {
        takeBack = options?.spent
        return inner.read(digest)
      },
    }
    const { snapshotter, backend } = await openLayers({ from: { content } })
    content.put(blob)
    await ok(snapshotter.apply(descriptorFor(blob, mediaType), await prepareUnpack(snapshotter, 'a')))
    const { options } = backend.performed.find(({ intent }) => intent.type === 'ImportLayer') ?? {}
    options?.spend?.(tar)
    assert.equal([takeBack?.(), takeBack?.()], [mediaType === tarType ? tar : undefined, undefined])
    await ok(snapshotter.close())
  }
})

test('a layer is filled in both profiles, on the layers below it, in the name of who asks', async () => {
  for (const profile of ['bind', 'windows-layer'] as const) {
    const { snapshotter, store, content, backend } = await openLayers({ profile })
    content.put(tar)
    for (const [key, name, parent] of [
      ['a', 'base', ''],
      ['b', 'middle', 'base'],
    ] as const) {
      await ok(snapshotter.apply(descriptorFor(tar), await prepareUnpack(snapshotter, key, parent)))
      await ok(snapshotter.commit(name, key))
    }
    await ok(
      snapshotter.apply(descriptorFor(tar), await prepareUnpack(snapshotter, 'c', 'middle'), { by: 'the tester' }),
    )
    const imports = backend.performed.flatMap(({ intent }) => (intent.type === 'ImportLayer' ? [intent.parents] : []))
    assert.equal(imports, [[], [1], [2, 1]])
    assert.equal(recordsOf(store).findLast(({ type }) => type === 'ApplyAccepted')?.cause.by, 'the tester')
    await ok(snapshotter.close())
  }
})

test('what was applied is answered again without blob or stream, and not recorded twice', async () => {
  const { snapshotter, store, content } = await openLayers()
  content.put(gzipped(tar))
  const mounts = await prepareUnpack(snapshotter, 'a')
  const descriptor = descriptorFor(gzipped(tar), gzipType)
  const first = await ok(snapshotter.apply(descriptor, mounts))
  const before = store.texts.length
  content.blobs.clear()
  const stream: AsyncIterable<Uint8Array> = {
    [Symbol.asyncIterator]: () => {
      throw new Error('the stream was asked for')
    },
  }
  assert.equal(await ok(snapshotter.apply(descriptor, mounts, { stream })), first)
  assert.equal(
    await ok(snapshotter.apply({ ...descriptor, mediaType: tarType }, mounts, { limits: { bytes: 1 } })),
    first,
  )
  const other = descriptorFor(tar)
  const refusal = await refused(snapshotter.apply(other, mounts, { stream }))
  assert.equal([refusal._tag, refusal.message.includes(descriptor.digest)], ['FailedPrecondition', true])
  assert.is(store.texts.length, before)
  await ok(snapshotter.close())
})

test('a tar may have as many bytes as the limit, not one more', async () => {
  for (const blob of [tar, gzipped(tar)]) {
    const { snapshotter, store, content, backend } = await openLayers()
    content.put(blob)
    const descriptor = descriptorFor(blob, gzipType)
    const mounts = await prepareUnpack(snapshotter, 'a')
    const bytes = tar.length - 1
    assert.equal(
      await refused(snapshotter.apply(descriptor, mounts, { limits: { bytes } })),
      invalidArgument('limits.bytes', bytes, 'must not be less than the tar has'),
    )
    assert.equal([...content.reading], [], 'the blob is still being read')
    await ok(snapshotter.apply(descriptor, mounts, { limits: { bytes: tar.length, entries: 5 } }))
    const limits = backend.performed.flatMap(({ intent }) => (intent.type === 'ImportLayer' ? [intent.limits] : []))
    assert.equal(limits, [
      { entries: 2_000_000, bytes },
      { entries: 5, bytes: tar.length },
    ])
    assert.equal(typesOf(store).slice(3), ['ApplyAccepted', 'ApplyFailed', 'ApplyAccepted', 'Applied'])
    await ok(snapshotter.close())
  }
})

test.run()

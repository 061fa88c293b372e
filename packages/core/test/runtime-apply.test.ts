import { test } from 'uvu'
import * as assert from 'uvu/assert'
import * as E from 'fp-ts/lib/Either.js'
import {
  backendFault,
  hresult,
  invalidArgument,
  storeFault,
  type Backend,
  type Codecs,
  type Content,
} from '@varve/core'
import {
  descriptorFor,
  digestOf,
  gzipped,
  gzipType,
  mapContent,
  tarType,
  testCodecs,
  textBytes,
  zstded,
  zstdType,
} from './support/blobs.js'
import { layersBackend, openLayers, prepareUnpack } from './support/layers.js'
import { ending, ok, recordsOf, refused, typesOf } from './support/runtime.js'

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

/** Backends that don't read the tar as they should. */
const careless: Readonly<Record<string, Backend['execute']>> = {
  'reads nothing of it': () => async () => E.right(imported),
  'leaves it half read':
    (_intent, { tar: given = [] }) =>
    async () => {
      for await (const _chunk of given) break
      return E.right(imported)
    },
  'takes a Left in it for its end':
    (_intent, { tar: given = [] }) =>
    async () => {
      for await (const chunk of given) if (E.isLeft(chunk)) break
      return E.right(imported)
    },
}
const imported = {
  type: 'LayerImported',
  usage: { size: 0, inodes: 0, onDisk: 0, scratch: 0 },
  entries: 0,
} as const

for (const [what, execute] of Object.entries(careless)) {
  test(`a backend that ${what} has not applied the tar`, async () => {
    const inner = layersBackend()
    const backend: typeof inner = {
      ...inner,
      execute: (intent, options) => (intent.type === 'ImportLayer' ? execute : inner.execute)(intent, options),
    }
    const { snapshotter, store, content } = await openLayers({ from: { backend } })
    content.put(tar)
    const mounts = await prepareUnpack(snapshotter, 'a')
    const limits = what.includes('Left') ? { limits: { bytes: 20 } } : {}
    const words = 'the backend broke its contract in ImportLayer of layer 1: "it did not read the tar to its end"'
    assert.equal(
      await refused(snapshotter.apply(descriptorFor(tar), mounts, limits)),
      backendFault(words, hresult.unspecified),
    )
    assert.is(typesOf(store).at(-1), 'ApplyFailed')
    await ok(snapshotter.close())
  })
}

test.run()

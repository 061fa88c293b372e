import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { gunzipSync } from 'node:zlib'
import * as E from 'fp-ts/lib/Either.js'
import type { Codecs, ExportOptions, Failure, Progress } from '@varve/core'
import { descriptorFor, digestOf, gzipType, tarType, testCodecs, textBytes } from './support/blobs.js'
import { virtualClock } from './support/clock.js'
import { built, exportOf, prepareUnpack } from './support/layers.js'
import { ok, refused, typesOf } from './support/runtime.js'

const label = 'containerd.io/uncompressed'

test('a comparison writes the exported tar as gzip, labelled with the digest of the tar', async () => {
  const { snapshotter, content, active, backend, store } = await built()
  const before = store.texts.length
  const descriptor = await ok(snapshotter.compare(active.lower, active.upper))
  const blob = content.blobs.get(descriptor.digest)
  if (blob === undefined) throw new Error('the blob is not there')
  assert.equal(descriptor, { mediaType: gzipType, digest: digestOf(blob.bytes), size: blob.bytes.length })
  assert.equal(Uint8Array.from(gunzipSync(blob.bytes)), exportOf(3))
  assert.equal(blob.labels, { [label]: digestOf(exportOf(3)) })
  assert.equal(
    backend.exported.map(({ layer, options }) => [layer, options.epoch, 'epoch' in options]),
    [[{ id: 3, parents: [2, 1] }, undefined, false]],
  )
  assert.equal([[...content.writing], store.texts.length], [[], before])
  await ok(snapshotter.close())
})

test('what is exported is the upper layer with those below it', async () => {
  for (const profile of ['bind', 'windows-layer'] as const) {
    const { snapshotter, backend, active, sealed } = await built({ profile })
    const nothing = await ok(snapshotter.view('nothing'))
    const alone = await ok(snapshotter.prepare('alone'))
    const base = { lower: nothing, upper: sealed.lower }
    for (const { lower, upper } of [active, sealed, base, { lower: nothing, upper: alone }])
      await ok(snapshotter.compare(lower, upper))
    assert.equal(
      backend.exported.map(({ layer }) => [layer.id, ...layer.parents]),
      [[3, 2, 1], [2, 1], [1], [7]],
    )
    await ok(snapshotter.close())
  }
})

test('an uncompressed tar has the digest of the tar, and needs no label that says so', async () => {
  const { snapshotter, content, sealed } = await built()
  const labels = { a: '1', é: '層' }
  const descriptor = await ok(snapshotter.compare(sealed.lower, sealed.upper, { mediaType: tarType, labels }))
  assert.equal(descriptor, descriptorFor(exportOf(2)))
  assert.equal(content.blobs.get(descriptor.digest), { bytes: exportOf(2), labels })
  await ok(snapshotter.close())
})

test('the digest of the tar is no label that a caller can set', async () => {
  const { snapshotter, content, sealed } = await built()
  const labels = { [label]: digestOf(textBytes('another')), a: '1' }
  const { digest } = await ok(snapshotter.compare(sealed.lower, sealed.upper, { labels }))
  assert.equal(content.blobs.get(digest)?.labels, { a: '1', [label]: digestOf(exportOf(2)) })
  await ok(snapshotter.close())
})

test('one time for every entry is handed on in nanoseconds', async () => {
  const { snapshotter, backend, sealed } = await built()
  for (const sourceDateEpoch of [0, 1_700_000_000, 2 ** 53 - 1])
    await ok(snapshotter.compare(sealed.lower, sealed.upper, { sourceDateEpoch }))
  assert.equal(
    backend.exported.map(({ options }) => options.epoch),
    [0n, 1_700_000_000_000_000_000n, 9_007_199_254_740_991_000_000_000n],
  )
  await ok(snapshotter.close())
})

test('compared again it is the same blob, under names of its own', async () => {
  const { snapshotter, content, sealed } = await built({ clock: virtualClock() })
  const [one, other, third] = await Promise.all(
    [0, 1, 2].map(() => ok(snapshotter.compare(sealed.lower, sealed.upper, { mediaType: tarType }))),
  )
  assert.equal([other, third], [one, one])
  assert.is(new Set(content.written).size, 3)
  await ok(snapshotter.close())
})

test('a blob is written under the name that was asked for, unless another has it', async () => {
  const { snapshotter, content, sealed, backend } = await built()
  await ok(snapshotter.compare(sealed.lower, sealed.upper, { ref: 'mine é' }))
  assert.equal(content.written, ['mine é'])
  content.writing.add('taken')
  const refusal = await refused(snapshotter.compare(sealed.lower, sealed.upper, { ref: 'taken' }))
  assert.equal([refusal._tag, 'code' in refusal && refusal.code], ['StoreFault', 'REF_LOCKED'])
  assert.equal([backend.exported.length, [...content.writing]], [1, ['taken']])
  await ok(snapshotter.close())
})

test('progress of an export comes with all other progress', async () => {
  const progress: Progress = { intent: '', layer: 2, files: 3, bytes: 4 }
  const { snapshotter, sealed } = await built({
    hooks: {
      exports: (_layer, options) => {
        options.progress(progress)
        return undefined
      },
    },
  })
  const seen: Progress[] = []
  snapshotter.progress$.subscribe((one) => seen.push(one))
  await ok(snapshotter.compare(sealed.lower, sealed.upper))
  assert.equal(seen, [progress])
  await ok(snapshotter.close())
})

test('a chunk goes back to the backend once it was written, but not one that a codec may still hold', async () => {
  for (const mediaType of [tarType, gzipType]) {
    let back = 0
    async function* chunks({ spent }: ExportOptions): AsyncGenerator<E.Either<Failure, Uint8Array>> {
      for (let from = 0; from < exportOf(2).length; from += 10) {
        yield E.right(exportOf(2).slice(from, from + 10))
        for (let chunk = spent?.(); chunk !== undefined; chunk = spent?.()) {
          chunk.fill(0xff)
          back++
        }
      }
    }
    const hooks = { exports: (_layer: unknown, options: ExportOptions) => chunks(options) }
    const codecs: Codecs = { ...testCodecs, compress: (_compression, bytes) => bytes }
    const { snapshotter, content, sealed } = await built({ hooks, codecs })
    const { digest } = await ok(snapshotter.compare(sealed.lower, sealed.upper, { mediaType }))
    assert.equal(content.blobs.get(digest)?.bytes, exportOf(2))
    assert.is(back, mediaType === tarType ? Math.ceil(exportOf(2).length / 10) : 0)
    await ok(snapshotter.close())
  }
})

test('comparing records nothing', async () => {
  const { snapshotter, store, sealed } = await built()
  const before = typesOf(store).length
  await ok(snapshotter.compare(sealed.lower, sealed.upper))
  await prepareUnpack(snapshotter, 'later')
  assert.equal(typesOf(store).slice(before), ['PrepareAccepted', 'Prepared'])
  await ok(snapshotter.close())
})

test.run()

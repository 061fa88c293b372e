import { test } from 'uvu'
import * as assert from 'uvu/assert'
import * as E from 'fp-ts/lib/Either.js'
import { backendFault, hresult, storeFault, type Content, type ContentWriter, type Mount } from '@varve/core'
import { gzipType, mapContent, tarType, textBytes, whyNoZstd, zstdType } from './support/blobs.js'
import { built, type Opened } from './support/layers.js'
import { ok, refused } from './support/runtime.js'

const toldOf = async ({ snapshotter }: Opened, lower: unknown, upper: unknown, options?: unknown): Promise<string> => {
  const asked = snapshotter.compare(lower as readonly Mount[], upper as readonly Mount[], options as object)
  const refusal = await refused(asked)
  return 'field' in refusal ? `${refusal._tag} ${refusal.field}` : refusal._tag
}

test('checks come in one order: each defect hides those behind it', async () => {
  const opened = await built()
  const { snapshotter, sealed, active, content, backend } = opened
  const signal = AbortSignal.abort()
  await ok(snapshotter.attach('a'))
  content.writing.add('taken')
  const foreign = active.upper.map((mount) => ({ ...mount, source: '/elsewhere/3' }))
  for (const [told, lower, upper, options] of [
    ['InvalidArgument options', 7, 7, 7],
    ['InvalidArgument epoch', 7, 7, { epoch: 1, signal: 7, mediaType: 7 }],
    ['InvalidArgument signal', 7, 7, { signal: 7, mediaType: 7 }],
    ['InvalidArgument mediaType', 7, 7, { mediaType: 7, sourceDateEpoch: '1', labels: 7, ref: 7, signal }],
    ['InvalidArgument sourceDateEpoch', 7, 7, { mediaType: 'x', sourceDateEpoch: '1', labels: 7, ref: 7, signal }],
    ['InvalidArgument labels', 7, 7, { mediaType: 'x', labels: 7, ref: 7, signal }],
    ['InvalidArgument ref', 7, 7, { mediaType: 'x', ref: 7, signal }],
    ['InvalidArgument upper', 7, 7, { mediaType: 'x', signal }],
    ['InvalidArgument lower', 7, foreign, { mediaType: 'x', signal }],
    ['InvalidArgument upper', sealed.lower, sealed.lower, { mediaType: 'x', signal }],
    ['Unimplemented', active.lower, foreign, { mediaType: 'x', signal }],
    ['NotFound', active.lower, foreign, { signal }],
    ['Aborted', active.lower, active.upper, { signal }],
    ['FailedPrecondition', active.lower, active.upper, { mediaType: zstdType, ref: 'taken' }],
    ['Unimplemented', sealed.lower, sealed.upper, { mediaType: zstdType, ref: 'taken' }],
    ['StoreFault', sealed.lower, sealed.upper, { ref: 'taken' }],
  ] as const) {
    assert.is(await toldOf(opened, lower, upper, options), told, JSON.stringify(options))
  }
  assert.equal([backend.exported.length, content.written.length], [0, 0])
  await ok(snapshotter.close())
  assert.is(await toldOf(opened, 7, 7, 7), 'Closed')
})

test('options that are none are refused by their names', async () => {
  const opened = await built()
  const { lower, upper } = opened.sealed
  for (const [options, field] of [
    [{ sourceDateEpoch: -1 }, 'sourceDateEpoch'],
    [{ sourceDateEpoch: 0.5 }, 'sourceDateEpoch'],
    [{ sourceDateEpoch: 1n }, 'sourceDateEpoch'],
    [{ sourceDateEpoch: 2 ** 53 }, 'sourceDateEpoch'],
    [{ sourceDateEpoch: null }, 'sourceDateEpoch'],
    [{ labels: { a: 1 } }, 'labels.a'],
    [{ labels: new Map() }, 'labels'],
    [{ labels: { ['x'.repeat(4_097)]: '' } }, `labels.${'x'.repeat(128)}…`],
    [{ ref: '' }, 'ref'],
    [{ ref: 'x'.repeat(4_097) }, 'ref'],
    [{ ref: 'a\0' }, 'ref'],
    [{ mediaType: null }, 'mediaType'],
    [{ by: 'me' }, 'by'],
  ] as const) {
    assert.is(await toldOf(opened, lower, upper, options), `InvalidArgument ${field}`)
  }
  await ok(opened.snapshotter.close())
})

test('zstd that the codecs can not write is Unimplemented, in the words of the codecs', async () => {
  const { snapshotter, content, sealed } = await built()
  const refusal = await refused(snapshotter.compare(sealed.lower, sealed.upper, { mediaType: zstdType }))
  assert.equal(refusal, {
    _tag: 'Unimplemented',
    message: `compare as "${zstdType}": ${whyNoZstd}: not implemented`,
  })
  assert.equal(content.written, [])
  await ok(snapshotter.close())
})

test('what is no layer of this root, or stands on others, is refused', async () => {
  const opened = await built()
  const { snapshotter, active } = opened
  await ok(snapshotter.prepare('gone', { parent: 'middle' }))
  const [gone] = await ok(snapshotter.mounts('gone'))
  await ok(snapshotter.remove('gone'))
  assert.is(await toldOf(opened, active.lower, [gone]), 'NotFound')
  const layers = (source: number, access: string, ...parents: readonly number[]): readonly Mount[] => [
    {
      type: 'windows-layer',
      source: `/layers/snapshots/${source}`,
      target: '',
      options: [access, `parentLayerPaths=${JSON.stringify(parents.map((id) => `/layers/snapshots/${id}`))}`],
    },
  ]
  assert.is(await toldOf(opened, layers(9, 'ro', 1), layers(3, 'rw', 1)), 'InvalidArgument upper')
  assert.is(await toldOf(opened, layers(9, 'ro', 1, 2), layers(3, 'rw', 1, 2)), 'InvalidArgument upper')
  assert.is(await toldOf(opened, layers(9, 'ro', 88), layers(3, 'rw', 88)), 'InvalidArgument upper')
  assert.is(await toldOf(opened, layers(9, 'ro', 2), layers(99, 'rw', 2)), 'NotFound')
  await ok(snapshotter.compare(layers(9, 'ro', 2, 1), layers(3, 'rw', 2, 1)))
  await ok(snapshotter.close())
})

test('an attached layer is refused until it is detached', async () => {
  const opened = await built()
  const { snapshotter, active } = opened
  await ok(snapshotter.attach('a'))
  await ok(snapshotter.attach('of middle'))
  assert.is(await toldOf(opened, active.lower, active.upper), 'FailedPrecondition')
  await ok(snapshotter.detach('a'))
  await ok(snapshotter.compare(active.lower, active.upper))
  await ok(snapshotter.close())
})

const broken = backendFault('the disk is broken', hresult.unspecified)

test('an export that fails, at any byte, is told and leaves nothing', async () => {
  const contract = (cause: string) =>
    backendFault(`the backend broke its contract in export of layer 2: ${cause}`, hresult.unspecified)
  const ways = [
    [
      async function* () {
        yield E.left(broken)
      },
      broken,
    ],
    [
      async function* () {
        yield E.right(textBytes('some'))
        yield E.left(broken)
      },
      broken,
    ],
    [
      async function* () {
        yield E.right(textBytes('some'))
        throw new Error('oh')
      },
      contract('oh'),
    ],
    [
      () => {
        throw new Error('at once')
      },
      contract('at once'),
    ],
    [() => 7, contract('')],
  ] as const
  for (const [exports, expected] of ways) {
    for (const mediaType of [tarType, gzipType]) {
      const { snapshotter, content, sealed } = await built({ hooks: { exports: exports as () => never } })
      const found = await refused(snapshotter.compare(sealed.lower, sealed.upper, { mediaType }))
      assert.equal({ ...found, message: found.message.slice(0, expected.message.length) }, expected)
      assert.equal([content.blobs.size, [...content.writing]], [0, []])
      await ok(snapshotter.commit('n', 'a'))
      await ok(snapshotter.close())
    }
  }
})

test('content that can not be written ends the comparison with its fault, and the export too', async () => {
  const fault = storeFault('the disk is full', 'ENOSPC')
  for (const what of ['writer', 'write', 'commit'] as const) {
    let ended = 0
    const inner = mapContent()
    const writer: Content['writer'] = (ref) => async () => {
      if (what === 'writer') return E.left(fault)
      const one = await inner.writer(ref)()
      const failing = (): ReturnType<ContentWriter['write']> => async () => E.left(fault)
      return E.isLeft(one) ? one : E.right({ ...one.right, [what]: failing })
    }
    const { snapshotter, sealed } = await built({
      from: { content: { ...inner, writer } },
      hooks: {
        exports: async function* () {
          try {
            for (let chunk = 0; chunk < 3; chunk++) yield E.right(textBytes('some'))
          } finally {
            ended++
          }
        },
      },
    })
    assert.equal(await refused(snapshotter.compare(sealed.lower, sealed.upper, { mediaType: tarType })), fault)
    assert.is(ended, what === 'writer' ? 0 : 1)
    if (what === 'write') assert.equal([...inner.writing], [])
    await ok(snapshotter.close())
  }
})

test.run()

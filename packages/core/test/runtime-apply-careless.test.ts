import { test } from 'uvu'
import * as assert from 'uvu/assert'
import * as E from 'fp-ts/lib/Either.js'
import { backendFault, hresult, type Backend } from '@varve/core'
import { descriptorFor, textBytes } from './support/blobs.js'
import { layersBackend, openLayers, prepareUnpack } from './support/layers.js'
import { ok, refused, typesOf } from './support/runtime.js'

const tar = textBytes('a tar, more or less, that is longer than any magic number\0\0\0')

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

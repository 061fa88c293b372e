import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { openSnapshotter } from '@varve/core/promise'
import {
  descriptorFor,
  digestOf,
  gzipped,
  gzipType,
  mapContent,
  tarType,
  testCodecs,
  textBytes,
} from './support/blobs.js'
import { turns } from './support/clock.js'
import { gate, layersBackend, orCancelled } from './support/layers.js'
import { arrayStore } from './support/memory.js'
import { rejection } from './support/runtime.js'

const tar = textBytes('a tar, more or less')

test('apply and compare as promises, there and back', async () => {
  const content = mapContent()
  const snapshotter = await openSnapshotter({
    store: arrayStore(),
    backend: layersBackend(),
    content,
    codecs: testCodecs,
  })
  content.put(gzipped(tar))
  const descriptor = descriptorFor(gzipped(tar), gzipType)
  const mounts = await snapshotter.prepare('a', { purpose: 'unpack' })
  const applied = await snapshotter.apply(descriptor, mounts)
  assert.equal(applied, { mediaType: tarType, digest: digestOf(tar), size: tar.length })
  const compared = await snapshotter.compare(await snapshotter.view('v'), mounts, { mediaType: tarType })
  assert.equal(compared, applied)
  await snapshotter.close()
})

test('they reject with an Error that has the fields of the refusal', async () => {
  const content = mapContent()
  const snapshotter = await openSnapshotter({
    store: arrayStore(),
    backend: layersBackend(),
    content,
    codecs: testCodecs,
  })
  const mounts = await snapshotter.prepare('a', { purpose: 'unpack' })
  const missing = await rejection(snapshotter.apply(descriptorFor(tar), mounts))
  assert.ok(missing instanceof Error)
  assert.equal([missing['_tag'], missing.name], ['NotFound', 'NotFound'])
  const field = await rejection(snapshotter.compare([], mounts))
  assert.equal([field['_tag'], field['field']], ['InvalidArgument', 'lower'])
  await snapshotter.close()
})

test('an apply and a commit that are given up reject with the reason of the signal itself', async () => {
  const content = mapContent()
  const snapshotter = await openSnapshotter({
    store: arrayStore(),
    backend: layersBackend({
      before: async ({ type }, { signal }) =>
        type === 'ImportLayer' || type === 'SealLayer' ? orCancelled(gate(), signal) : undefined,
    }),
    content,
    codecs: testCodecs,
  })
  content.put(tar)
  const mounts = await snapshotter.prepare('a', { purpose: 'unpack' })
  for (const call of [
    (signal: AbortSignal) => snapshotter.apply(descriptorFor(tar), mounts, { signal }),
    (signal: AbortSignal) => snapshotter.commit('n', 'a', { signal }),
  ]) {
    const abort = new AbortController()
    const rejected = rejection(call(abort.signal))
    await turns()
    const reason = new Error('enough')
    abort.abort(reason)
    assert.is(await rejected, reason)
    assert.is((await snapshotter.stat('a')).kind, 'Active')
  }
  await snapshotter.close()
})

test.run()

import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { hresult, type Failure, type Intent } from '@varve/core'
import { descriptorFor, digestOf, gzipped, gzipType, tarType, textBytes } from './support/blobs.js'
import { turns } from './support/clock.js'
import { gate, layersBackend, openLayers, orCancelled, prepareUnpack, type Opened } from './support/layers.js'
import { arrayStore } from './support/memory.js'
import {
  commitLayer,
  ending,
  failureIn,
  hasEnded,
  infosOf,
  ok,
  open,
  recordsOf,
  refused,
  typesOf,
} from './support/runtime.js'

const tar = textBytes('a tar, more or less')
const blob = gzipped(tar)
const descriptor = descriptorFor(blob, gzipType)

/** A snapshotter that dies while it imports into `a`, on a base layer; `cancels` before it does. */
const died = async (cancels = false): Promise<Opened> => {
  const opened = await openLayers({
    hooks: {
      before: async ({ type, layer }) =>
        type === 'ImportLayer' || (type === 'SealLayer' && layer === 3) ? new Promise(() => undefined) : undefined,
    },
  })
  const { snapshotter, content } = opened
  await commitLayer(snapshotter, 'base')
  content.put(blob)
  const abort = new AbortController()
  const mounts = await prepareUnpack(snapshotter, 'a', 'base')
  void snapshotter.apply(descriptor, mounts, { signal: abort.signal, limits: { bytes: 1_000 } })()
  await turns()
  if (cancels) abort.abort()
  await turns()
  return opened
}

const reopened = (from: Partial<Opened>, hooks: Parameters<typeof layersBackend>[0] = {}): Promise<Opened> =>
  openLayers({ from: { ...from, backend: layersBackend(hooks) } })

const failureOf = ({ store }: Pick<Opened, 'store'>): Failure => failureIn(recordsOf(store).at(-1))

test('an apply that was cut is repeated from the content when the log is opened again', async () => {
  const { store, content, backend: before } = await died()
  const { snapshotter, backend } = await reopened({ store, content })
  assert.equal(
    snapshotter.recovered.map(({ type }) => type),
    ['Applied'],
  )
  assert.equal(backend.contents.get(2), tar)
  const imports = (all: readonly { readonly intent: Intent }[]): readonly Intent[] =>
    all.map(({ intent }) => intent).filter(({ type }) => type === 'ImportLayer')
  assert.equal(imports(backend.performed), imports(before.performed))
  const store1 = store.texts.length
  const answer = await ok(snapshotter.apply(descriptor, await ok(snapshotter.mounts('a'))))
  assert.equal(answer, { mediaType: tarType, digest: digestOf(tar), size: tar.length })
  assert.is(store.texts.length, store1)
  await ok(snapshotter.commit('n', 'a'))
  await ok(snapshotter.close())
})

test('when its blob is gone the apply has failed, and the snapshot is Active and empty', async () => {
  const { store, content } = await died()
  content.blobs.clear()
  const opened = await reopened({ store, content })
  const { snapshotter, backend } = opened
  assert.is(snapshotter.recovered.at(-1)?.type, 'ApplyFailed')
  const failure = failureOf(opened)
  assert.equal('code' in failure && failure.code, hresult.fileNotFound)
  assert.match(failure.message, descriptor.digest)
  assert.is((await ok(snapshotter.stat('a'))).kind, 'Active')
  assert.is(backend.contents.size, 0)
  const another = textBytes('another')
  content.put(another)
  await ok(snapshotter.apply(descriptorFor(another), await ok(snapshotter.mounts('a'))))
  await ok(snapshotter.close())
})

test('when it is opened without content the apply has failed', async () => {
  const { store } = await died()
  const snapshotter = await open({ store, backend: layersBackend() })
  assert.is(snapshotter.recovered.at(-1)?.type, 'ApplyFailed')
  assert.match(failureOf({ store }).message, 'openSnapshotter was given no content or no codecs')
  await ok(snapshotter.close())
})

test('an apply that was cancelled before the crash begins with the signal fired', async () => {
  const { store, content } = await died(true)
  assert.is(typesOf(store).at(-1), 'CancelAccepted')
  const opened = await reopened(
    { store, content },
    { before: async ({ type }, { signal }) => (type === 'ImportLayer' ? orCancelled(gate(), signal) : undefined) },
  )
  assert.equal(
    opened.snapshotter.recovered.map(({ type }) => type),
    ['ApplyFailed'],
  )
  const failure = failureOf(opened)
  assert.equal('code' in failure && failure.code, hresult.cancelled)
  await ok(opened.snapshotter.close())
})

test('a cancel before the crash that comes too late for the backend changes nothing', async () => {
  const { store, content } = await died(true)
  const { snapshotter, backend } = await reopened({ store, content })
  assert.equal(
    snapshotter.recovered.map(({ type }) => type),
    ['Applied'],
  )
  assert.equal(backend.contents.get(2), tar)
  await ok(snapshotter.close())
})

test('a commit that was cancelled before the crash begins with the signal fired', async () => {
  const { snapshotter, store, content } = await died()
  const abort = new AbortController()
  await ok(snapshotter.prepare('c'))
  void snapshotter.commit('n', 'c', { signal: abort.signal })()
  await turns()
  abort.abort()
  await turns()
  const signals: Record<string, boolean> = {}
  const again = await reopened(
    { store, content },
    {
      before: async ({ type }, { signal }) => {
        signals[type] = signal.aborted
        return signal.aborted ? orCancelled(gate(), signal) : undefined
      },
    },
  )
  assert.equal(signals, { ImportLayer: false, SealLayer: true })
  assert.equal([...(await infosOf(again.snapshotter)).keys()], ['a', 'base', 'c'])
  assert.equal(again.snapshotter.recovered.map(({ type }) => type).toSorted(), ['Applied', 'CommitFailed'])
  await ok(again.snapshotter.close())
})

test('what was applied is still known after a checkpoint', async () => {
  const store = arrayStore()
  const first = await openLayers({ from: { store } })
  first.content.put(blob)
  await ok(first.snapshotter.apply(descriptor, await prepareUnpack(first.snapshotter, 'a')))
  await ok(first.snapshotter.close())
  assert.ok(store.rowsKept.size > 0)
  const { snapshotter } = await reopened({ store, content: first.content })
  const answer = await ok(snapshotter.apply(descriptor, await ok(snapshotter.mounts('a'))))
  assert.is(answer.digest, digestOf(tar))
  assert.is(
    (await refused(snapshotter.apply(descriptorFor(tar), await ok(snapshotter.mounts('a')))))._tag,
    'FailedPrecondition',
  )
  await ok(snapshotter.close())
})

test('closing waits for an apply that is under way, which ends as if nobody had closed', async () => {
  const shut = gate()
  const { snapshotter, store, content } = await openLayers({
    hooks: { before: async ({ type }) => (type === 'ImportLayer' ? shut.opened.then(() => undefined) : undefined) },
  })
  content.put(blob)
  const mounts = await prepareUnpack(snapshotter, 'a')
  const apply = ending(snapshotter.apply(descriptor, mounts))
  const waiting = ending(snapshotter.apply(descriptor, mounts))
  await turns()
  const close = ending(snapshotter.close())
  assert.not.ok(await hasEnded(close))
  assert.is(await waiting, 'Closed')
  await shut.open()
  assert.equal([await apply, await close], ['done', 'done'])
  assert.is(typesOf(store).at(-1), 'Applied')
})

test('an apply whose blob is being looked for when the snapshotter closes is not begun', async () => {
  const shut = gate()
  const { content } = await openLayers()
  content.put(blob)
  const slow = { ...content, info: (digest: string) => () => shut.opened.then(() => content.info(digest)()) }
  const { snapshotter, store } = await openLayers({ from: { content: slow } })
  const apply = ending(snapshotter.apply(descriptor, await prepareUnpack(snapshotter, 'a')))
  await turns()
  const close = ending(snapshotter.close())
  await shut.open()
  assert.equal([await apply, await close], ['Closed', 'done'])
  assert.is(typesOf(store).length, 3)
})

test('a log that can not be written ends an apply with its fault, which is neither done nor refused', async () => {
  const shut = gate()
  const { snapshotter, store, content } = await openLayers({
    hooks: { before: async ({ type }) => (type === 'ImportLayer' ? shut.opened.then(() => undefined) : undefined) },
  })
  content.put(blob)
  const apply = refused(snapshotter.apply(descriptor, await prepareUnpack(snapshotter, 'a')))
  await turns()
  store.failNext = true
  await shut.open()
  const fault = await apply
  assert.equal([fault._tag, fault.message.includes('neither done nor refused')], ['StoreFault', true])
  await snapshotter.close()()
})

test.run()

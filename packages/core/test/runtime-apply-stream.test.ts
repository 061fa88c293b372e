import { test } from 'uvu'
import * as assert from 'uvu/assert'
import * as E from 'fp-ts/lib/Either.js'
import { storeFault, type ApplyOptions, type Content, type ContentWriter } from '@varve/core'
import { descriptorFor, mapContent, textBytes } from './support/blobs.js'
import { turns, virtualClock } from './support/clock.js'
import { accessDenied } from './support/events.js'
import { gate, openLayers, prepareUnpack } from './support/layers.js'
import { hasEnded, ok, refused, typesOf } from './support/runtime.js'
import { chunksOf, giving, leftNothing, odd, watched } from './support/streams.js'

const tar = textBytes('a tar that comes in several chunks')
const descriptor = descriptorFor(tar)

test('a stream is written to the content first, and applied from there', async () => {
  const { snapshotter, store, content, backend } = await openLayers()
  const mounts = await prepareUnpack(snapshotter, 'a')
  const { stream, calls } = watched(chunksOf(tar))
  await ok(snapshotter.apply(descriptor, mounts, { stream }))
  assert.equal(content.blobs.get(descriptor.digest), { bytes: tar, labels: {} })
  assert.equal([content.written.length, content.writing.size], [1, 0])
  assert.equal(backend.contents.get(1), tar)
  assert.is(typesOf(store).at(-1), 'Applied')
  assert.equal(
    calls.filter((call) => call !== 'next'),
    ['begun'],
    'a stream that has ended needs no return',
  )
  await ok(snapshotter.close())
})

test('an empty stream is an empty blob', async () => {
  const { snapshotter, content } = await openLayers()
  const empty = descriptorFor(textBytes(''))
  const options = { stream: chunksOf(textBytes('')) }
  const answer = await ok(snapshotter.apply(empty, await prepareUnpack(snapshotter, 'a'), options))
  assert.equal([answer.digest, answer.size, content.blobs.size], [empty.digest, 0, 1])
  await ok(snapshotter.close())
})

test('a stream is not asked for when the content has the blob', async () => {
  const { snapshotter, content } = await openLayers()
  content.put(tar)
  const { stream, calls } = watched(chunksOf(tar))
  await ok(snapshotter.apply(descriptor, await prepareUnpack(snapshotter, 'a'), { stream }))
  assert.equal([calls, content.written], [[], []])
  await ok(snapshotter.close())
})

test('a stream that is left before its end is told so', async () => {
  for (const chunks of [giving('text'), giving(tar, tar)]) {
    const { snapshotter } = await openLayers()
    const { stream, calls } = watched(chunks)
    await refused(snapshotter.apply(descriptor, await prepareUnpack(snapshotter, 'a'), { stream }))
    assert.is(calls.at(-1), 'return')
    await ok(snapshotter.close())
  }
})

test('a stream whose return fails, at once or later, is left all the same', async () => {
  const returns: readonly (() => unknown)[] = [
    () => {
      throw new Error('no return')
    },
    () => Promise.reject(new Error('no return')),
  ]
  for (const close of returns) {
    const opened = await openLayers()
    const stream = {
      [Symbol.asyncIterator]: () => ({ next: async () => ({ done: false, value: 'x' }), return: close }),
    }
    const options = { stream } as unknown as ApplyOptions
    const mounts = await prepareUnpack(opened.snapshotter, 'a')
    assert.is((await refused(opened.snapshotter.apply(descriptor, mounts, options)))._tag, 'InvalidArgument')
    await turns()
    leftNothing(opened)
    await ok(opened.snapshotter.close())
  }
})

test('iterators that answer without a promise are taken', async () => {
  const { snapshotter, backend } = await openLayers()
  const answers = [
    { done: false, value: tar },
    { done: true, value: undefined },
  ]
  const stream = odd(() => answers.shift())
  await ok(snapshotter.apply(descriptor, await prepareUnpack(snapshotter, 'a'), { stream }))
  assert.equal(backend.contents.get(1), tar)
  await ok(snapshotter.close())
})

async function* hanging(): AsyncGenerator<Uint8Array> {
  yield tar.slice(0, 5)
  await new Promise(() => undefined)
}

test('a stream that hangs is left when the signal fires', async () => {
  const opened = await openLayers()
  const abort = new AbortController()
  const { stream, calls } = watched(hanging())
  const mounts = await prepareUnpack(opened.snapshotter, 'a')
  const apply = refused(opened.snapshotter.apply(descriptor, mounts, { stream, signal: abort.signal }))
  assert.not.ok(await hasEnded(apply))
  assert.is(opened.content.writing.size, 1)
  abort.abort('enough')
  assert.equal(await apply, { _tag: 'Aborted', message: 'the caller stopped waiting', reason: 'enough' })
  assert.is(calls.at(-1), 'return')
  leftNothing(opened)
  await ok(opened.snapshotter.close())
})

test('closing leaves a stream that hangs, and waits until nothing is left of it', async () => {
  const opened = await openLayers()
  const order: string[] = []
  const { content } = opened
  const mounts = await prepareUnpack(opened.snapshotter, 'a')
  const apply = refused(opened.snapshotter.apply(descriptor, mounts, { stream: hanging() }))
  void apply.then(({ _tag }) => order.push(_tag))
  await turns()
  assert.is(content.writing.size, 1)
  await ok(opened.snapshotter.close())
  order.push('close')
  assert.equal(order, ['Closed', 'close'])
  leftNothing(opened)
})

test('a signal that fires once the stream was taken records nothing, and the blob stays', async () => {
  const inner = mapContent()
  const abort = new AbortController()
  const writer: Content['writer'] = (ref) => async () => {
    const one = await inner.writer(ref)()
    if (E.isLeft(one)) return one
    const commit: ContentWriter['commit'] = (expected) => async () => {
      abort.abort('enough')
      return one.right.commit(expected)()
    }
    return E.right({ ...one.right, commit })
  }
  const { snapshotter, store, content } = await openLayers({ from: { content: { ...inner, writer } } })
  const options = { stream: chunksOf(tar), signal: abort.signal }
  const refusal = await refused(snapshotter.apply(descriptor, await prepareUnpack(snapshotter, 'a'), options))
  assert.is(refusal._tag, 'Aborted')
  assert.equal([content.blobs.size, typesOf(store).length], [1, 3])
  await ok(snapshotter.close())
})

test('content that can not be written fails the apply with its fault, and the stream is left', async () => {
  const fault = storeFault('the disk is full', 'ENOSPC')
  for (const what of ['writer', 'write', 'commit'] as const) {
    const inner = mapContent()
    const broken = (): (() => Promise<E.Either<typeof fault, never>>) => async () => E.left(fault)
    const writer: Content['writer'] = (ref) => async () => {
      if (what === 'writer') return E.left(fault)
      const one = await inner.writer(ref)()
      return E.isLeft(one) ? one : E.right({ ...one.right, [what]: broken })
    }
    const { snapshotter, store } = await openLayers({ from: { content: { ...inner, writer } } })
    const { stream, calls } = watched(chunksOf(tar))
    const mounts = await prepareUnpack(snapshotter, 'a')
    assert.equal(await refused(snapshotter.apply(descriptor, mounts, { stream })), fault)
    assert.is(calls.at(-1), { writer: undefined, write: 'return', commit: 'next' }[what], what)
    assert.is(typesOf(store).length, 3)
    if (what === 'write') assert.equal([...inner.writing], [])
    await ok(snapshotter.close())
  }
})

test('an apply that waits has taken its stream when its turn comes', async () => {
  const shut = gate()
  let runs = 0
  const { snapshotter, content, backend } = await openLayers({
    hooks: {
      before: async ({ type }) => {
        if (type !== 'ImportLayer' || runs++ > 0) return undefined
        await shut.opened
        return accessDenied
      },
    },
  })
  const first = textBytes('another')
  content.put(first)
  const mounts = await prepareUnpack(snapshotter, 'a')
  const failing = refused(snapshotter.apply(descriptorFor(first), mounts))
  await turns()
  const waiting = ok(snapshotter.apply(descriptor, mounts, { stream: chunksOf(tar) }))
  await turns()
  assert.ok(content.blobs.has(descriptor.digest))
  await shut.open()
  assert.is((await failing)._tag, 'BackendFault')
  await waiting
  assert.equal(backend.contents.get(1), tar)
  await ok(snapshotter.close())
})

test('two streams of one blob at the same time do not meet, although the clock stands still', async () => {
  const { snapshotter, content, backend } = await openLayers({ clock: virtualClock() })
  const [a, b] = [await prepareUnpack(snapshotter, 'a'), await prepareUnpack(snapshotter, 'b')]
  await Promise.all([a, b].map((mounts) => ok(snapshotter.apply(descriptor, mounts, { stream: chunksOf(tar, 1) }))))
  assert.is(new Set(content.written).size, content.written.length)
  assert.equal([backend.contents.get(1), backend.contents.get(2)], [tar, tar])
  await ok(snapshotter.close())
})

test.run()

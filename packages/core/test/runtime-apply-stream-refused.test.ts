import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { ApplyOptions } from '@varve/core'
import { descriptorFor, textBytes } from './support/blobs.js'
import { openLayers, prepareUnpack } from './support/layers.js'
import { ok, refused } from './support/runtime.js'
import { chunksOf, giving, leftNothing, odd } from './support/streams.js'

const tar = textBytes('a tar that comes in several chunks')
const descriptor = descriptorFor(tar)

const thrower = (cause: unknown): AsyncIterable<Uint8Array> =>
  odd(() => {
    throw cause
  })

async function* failing(): AsyncGenerator<Uint8Array> {
  yield tar.slice(0, 5)
  throw new Error('the network is down')
}

/** Streams that are refused: the field and the value that the InvalidArgument names. */
const refusedStreams: readonly (readonly [what: string, stream: () => unknown, field: string, value: string])[] = [
  ['fails', failing, 'stream', '"the network is down"'],
  ['fails at once', () => thrower(new Error('no')), 'stream', '"no"'],
  ['fails with nothing', () => thrower(undefined), 'stream', 'undefined'],
  ['fails with what has no text', () => thrower(Object.create(null)), 'stream', 'an object'],
  [
    'can not be begun',
    () => ({
      [Symbol.asyncIterator]: () => {
        throw new Error('used up')
      },
    }),
    'stream',
    '"used up"',
  ],
  ['has no iterator', () => ({ [Symbol.asyncIterator]: 7 }), 'stream', ''],
  ['gives null for a next', () => odd(() => null), 'stream', ''],
  ['gives nothing for a next', () => odd(async () => undefined), 'stream', ''],
  ['gives text', () => giving('a tar'), 'stream', '"a tar"'],
  ['gives numbers', () => giving(tar.slice(0, 5), 7), 'stream', '7'],
  ['gives arrays of numbers', () => giving([1, 2]), 'stream', 'an array of 2'],
  ['gives words of 16 bits', () => giving(new Uint16Array(4)), 'stream', 'an object'],
  ['is longer than it should be', () => giving(tar, tar.slice(0, 1)), 'descriptor.size', '34'],
  ['never ends', () => odd(async () => ({ done: false, value: tar })), 'descriptor.size', '34'],
  ['is shorter than it should be', () => giving(tar.slice(1)), 'size', '34'],
  ['has other bytes', () => giving(tar.slice(1), tar.slice(0, 1)), 'digest', `"${descriptor.digest}"`],
  ['is text', () => 'a tar', 'stream', '"a tar"'],
  ['is an array', () => [tar], 'stream', 'an array of 1'],
  ['is null', () => null, 'stream', 'null'],
]

for (const [what, stream, field, value] of refusedStreams) {
  test(`a stream that ${what} is refused, and nothing of it is left`, async () => {
    const opened = await openLayers()
    const mounts = await prepareUnpack(opened.snapshotter, 'a')
    const options = { stream: stream() } as ApplyOptions
    const refusal = await refused(opened.snapshotter.apply(descriptor, mounts, options))
    if (refusal._tag !== 'InvalidArgument') throw new Error(`${refusal._tag}: ${refusal.message}`)
    assert.is(refusal.field, field, refusal.message)
    if (value !== '') assert.is(refusal.value, value)
    leftNothing(opened)
    await ok(opened.snapshotter.apply(descriptor, mounts, { stream: chunksOf(tar) }))
    await ok(opened.snapshotter.close())
  })
}

test.run()

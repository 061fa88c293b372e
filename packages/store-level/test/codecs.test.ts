import * as E from 'fp-ts/lib/Either.js'
import type { Either } from 'fp-ts/lib/Either.js'
import { setImmediate as turn } from 'node:timers/promises'
import { createGunzip, gzipSync } from 'node:zlib'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { Compression } from '@varve/core'
import { type Engine, through } from '../src/codecs/engine.js'
import { nodeCodecs } from '../src/index.js'

const codecs = nodeCodecs()

async function* streamOf(...chunks: readonly Uint8Array[]): AsyncGenerator<Either<never, Uint8Array>> {
  for (const chunk of chunks) yield E.right(chunk)
}

const mebibyte = 2 ** 20

/** Takes so many bytes slowly; the most bytes of buffers that were alive meanwhile, beyond those before. */
const peakWhile = async (compression: Compression, data: Uint8Array, taken: number): Promise<number> => {
  const before = process.memoryUsage().arrayBuffers
  let peak = 0
  let size = 0
  for await (const chunk of codecs.decompress(compression, streamOf(data))) {
    if (E.isLeft(chunk)) throw new Error(chunk.left.message)
    size += chunk.right.length
    for (let turns = 0; turns < 3; turns++) await turn()
    peak = Math.max(peak, process.memoryUsage().arrayBuffers - before)
    if (size >= taken) break
  }
  assert.ok(size >= taken, `${size} bytes`)
  return peak
}

/** Frames of zeros: a window of 1 MiB, and blocks of 128 KiB out of four bytes each. */
const zstdBomb = (blocks: number): Uint8Array =>
  Buffer.concat([
    Buffer.of(0x28, 0xb5, 0x2f, 0xfd, 0, 0x50),
    ...Array.from({ length: blocks }, () => Buffer.of(0x02, 0x00, 0x10, 0)),
  ])

test('a bomb that is taken slowly stays small', async () => {
  const members = Buffer.concat(Array.from({ length: 8 }, () => gzipSync(Buffer.alloc(64 * mebibyte))))
  const peaks = [
    await peakWhile('gzip', members, 100 * mebibyte),
    await peakWhile('zstd', zstdBomb(100_000), 100 * mebibyte),
  ]
  // What was taken may not have been collected yet; of what was not there are 400 MiB and more.
  for (const peak of peaks) assert.ok(peak < 160 * mebibyte, `${peak} bytes`)
})

test('a frame is refused for the window it asks for before anything is made for it', async () => {
  const before = process.memoryUsage()
  const frame = Buffer.of(0x28, 0xb5, 0x2f, 0xfd, 0, 0xa0, 0x02, 0x00, 0x10, 0)
  for await (const chunk of codecs.decompress('zstd', streamOf(frame))) {
    assert.ok(E.isLeft(chunk))
    assert.match(chunk.left.message, 'a window of 1073741824 bytes (at most 134217728) at byte 0')
  }
  const { arrayBuffers, external } = process.memoryUsage()
  assert.ok(arrayBuffers - before.arrayBuffers < 8 * mebibyte && external - before.external < 8 * mebibyte)
})

test('the engine is closed when the loop is over, however that came', async () => {
  const data = gzipSync(Buffer.alloc(4 * mebibyte, 'a text that repeats itself'))
  const engines: Engine[] = []
  const make = (): Engine => {
    const engine = createGunzip()
    engines.push(engine)
    return engine
  }
  const onError = (error: Error): string => error.message
  const lefts: unknown[] = []
  for await (const chunk of through(streamOf(data), make, { onError })) if (E.isRight(chunk)) break
  for await (const chunk of through(streamOf(data), make, { onError })) if (E.isLeft(chunk)) lefts.push(chunk.left)
  for await (const chunk of through(streamOf(data.subarray(5)), make, { onError }))
    if (E.isLeft(chunk)) lefts.push(chunk.left)
  assert.equal(lefts, ['incorrect header check'])
  for (const engine of engines) assert.ok(engine.destroyed)
  assert.is(engines.length, 3)
})

test('bytes that throw against their word end the stream', async () => {
  async function* throwing(): AsyncGenerator<Either<never, Uint8Array>> {
    yield E.right(gzipSync('abc').subarray(0, 12))
    throw new Error('against its word')
  }
  const found: string[] = []
  for await (const chunk of codecs.decompress('gzip', throwing())) found.push(E.isLeft(chunk) ? chunk.left.message : '')
  assert.is(found.length, 1)
  assert.match(found[0] ?? '', 'against its word')
})

test('chunks come out with a buffer of their own, of 64 to 256 KiB but for the last', async () => {
  const content = Buffer.alloc(3 * mebibyte + 5, 'a text that repeats itself')
  const data = gzipSync(content)
  const sizes: number[] = []
  for await (const chunk of codecs.decompress('gzip', streamOf(data))) {
    assert.ok(E.isRight(chunk))
    assert.is(chunk.right.buffer.byteLength, chunk.right.length)
    sizes.push(chunk.right.length)
  }
  assert.is(sizes.pop(), 5)
  assert.ok(sizes.every((size) => size >= mebibyte / 16 && size <= mebibyte / 4))
})

test.run()

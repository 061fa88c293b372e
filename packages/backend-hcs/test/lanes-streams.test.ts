import { setMaxListeners } from 'node:events'
import * as E from 'fp-ts/lib/Either.js'
import { chunkLength } from '@varve/core/adapter'
import { backendFault, type ByteStream, type Failure, type FilesError } from '@varve/core/ports'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { laneCount } from '../src/lanes/lanes.js'
import { chunkCount, job, until, withLanes } from './support/lane-rig.js'

async function* tarOf(sizes: readonly number[], end?: Failure): ByteStream<Failure> {
  let byte = 0
  for (const size of sizes) yield E.right(Uint8Array.from({ length: size }, () => byte++ % 253))
  if (end !== undefined) yield E.left(end)
}

test('a tar arrives whole and in order, in buffers of one size', () =>
  withLanes(async ({ answer }) => {
    const sizes = [0, 1, 512, 262_144, 3_000_001, 7]
    const length = sizes.reduce((sum, size) => sum + size)
    let byte = 0
    let sum = 0
    async function* tar(): ByteStream<Failure> {
      for (const size of sizes) {
        const bytes = Uint8Array.from({ length: size }, () => byte++ % 253)
        for (const one of bytes) sum = (sum * 31 + one) % 1_000_003
        yield E.right(bytes)
      }
    }
    const read = await answer('read', [], {}, { tar: tar() })
    assert.equal(read, { length, sum, largest: 262_144, again: 'end' })
  }))

test('a tar that fails, throws, or was never given', () =>
  withLanes(async ({ answer }) => {
    const failure = backendFault('the blob is gone', 0x80070002)
    const read = await answer('read', [], {}, { tar: tarOf([10], failure) })
    assert.equal(read, { length: 10, failure, isCancelled: false })
    async function* broken(): ByteStream<Failure> {
      yield E.right(Uint8Array.of(1))
      throw new Error('no more')
    }
    const thrown = (await answer('read', [], {}, { tar: broken() })) as { readonly failure: Failure }
    assert.match(thrown.failure.message, 'no more')
    const none = (await answer('read')) as { readonly failure: Failure }
    assert.match(none.failure.message, 'none was given')
  }))

test('a call that waits for its tar can be cancelled', () =>
  withLanes(async ({ answer }) => {
    let isClosed = false
    async function* slow(): ByteStream<Failure> {
      try {
        for (;;) {
          yield E.right(new Uint8Array(300_000))
          await new Promise((resolve) => setTimeout(resolve, 30))
        }
      } finally {
        isClosed = true
      }
    }
    const signal = AbortSignal.timeout(100)
    const read = (await answer('read', [], { isUndone: true }, { tar: slow(), signal })) as {
      readonly isCancelled: boolean
    }
    assert.ok(read.isCancelled)
    await until(() => isClosed)
  }))

const collect = async (stream: ByteStream<FilesError>): Promise<readonly Uint8Array[]> => {
  const chunks: Uint8Array[] = []
  for await (const chunk of stream) {
    if (E.isLeft(chunk)) throw new Error(chunk.left.message)
    chunks.push(chunk.right)
  }
  return chunks
}

test('what a call puts out arrives whole and in order, with its progress', () =>
  withLanes(async ({ lanes }) => {
    const told: number[] = []
    const options = { progress: ({ bytes }: { readonly bytes: number }) => void told.push(bytes) }
    const chunks = await collect(lanes.stream(job('put', [100, 50_000]), options))
    assert.equal(
      chunks.map(({ length }) => length),
      [...Array.from({ length: 19 }, () => 262_144), 5_000_000 - 19 * 262_144],
    )
    const bytes = Buffer.concat(chunks)
    assert.ok(bytes.every((byte, at) => byte === (Math.floor(at / 50_000) + 1) % 251))
    assert.is(told.at(-1), 5_000_000)
    assert.ok(told.length < 50, `${told.length} reports`)
    assert.equal(await collect(lanes.stream(job('put', [0, 0]))), [])
  }))

test('a stream whose reader stays away goes no further than it may, and leaving the loop ends it', () =>
  withLanes(async ({ lanes, answer, shared }) => {
    for await (const chunk of lanes.stream(job('put', [1_000_000, 262_144]))) {
      assert.ok(E.isRight(chunk))
      await new Promise((resolve) => setTimeout(resolve, 200))
      break
    }
    assert.is(Atomics.load(shared, chunkCount), 9)
    assert.is(await answer('echo', [1]), 1)
  }))

test('what is read of a stream whose call has ended is nothing to the call that has its lane', () =>
  withLanes(async ({ lanes, shared }) => {
    const ended = lanes.stream(job('put', [6, 262_144]))[Symbol.asyncIterator]()
    await ended.next()
    await new Promise((resolve) => setTimeout(resolve, 100))
    Atomics.store(shared, chunkCount, 0)
    const paused = lanes.stream(job('put', [1_000, 262_144]))[Symbol.asyncIterator]()
    await paused.next()
    for (let rest = 5; rest > 0; rest--) await ended.next()
    await new Promise((resolve) => setTimeout(resolve, 200))
    const count = Atomics.load(shared, chunkCount)
    await paused.return?.()
    assert.is(count, 9)
  }))

test('a stream fails as its call does', () =>
  withLanes(async ({ lanes }) => {
    const chunks: unknown[] = []
    for await (const chunk of lanes.stream(job('refuse'))) chunks.push(chunk)
    assert.equal(chunks, [E.left({ _tag: 'FailedPrecondition', message: 'it: failed precondition' })])
  }))

/** What calls do that are given this signal; they are stopped when they hang. */
const inTime = async <T>(run: (signal: AbortSignal) => Promise<T>): Promise<T> => {
  const over = new AbortController()
  setMaxListeners(0, over.signal)
  const timer = setTimeout(() => over.abort(), 20_000)
  const done = await run(over.signal)
  clearTimeout(timer)
  assert.not(over.signal.aborted, 'it hangs')
  return done
}

/** More than may be on its way between two calls. */
const long = [24, chunkLength] as const

for (const [how, isBegun] of [
  ['not begun before', () => false],
  ['all begun before', () => true],
  ['some begun before', (at: number) => at % 2 === 0],
] as const)
  test(`calls can be filled from streams of the same lanes, more than there are lanes: ${how}`, () =>
    withLanes(async ({ lanes, answer }) => {
      const read = async (at: number, signal: AbortSignal): Promise<number> => {
        const stream = lanes.stream(job('put', long), { signal }) as ByteStream<Failure>
        const chunks = stream[Symbol.asyncIterator]()
        const first = isBegun(at) ? await chunks.next() : undefined
        async function* tar(): ByteStream<Failure> {
          if (first?.done === false) yield first.value
          yield* { [Symbol.asyncIterator]: () => chunks }
        }
        const { length } = (await answer('read', [], {}, { tar: tar(), signal })) as { readonly length: number }
        return length
      }
      const reads = (signal: AbortSignal) =>
        Promise.all(Array.from({ length: 2 * laneCount }, (_, at) => read(at, signal)))
      assert.ok((await inTime(reads)).every((length) => length === long[0] * long[1]))
    }))

test('a tar that has not begun takes no lane, and is not waited for by who is cancelled', () =>
  withLanes(async ({ answer }) => {
    let begin: () => void = () => undefined
    const begun = new Promise<void>((resolve) => (begin = resolve))
    async function* late(): ByteStream<Failure> {
      await begun
      yield E.right(Uint8Array.of(1))
    }
    let hasBegun = false
    void begun.then(() => (hasBegun = true))
    const reads = Array.from({ length: laneCount }, () => answer('read', [], {}, { tar: late() }))
    const later = setTimeout(begin, 10_000)
    assert.is(await answer('echo', ['here']), 'here')
    const signal = AbortSignal.timeout(20)
    const cancelled = (await answer('read', [], { isUndone: true }, { tar: late(), signal })) as object
    assert.ok('isCancelled' in cancelled && cancelled.isCancelled)
    assert.not(hasBegun)
    clearTimeout(later)
    begin()
    await Promise.all(reads)
  }))

test.run()

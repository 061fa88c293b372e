import * as E from 'fp-ts/lib/Either.js'
import { chunkLength, chunksInFlight, chunksOf, feedTar, movable, type Arrival } from '@varve/core/adapter'
import { backendFault, type ByteStream, type Failure, type FilesError } from '@varve/core/ports'
import { test } from 'uvu'
import * as assert from 'uvu/assert'

const turns = async (): Promise<void> => {
  for (let turn = 0; turn < 50; turn++) await new Promise((resolve) => setImmediate(resolve))
}

/** Parts of a stream, and whether its reader has left it. */
const streamOf = (parts: readonly E.Either<Failure, Uint8Array>[]) => {
  const state = { pulled: 0, isLeft: false }
  const stream = async function* (): ByteStream<Failure> {
    try {
      for (const part of parts) {
        state.pulled++
        yield part
      }
    } finally {
      state.isLeft = true
    }
  }
  return { state, stream: stream() }
}

/** What a feed has posted. */
const posted = () => {
  const arrivals: Arrival[] = []
  const buffers: ArrayBuffer[] = []
  return {
    arrivals,
    buffers,
    post: (arrival: Arrival, moved: readonly ArrayBuffer[]): void => {
      arrivals.push(arrival)
      buffers.push(...moved)
    },
    lengths: () => arrivals.map((arrival) => (arrival.type === 'bytes' ? arrival.bytes.length : arrival.type)),
  }
}

test('a tar goes over in whole chunks, then its end; its own chunks are spent', async () => {
  const { post, lengths, buffers, arrivals } = posted()
  const spent: number[] = []
  const bytes = [chunkLength - 1, 3, 0, 5].map((length, at) => new Uint8Array(length).fill(at))
  feedTar(streamOf(bytes.map((part) => E.right(part))).stream, { post, spend: ({ length }) => spent.push(length) })
  await turns()
  assert.equal(lengths(), [chunkLength, 7, 'end'])
  assert.equal(spent, [chunkLength - 1, 3, 0, 5])
  assert.equal(
    buffers.map(({ byteLength }) => byteLength),
    [chunkLength, chunkLength],
  )
  assert.equal(arrivals[1], { type: 'bytes', bytes: Uint8Array.of(1, 1, 3, 3, 3, 3, 3) })
})

test('buffers that have not come back hold up the tar, even in the middle of a chunk of it', async () => {
  const { post, lengths, buffers } = posted()
  const { stream, state } = streamOf([
    E.right(new Uint8Array((chunksInFlight + 2) * chunkLength)),
    E.right(new Uint8Array(1)),
  ])
  const feed = feedTar(stream, { post })
  await turns()
  assert.is(lengths().length, chunksInFlight)
  assert.is(state.pulled, 1)
  for (const buffer of buffers.splice(0, 3)) feed.takeBack(buffer)
  await turns()
  assert.equal(lengths().slice(chunksInFlight), [chunkLength, chunkLength, 1, 'end'])
})

test('a tar that fails or throws has failed, behind the bytes before it', async () => {
  const fault = backendFault('gone', 1)
  const failing = posted()
  feedTar(streamOf([E.right(new Uint8Array(5)), E.left(fault), E.right(new Uint8Array(5))]).stream, failing)
  await turns()
  assert.equal(failing.lengths(), [5, 'failed'])
  assert.equal(failing.arrivals[1], { type: 'failed', failure: fault })
  const throwing = posted()
  feedTar(
    (async function* (): ByteStream<Failure> {
      yield E.right(new Uint8Array(3))
      throw new Error('broken stream')
    })(),
    throwing,
  )
  await turns()
  assert.equal(throwing.lengths(), [3, 'failed'])
  const arrival = throwing.arrivals[1]
  assert.ok(arrival?.type === 'failed')
  assert.match(arrival.failure.message, 'broken stream')
})

test('a tar that is not wanted any more is left, also while it waits for a buffer', async () => {
  const { post, lengths } = posted()
  const { stream, state } = streamOf([E.right(new Uint8Array(20 * chunkLength)), E.right(new Uint8Array(1))])
  const feed = feedTar(stream, { post })
  await turns()
  assert.not(state.isLeft)
  feed.stop()
  await turns()
  assert.equal(state, { pulled: 1, isLeft: true })
  assert.is(lengths().length, chunksInFlight)
})

/** An export that a test drives, and what was told to it. */
const exporting = () => {
  const told: string[] = []
  let put: (chunk: Uint8Array) => void = () => undefined
  let settle: (outcome: E.Either<FilesError, unknown>) => void = () => undefined
  const tell = (what: string) => (): void => void told.push(what)
  const chunks = chunksOf(async (given) => {
    put = given
    const outcome = new Promise<E.Either<FilesError, unknown>>((resolve) => (settle = resolve))
    return E.right({ outcome, stop: tell('stop'), took: tell('took'), hold: tell('hold'), release: tell('release') })
  })
  return {
    chunks,
    told,
    put: (byte: number) => put(Uint8Array.of(byte)),
    settle: (by: Parameters<typeof settle>[0]) => settle(by),
  }
}

test('chunks come in order, then the failure; the process is held only while one is waited for', async () => {
  const { chunks, told, put, settle } = exporting()
  const first = chunks.next()
  await turns()
  put(1)
  put(2)
  assert.equal(await first, { done: false, value: E.right(Uint8Array.of(1)) })
  assert.equal(told, ['hold', 'release', 'took'])
  assert.equal(await chunks.next(), { done: false, value: E.right(Uint8Array.of(2)) })
  assert.equal(told, ['hold', 'release', 'took', 'took'])
  const fault = backendFault('broken', 1)
  settle(E.left(fault))
  assert.equal(await chunks.next(), { done: false, value: E.left(fault) })
  assert.ok((await chunks.next()).done)
  assert.not(told.includes('stop'))
})

test('whoever leaves the loop stops the export and waits for its end', async () => {
  const { chunks, told, put, settle } = exporting()
  const first = chunks.next()
  await turns()
  put(1)
  await first
  let hasLeft = false
  const leaving = chunks.return().then(() => (hasLeft = true))
  await turns()
  assert.equal([told.includes('stop'), hasLeft], [true, false])
  settle(E.right(undefined))
  await leaving
})

test('an export that can not begin gives only that', async () => {
  const fault = backendFault('dead', 1)
  const got: unknown[] = []
  for await (const chunk of chunksOf(async () => E.left(fault))) got.push(chunk)
  assert.equal(got, [E.left(fault)])
})

test('bytes among arguments are copied before they are moved', () => {
  const whole = Uint8Array.of(1, 2, 3, 4)
  const { args, moved } = movable([7, whole.subarray(1, 3), 'a'])
  assert.equal(args, [7, Uint8Array.of(2, 3), 'a'])
  assert.is(moved.length, 1)
  assert.is(moved[0], (args[1] as Uint8Array).buffer)
  assert.is(moved[0]?.byteLength, 2)
  assert.is.not(moved[0], whole.buffer)
})

test.run()

import * as E from 'fp-ts/lib/Either.js'
import { spawnSync } from 'node:child_process'
import { pbkdf2 } from 'node:crypto'
import { promisify } from 'node:util'
import { backendFault, type ByteStream, type Failure, type FilesError } from '@varve/core/ports'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { laneCount, openLanes, type CallOptions, type Job, type Lanes } from '../src/lanes/lanes.js'
import { makeWords, type Words } from '../src/lanes/words.js'

const program = new URL('./support/lane-program.js', import.meta.url)
/** What the program is given: see there. */
const [gate, running, mostRunning] = [0, 1, 2]

const job = (name: string, args: readonly unknown[] = [], more: Partial<Job> = {}): Job => ({
  name,
  args,
  what: `the call ${name}`,
  turn: undefined,
  isUndone: false,
  ...more,
})

type Call = (name: string, args?: readonly unknown[], more?: Partial<Job>, options?: CallOptions) => Promise<unknown>

/** Lanes, what they answer, and what a call of them fails with; they are ended whatever happens. */
const withLanes = async (
  use: (tools: {
    readonly lanes: Lanes
    readonly shared: Words
    readonly answer: Call
    readonly failure: (...asked: Parameters<Call>) => Promise<FilesError>
  }) => Promise<void>,
): Promise<void> => {
  const shared = makeWords(4)
  const lanes = openLanes(program, shared)
  const call: (...asked: Parameters<Call>) => ReturnType<Lanes['call']> = (name, args, more, options) =>
    lanes.call(job(name, args, more), options)
  try {
    await use({
      lanes,
      shared,
      answer: async (...asked) => {
        const outcome = await call(...asked)
        if (E.isLeft(outcome)) throw new Error(`${asked[0]}: ${outcome.left.message}`)
        return outcome.right
      },
      failure: async (...asked) => {
        const outcome = await call(...asked)
        if (E.isRight(outcome)) throw new Error(`${asked[0]} answered ${JSON.stringify(outcome.right)}`)
        return outcome.left
      },
    })
  } finally {
    openGate(shared)
    await lanes.end()
  }
}

const openGate = (shared: Words): void => {
  Atomics.store(shared, gate, 1)
  Atomics.notify(shared, gate)
}

const until = async (holds: () => boolean): Promise<void> => {
  for (let turn = 0; !holds(); turn++) {
    if (turn > 5_000) throw new Error('it did not come to that')
    await new Promise((resolve) => setTimeout(resolve, 1))
  }
}

test('answers and failures come back as they are', () =>
  withLanes(async ({ answer, failure }) => {
    assert.equal(await answer('echo', [{ a: 1n, b: Uint8Array.of(1, 2) }]), { a: 1n, b: Uint8Array.of(1, 2) })
    assert.equal(await failure('refuse'), { _tag: 'FailedPrecondition', message: 'it: failed precondition' })
    const fault = await failure('throw')
    assert.is(fault._tag, 'BackendFault')
    assert.match(fault.message, 'the call throw: no such thing')
  }))

test("a caller's bytes stay the caller's", () =>
  withLanes(async ({ answer }) => {
    const bytes = Uint8Array.of(9, 1, 2, 3, 9).subarray(1, 4)
    assert.equal(await answer('echo', [bytes]), Uint8Array.of(1, 2, 3))
    assert.equal(bytes, Uint8Array.of(1, 2, 3))
  }))

test('what can not cross is a fault, and the lane goes on', () =>
  withLanes(async ({ answer, failure }) => {
    const fault = await failure('echo', [() => undefined])
    assert.is(fault._tag === 'BackendFault' && fault.code, 0x80070057)
    assert.is(await answer('echo', ['next']), 'next')
  }))

test('four calls run at once, and the fifth waits', () =>
  withLanes(async ({ answer, shared }) => {
    const hanging = Array.from({ length: laneCount + 1 }, () => answer('hang'))
    await until(() => Atomics.load(shared, running) === laneCount)
    await new Promise((resolve) => setTimeout(resolve, 50))
    assert.is(Atomics.load(shared, running), laneCount)
    openGate(shared)
    await Promise.all(hanging)
  }))

test('a call that hangs keeps its lane and nothing else', () =>
  withLanes(async ({ answer, shared }) => {
    const hanging = Array.from({ length: laneCount - 1 }, () => answer('hang'))
    await until(() => Atomics.load(shared, running) === laneCount - 1)
    const lanes = await Promise.all(Array.from({ length: 20 }, () => answer('lane')))
    assert.is(new Set(lanes).size, 1)
    openGate(shared)
    await Promise.all(hanging)
  }))

test("while every lane hangs, the thread pool that a log is written with is nobody's", () =>
  withLanes(async ({ answer, shared }) => {
    const hanging = Array.from({ length: laneCount + 4 }, () => answer('hang'))
    await until(() => Atomics.load(shared, running) === laneCount)
    for (let round = 0; round < 8; round++) await promisify(pbkdf2)('a', 'b', 1, 32, 'sha256')
    assert.is(Atomics.load(shared, running), laneCount)
    openGate(shared)
    await Promise.all(hanging)
  }))

test('calls with the same turn are made one after the other, others pass them', () =>
  withLanes(async ({ answer, shared }) => {
    const order: string[] = []
    const asked = async (name: string, turn: string, mark: string): Promise<void> => {
      await answer(name, [], { turn })
      order.push(mark)
    }
    const all = [asked('hang', 'a', 'a1'), asked('lane', 'a', 'a2'), asked('lane', 'b', 'b1'), asked('lane', 'a', 'a3')]
    await until(() => order.length === 1)
    assert.equal(order, ['b1'])
    openGate(shared)
    await Promise.all(all)
    assert.equal(order, ['b1', 'a1', 'a2', 'a3'])
  }))

test('what is under the lock runs in one lane at a time', () =>
  withLanes(async ({ answer, shared }) => {
    await Promise.all(Array.from({ length: 8 }, () => answer('alone')))
    assert.is(Atomics.load(shared, mostRunning), 1)
  }))

test('a lane that dies fails its call and is started anew', () =>
  withLanes(async ({ answer, failure }) => {
    const before = await answer('lane')
    const fault = await failure('die')
    assert.is(fault._tag, 'BackendFault')
    assert.match(fault.message, 'the call die')
    assert.is(await answer('lane'), before)
    await failure('die in the lock')
    await answer('alone')
  }))

test('a signal that fired before a call is made', () =>
  withLanes(async ({ answer, failure, shared }) => {
    const signal = AbortSignal.abort()
    const fault = await failure('echo', [1], {}, { signal })
    assert.is(fault._tag === 'BackendFault' && fault.code, 0x80004004)
    assert.is(await answer('spin', [], { isUndone: true }, { signal }), 'cancelled')
    const hanging = Array.from({ length: laneCount }, () => answer('hang'))
    await until(() => Atomics.load(shared, running) === laneCount)
    const abort = new AbortController()
    const waiting = failure('echo', [1], {}, { signal: abort.signal })
    const undone = answer('spin', [], { isUndone: true }, { signal: abort.signal })
    abort.abort()
    assert.match((await waiting).message, 'stopped')
    openGate(shared)
    assert.is(await undone, 'cancelled')
    await Promise.all(hanging)
  }))

test('a signal that fires while a call runs is for that call', () =>
  withLanes(async ({ answer }) => {
    const stop = AbortSignal.timeout(20)
    assert.is(await answer('spin', [], {}, { signal: stop }), 'stopped')
    const cancel = AbortSignal.timeout(20)
    const both = [
      answer('spin', [], { isUndone: true }, { signal: cancel }),
      answer('spin', [], {}, { signal: AbortSignal.timeout(60) }),
    ]
    assert.equal(await Promise.all(both), ['cancelled', 'stopped'])
  }))

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
  withLanes(async ({ lanes, answer }) => {
    const told: number[] = []
    const options = { progress: ({ files }: { readonly files: number }) => void told.push(files) }
    for await (const chunk of lanes.stream(job('put', [1_000_000, 262_144]), options)) {
      assert.ok(E.isRight(chunk))
      await new Promise((resolve) => setTimeout(resolve, 200))
      break
    }
    assert.ok((told.at(-1) ?? 0) < 12, `${told.at(-1)} chunks`)
    assert.is(await answer('echo', [1]), 1)
  }))

test('a stream fails as its call does', () =>
  withLanes(async ({ lanes }) => {
    const chunks: unknown[] = []
    for await (const chunk of lanes.stream(job('refuse'))) chunks.push(chunk)
    assert.equal(chunks, [E.left({ _tag: 'FailedPrecondition', message: 'it: failed precondition' })])
  }))

test('ending waits for what runs and for what waits; then calls start anew', () =>
  withLanes(async ({ lanes, shared, answer }) => {
    const hanging = Array.from({ length: laneCount + 1 }, () => answer('hang'))
    await until(() => Atomics.load(shared, running) === laneCount)
    let isEnded = false
    const ending = lanes.end().then(() => (isEnded = true))
    await new Promise((resolve) => setTimeout(resolve, 30))
    assert.not(isEnded)
    openGate(shared)
    await Promise.all([ending, ...hanging])
    await lanes.end()
    assert.is(await answer('echo', ['again']), 'again')
  }))

test('lanes that nobody ended do not hold the process, and a call does', () => {
  const lanesUrl = new URL('../src/lanes/lanes.js', import.meta.url).href
  const text = `
    import { openLanes } from ${JSON.stringify(lanesUrl)}
    const lanes = openLanes(new URL(${JSON.stringify(program.href)}), new Int32Array(new SharedArrayBuffer(16)))
    const made = (name, args) => ({ name, args, what: name, turn: undefined, isUndone: false })
    const outcome = await lanes.call(made('echo', ['held']))
    console.log(outcome.right)
    const stream = lanes.stream(made('put', [1000, 262144]))
    console.log((await stream[Symbol.asyncIterator]().next()).value._tag)`
  const { status, stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', text], {
    encoding: 'utf8',
    timeout: 20_000,
  })
  assert.equal([status, stdout, stderr], [0, 'held\nRight\n', ''])
})

test.run()

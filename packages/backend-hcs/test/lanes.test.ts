import { spawnSync } from 'node:child_process'
import { pbkdf2 } from 'node:crypto'
import { promisify } from 'node:util'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { laneCount } from '../src/lanes/lanes.js'
import { mostRunning, openGate, program, running, until, withLanes } from './support/lane-rig.js'

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

/** What the lanes of `lanes.test.ts` do. */
import { failedPrecondition } from '@varve/core/ports'
import { raise } from '../../src/failure.js'
import type { Control } from '../../src/layers/control.js'
import { withLock } from '../../src/lanes/lock.js'
import { laneData, serve } from '../../src/lanes/serve.js'

const { lane, lock, data } = laneData<Int32Array<SharedArrayBuffer>>()
/** Of the words that the test shares, the first is what a hanging call waits for, the others count calls that run and chunks. */
const [gate, running, mostRunning, chunks] = [0, 1, 2, 3]

const hang = (): void => {
  Atomics.add(data, running, 1)
  Atomics.notify(data, running)
  Atomics.wait(data, gate, 0)
  Atomics.sub(data, running, 1)
}

const alone = (): void => {
  const count = Atomics.add(data, running, 1) + 1
  if (count > Atomics.load(data, mostRunning)) Atomics.store(data, mostRunning, count)
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 10)
  Atomics.sub(data, running, 1)
}

const readTar = ({ take, isCancelled }: Control): unknown => {
  let length = 0
  let sum = 0
  let largest = 0
  for (;;) {
    const arrival = take()
    if (arrival.type === 'failed') return { length, failure: arrival.failure, isCancelled: isCancelled() }
    if (arrival.type === 'end') return { length, sum, largest, again: take().type }
    length += arrival.bytes.length
    largest = Math.max(largest, arrival.bytes.buffer.byteLength)
    for (const byte of arrival.bytes) sum = (sum * 31 + byte) % 1_000_003
  }
}

const putOut = ({ put, progress }: Control, count: number, size: number): void => {
  for (let at = 1; at <= count; at++) {
    put(new Uint8Array(size).fill(at % 251))
    Atomics.add(data, chunks, 1)
    progress({ files: at, bytes: at * size })
  }
}

/** Until the call is stopped or cancelled. */
const spin = ({ isStopped, isCancelled }: Control): string => {
  for (;;) {
    if (isStopped()) return 'stopped'
    if (isCancelled()) return 'cancelled'
  }
}

const perform = (name: string, args: readonly unknown[], control: Control): unknown => {
  switch (name) {
    case 'echo':
      return args[0]
    case 'lane':
      return lane
    case 'hang':
      return hang()
    case 'alone':
      return withLock(lock, lane, alone)
    case 'die in the lock':
      return withLock(lock, lane, () => process.exit(3))
    case 'refuse':
      return raise(failedPrecondition('it'))
    case 'throw':
      throw new TypeError('no such thing')
    case 'die':
      return process.exit(3)
    case 'read':
      return readTar(control)
    case 'spin':
      return spin(control)
    case 'put':
      return putOut(control, Number(args[0]), Number(args[1]))
    default:
      throw new Error(`nobody knows ${name}`)
  }
}

serve({ perform, describe: ({ name }) => `the call ${name}` })

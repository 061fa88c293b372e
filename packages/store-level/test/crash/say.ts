import { writeSync } from 'node:fs'
import { codeOf } from '../../src/faults.js'
import type { Line } from './calls.js'

const sleeper = new Int32Array(new SharedArrayBuffer(4))

/** Bytes written to the output; none while its reader is behind. Node lets an output never block once there is a worker thread. */
const writeSome = (bytes: Buffer): number => {
  try {
    return writeSync(1, bytes)
  } catch (cause) {
    if (codeOf(cause) !== 'EAGAIN') throw cause
    Atomics.wait(sleeper, 0, 0, 1)
    return 0
  }
}

/** Not by a stream: what was said has left the process. */
export const say = (line: Line): void => {
  for (let left = Buffer.from(`${JSON.stringify(line)}\n`); left.length > 0;) left = left.subarray(writeSome(left))
}

/** A thread that blocks for as many milliseconds as it is told, as a lane of the HCS backend does in a call of Windows. */
import { parentPort } from 'node:worker_threads'

const never = new Int32Array(new SharedArrayBuffer(4))

parentPort?.on('message', (ms: number) => {
  Atomics.wait(never, 0, 0, ms)
  parentPort?.postMessage('done')
})

/** Tells a number of lines as fast as it can, `node tell.js COUNT`, in a process that has a worker thread as those of a world on disk have. */
import { Worker } from 'node:worker_threads'
import { say } from '../crash/say.js'

const worker = new Worker('', { eval: true })
for (let client = 0; client < Number(process.argv[2]); client++) say({ type: 'end', client, tag: 'done', message: '' })
await worker.terminate()

/**
 * The process that is killed, `node process.js DIRECTORY SEED CLIENTS BROKEN`: loads, opens when it is given a line, then lets
 * clients make calls, or waits if there are none.
 */
import { writeSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { openSnapshotter } from '@varve/core/promise'
import type { Line } from './calls.js'
import { runClients } from './clients.js'
import { partsOf, placeIn } from './place.js'

const [directory = '', seed, clients, broken = ''] = process.argv.slice(2)

/** Not by a stream: what was said has left the process. */
const say = (line: Line): void => void writeSync(1, `${JSON.stringify(line)}\n`)

const work = async (): Promise<void> => {
  const snapshotter = await openSnapshotter(partsOf(placeIn(directory), broken))
  say({ type: 'opened' })
  await runClients(snapshotter, Number(clients), Number(seed), say)
}

// The input ends with the process that started this one.
createInterface(process.stdin)
  .once('line', () => void work())
  .once('close', () => process.exit(0))

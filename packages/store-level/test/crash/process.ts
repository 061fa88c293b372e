/**
 * The process that is killed, `node process.js DIRECTORY SEED CLIENTS BROKEN`: loads, opens when it is given a line, then lets
 * clients make calls, or waits if there are none.
 */
import { createInterface } from 'node:readline'
import { openSnapshotter } from '@varve/core/promise'
import { runClients } from './clients.js'
import { partsOf, placeIn } from './place.js'
import { say } from './say.js'

const [directory = '', seed, clients, broken = ''] = process.argv.slice(2)

const work = async (): Promise<void> => {
  const snapshotter = await openSnapshotter(partsOf(placeIn(directory), broken))
  say({ type: 'opened' })
  await runClients(snapshotter, Number(clients), Number(seed), say)
}

// The input ends with the process that started this one.
createInterface(process.stdin)
  .once('line', () => void work())
  .once('close', () => process.exit(0))

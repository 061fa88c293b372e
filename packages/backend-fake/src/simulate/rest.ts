import * as E from 'fp-ts/lib/Either.js'
import type { Outstanding, Snapshotter } from '@varve/core'
import type { Info } from '@varve/core/ports'
import { audit } from './audit.js'
import type { Rested } from './checkers.js'
import { calm } from './machine.js'
import { look, violate, type Run } from './running.js'
import { begin } from './sending.js'

const second = 1_000_000_000n
/** Seconds in which everything that is under way has to end once nothing goes wrong any more. */
const patience = 600

const rested = async ({ machine }: Run, snapshotter: Snapshotter): Promise<Rested> => {
  const infos: Info[] = []
  for await (const info of snapshotter.walk()) if (E.isRight(info)) infos.push(info.right)
  const removable = new Set<string>()
  for (const key of machine.model.layers.keys())
    if (E.isRight(await snapshotter.plan({ type: 'Remove', key })())) removable.add(key)
  return { infos, removable }
}

/** What is owed is done by a cleanup, or by itself: the one or the other is seen to in turns. */
const settle = async (run: Run, snapshotter: Snapshotter): Promise<void> => {
  const owed = async (): Promise<readonly Outstanding[]> => {
    const outstanding = await snapshotter.outstanding()()
    return E.isRight(outstanding) ? outstanding.right : []
  }
  if (run.rests % 2 === 0) {
    const cleaned = await snapshotter.cleanup()()
    if (E.isLeft(cleaned)) return violate(run, 'everything ends', `cleanup: ${cleaned.left.message}`)
  } else {
    for (let waited = 0; waited < patience && (await owed()).length > 0; waited++)
      await run.machine.scheduler.pause('rest', second)
  }
  const left = await owed()
  if (left.length > 0) violate(run, 'everything ends', `in the end there is ${JSON.stringify(left)}`)
}

/** Nothing goes wrong any more: everything ends, everything owed is done, and the world is looked at as a whole. */
export const rest = async (run: Run): Promise<void> => {
  const { machine, clients } = run
  run.isResting = true
  calm(machine)
  for (const client of clients)
    if (client.busy === undefined) {
      for (const waiting of client.waiting) machine.scheduler.leave(waiting)
      client.waiting = []
    }
  for (
    let waited = 0;
    run.isOver || run.snapshotter === undefined || clients.some(({ busy }) => busy !== undefined);
    waited++
  ) {
    if (waited > patience)
      return violate(run, 'everything ends', `after ${patience} s without faults a command is unanswered`)
    await machine.scheduler.pause('rest', second)
  }
  const { snapshotter } = run
  await settle(run, snapshotter)
  look(run, 'rest', await rested(run, snapshotter))
  const unlike = await audit(machine, snapshotter, run.rests++)
  if (unlike !== undefined) violate(run, 'a view shows what was acknowledged', unlike)
  machine.trace.add('rest', '')
  machine.isCalm = false
  run.isResting = false
  for (const client of clients) begin(run, client)
}

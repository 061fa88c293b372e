import * as E from 'fp-ts/lib/Either.js'
import type { Snapshotter } from '@varve/core'
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

/** What is owed is done by itself, without a cleanup. */
const settle = async (run: Run, snapshotter: Snapshotter): Promise<void> => {
  for (let waited = 0; ; waited++) {
    const outstanding = await snapshotter.outstanding()()
    if (E.isLeft(outstanding) || outstanding.right.length === 0) return
    if (waited > patience)
      return violate(run, 'everything ends', `after ${patience} s there is ${JSON.stringify(outstanding.right)}`)
    await run.machine.scheduler.pause('rest', second)
  }
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

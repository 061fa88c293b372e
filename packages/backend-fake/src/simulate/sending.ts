import * as E from 'fp-ts/lib/Either.js'
import type { Answered } from './checkers.js'
import { ask, knownOf, type Client } from './clients.js'
import { look, violate, type Run } from './running.js'

export const begin = (run: Run, client: Client): void => {
  if (client.isDone || client.busy !== undefined || run.snapshotter === undefined) return
  const waiting = {
    what: `client ${client.index}`,
    isProcess: false,
    go: () => {
      client.waiting = []
      send(run, client)
    },
  }
  client.waiting = [waiting]
  run.machine.scheduler.wait(waiting)
}

const send = (run: Run, client: Client): void => {
  const { machine, snapshotter } = run
  if (snapshotter === undefined || run.isResting) return
  const action = machine.chooser.action(client.index, knownOf(machine))
  if (action === undefined) return void (client.isDone = true)
  const by = `${client.index}.${client.asked++}`
  const place = run.commands++
  const since = machine.model.seq
  client.busy = { action, by, since }
  machine.trace.add('command', `${by} ${JSON.stringify(action)}`)
  const giving = action.do === 'commit' && action.givesUp === true ? new AbortController() : undefined
  if (giving !== undefined) {
    const waiting = { what: 'giving up', isProcess: true, go: () => giving.abort('gave up') }
    client.waiting = [waiting]
    machine.scheduler.wait(waiting)
  }
  const { processes } = run
  ask(machine, snapshotter, run.attachments, action, { by, signal: giving?.signal }).then(
    (answer) => {
      if (run.processes === processes) answered(run, client, { action, by, place, since, answer })
    },
    (cause: unknown) => violate(run, 'nothing throws', String(cause)),
  )
}

const answered = (run: Run, client: Client, given: Answered): void => {
  const { machine } = run
  const { action, by, answer } = given
  machine.trace.add('answer', `${by} ${JSON.stringify(answer)}`)
  look(run, 'answer', given)
  for (const waiting of client.waiting) machine.scheduler.leave(waiting)
  client.waiting = []
  client.busy = undefined
  if (E.isLeft(answer) && answer.left._tag === 'StoreFault') run.isOver = true
  if (action.do === 'reopen') run.isOver = true
  const isClosed = E.isLeft(answer) && answer.left._tag === 'Closed'
  if (!isClosed) begin(run, client)
}

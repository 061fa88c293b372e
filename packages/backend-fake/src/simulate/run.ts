import * as E from 'fp-ts/lib/Either.js'
import type { Profile } from '@varve/core/ports'
import { clock as host } from '../clock.js'
import type { Recording } from './chooser.js'
import { calm, endPassing, openMachine, type Machine } from './machine.js'
import { happen, restart } from './processes.js'
import { rest } from './rest.js'
import { see, violate, type Run, type Violation, type Wrapped } from './running.js'

export type Play = {
  readonly chooser: Recording
  readonly profile: Profile
  readonly clients: number
  readonly watch?: ((line: string) => void) | undefined
  readonly wrap?: Wrapped
  /** Given the machine before anything happens on it. */
  readonly onMachine?: (machine: Machine) => void
}

export type Played = {
  readonly steps: number
  readonly commands: number
  readonly trace: string
  readonly verdict: 'held' | Violation
}

/** Lets one go on. False: nobody can. */
const advance = (run: Run): boolean => {
  const { machine } = run
  const waiting = machine.scheduler.waiting()
  if (waiting.length === 0) return false
  const choice = run.isResting || waiting.length === 1 ? 0 : machine.chooser.order(waiting.length)
  const one = waiting[choice]
  if (one !== undefined) machine.scheduler.let(one)
  run.steps++
  return true
}

/** Steps without an end in sight after which a run is given up. */
const mostSteps = 1_000_000

/** Goes on until `isOver`, with the faults that happen at steps. */
const drive = async (run: Run, isOver: () => boolean): Promise<void> => {
  const { machine } = run
  for (;;) {
    await host.turn()
    if (run.violation !== undefined || isOver()) return
    if (machine.isDying || run.isOver) {
      restart(run)
      continue
    }
    endPassing(machine, false)
    const struck = run.isResting ? undefined : machine.strike('step')
    if (struck !== undefined) {
      await happen(run, struck)
      continue
    }
    if (!advance(run)) {
      // What hangs until it is cancelled is let go by a rest.
      if (run.isResting) violate(run, 'everything ends', 'nothing can go on, and something is awaited')
      return
    }
    if (run.steps > mostSteps) return violate(run, 'everything ends', `it did not end in ${mostSteps} steps`)
  }
}

const driveTo = async (run: Run, goal: Promise<void>): Promise<void> => {
  let isThere = false
  const arrive = (): void => void (isThere = true)
  goal.then(arrive, (cause: unknown) => violate(run, 'nothing throws', String(cause)))
  await drive(run, () => isThere)
}

const closeAll = async (run: Run): Promise<void> => {
  calm(run.machine)
  const closed = await run.snapshotter?.close()()
  if (closed !== undefined && E.isLeft(closed)) violate(run, 'it closes', closed.left.message)
}

export const play = async ({ chooser, profile, clients, watch, wrap = {}, onMachine }: Play): Promise<Played> => {
  const machine = openMachine({ chooser, profile, watch, onRecord: (text) => see(run, text) })
  onMachine?.(machine)
  const run: Run = {
    machine,
    profile,
    wrap,
    clients: Array.from({ length: clients }, (_, index) => ({
      index,
      asked: 0,
      busy: undefined,
      waiting: [],
      isDone: false,
    })),
    snapshotter: undefined,
    processes: 0,
    attachments: new Map(),
    damage: undefined,
    isOver: false,
    isResting: false,
    steps: 0,
    commands: 0,
    rests: 0,
    violation: undefined,
  }
  restart(run)
  let quiet = 0
  const isDone = (): boolean => run.clients.every((client) => client.isDone)
  while (run.violation === undefined && !isDone()) {
    await drive(run, () => isDone() || (run.steps > quiet && machine.chooser.rests((quiet = run.steps))))
    if (run.violation === undefined) await driveTo(run, rest(run))
  }
  if (run.violation === undefined) await driveTo(run, closeAll(run))
  if (run.violation === undefined) {
    restart(run)
    await driveTo(run, rest(run))
  }
  return { steps: run.steps, commands: run.commands, trace: machine.trace.hash(), verdict: run.violation ?? 'held' }
}

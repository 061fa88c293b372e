import * as E from 'fp-ts/lib/Either.js'
import type { Attachment, Backend, EventStore, Info, Intent, Profile } from '@varve/core/ports'
import { evolve, openSnapshotter, replay, type Recorded, type Refused, type Snapshotter } from '@varve/core'
import { clock as host } from '../clock.js'
import { checkers, type Answered, type Checker, type Rested } from './checkers.js'
import type { Recording, Struck } from './chooser.js'
import { ask, knownOf, type Client } from './clients.js'
import { notePowerLoss } from './content.js'
import { damageLog, type Damage } from './damage.js'
import { backendOfProcess } from './intents.js'
import { calm, endPassing, openMachine, type Machine } from './machine.js'
import { befall } from './mishaps.js'
import { follow } from './model.js'
import { clockOf } from './scheduler.js'

/** What was broken, as which checker found it at which step. */
export type Violation = { readonly checker: string; readonly message: string; readonly step: number }

export type Play = {
  readonly chooser: Recording
  readonly profile: Profile
  readonly clients: number
  readonly watch?: ((line: string) => void) | undefined
  readonly wrap?: Wrapped
}

/** The parts of a process that something may stand before: in tests, to break them. */
export type Wrapped = {
  readonly store?: (store: EventStore) => EventStore
  readonly backend?: (backend: Backend) => Backend
  readonly snapshotter?: (snapshotter: Snapshotter) => Snapshotter
}

export type Played = {
  readonly steps: number
  readonly commands: number
  readonly trace: string
  readonly verdict: 'held' | Violation
}

/** A run under way. */
type Run = {
  readonly machine: Machine
  readonly profile: Profile
  readonly clients: readonly Client[]
  readonly wrap: Wrapped
  /** Of the present process, once it has opened the log. */
  snapshotter: Snapshotter | undefined
  /** Counts processes: what one began never ends in another. */
  processes: number
  readonly attachments: Map<string, Attachment>
  damage: Damage | undefined
  /** The process can't go on: its log could not be written. */
  isStopped: boolean
  isResting: boolean
  rests: number
  steps: number
  commands: number
  violation: Violation | undefined
}

const violate = (run: Run, checker: string, message: string): void => {
  run.violation ??= { checker, message, step: run.steps }
}

type Moment = Exclude<keyof Checker, 'name'>
type Look = { readonly name: string; readonly take: (machine: Machine, seen: unknown) => string | undefined }

const looksAt = (moment: Moment): readonly Look[] =>
  checkers.flatMap(({ name, [moment]: take }) => (take === undefined ? [] : [{ name, take: take as Look['take'] }]))

const looks: Readonly<Record<Moment, readonly Look[]>> = {
  record: looksAt('record'),
  intent: looksAt('intent'),
  answer: looksAt('answer'),
  opened: looksAt('opened'),
  rest: looksAt('rest'),
}

/** Lets every checker that has such a look take it. */
const look = <K extends Moment>(
  run: Run,
  moment: K,
  ...seen: Parameters<NonNullable<Checker[K]>> extends readonly [Machine, ...infer S] ? S : never
): void => {
  for (const { name, take } of looks[moment]) {
    const found = take(run.machine, seen[0])
    if (found !== undefined) violate(run, name, found)
  }
}

const see = (run: Run, text: string): void => {
  const { machine } = run
  const record = JSON.parse(text) as Recorded
  machine.trace.add('event', text, record.hash)
  look(run, 'record', record)
  follow(machine.model, record)
  machine.state = evolve(machine.state, record)
}

const begin = (run: Run, client: Client): void => {
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
  if (E.isLeft(answer) && answer.left._tag === 'StoreFault') run.isStopped = true
  if (action.do === 'reopen') return restart(run)
  const isClosed = E.isLeft(answer) && answer.left._tag === 'Closed'
  if (!isClosed) begin(run, client)
}

/** The process ends, however it does. Who waited for an answer gets none. */
const endProcess = (run: Run): void => {
  const { machine, clients, attachments } = run
  machine.scheduler.endProcess()
  machine.log.endProcess()
  machine.hanging.clear()
  machine.goneFor = 0
  machine.isDying = false
  run.isStopped = false
  run.snapshotter = undefined
  run.processes++
  attachments.clear()
  for (const client of clients) {
    for (const waiting of client.waiting) machine.scheduler.leave(waiting)
    client.waiting = []
    client.busy = undefined
  }
  for (const { seq, text } of machine.log.records) if (seq > machine.model.seq) see(run, text)
}

const opened = (run: Run, snapshotter: Snapshotter): void => {
  const { machine, damage } = run
  machine.trace.add('opened', `${snapshotter.recovered.length}`)
  if (damage !== undefined) {
    const isFound = damage.mayOpen && E.isLeft(replay(machine.log.records.map(({ text }) => text)))
    if (!isFound) violate(run, 'damage is refused', `${damage.is}, and the log was opened`)
    damage.undo()
    run.damage = undefined
  }
  run.snapshotter = run.wrap.snapshotter?.(snapshotter) ?? snapshotter
  look(run, 'opened')
  if (!run.isResting) for (const client of run.clients) begin(run, client)
}

const refused = (run: Run, fault: Refused): void => {
  const { machine, damage } = run
  machine.trace.add('refused', JSON.stringify(fault))
  if (damage !== undefined) {
    const isRight = fault._tag === 'StoreFault' && damage.codes.includes(fault.code)
    if (!isRight) violate(run, 'damage is refused', `${damage.is}, and opening ended with ${JSON.stringify(fault)}`)
    damage.undo()
    run.damage = undefined
  } else if (
    machine.isCalm ||
    (fault._tag !== 'BackendFault' && !(fault._tag === 'StoreFault' && fault.code === 'EIO'))
  )
    violate(run, 'it opens again', JSON.stringify(fault))
  restart(run)
}

const openLog = ({ machine, profile, wrap }: Run, onStart: (intent: Intent) => void): ReturnType<Opening> => {
  const [store, backend] = [machine.log.store(), backendOfProcess(machine, onStart)]
  return openSnapshotter({
    store: wrap.store?.(store) ?? store,
    backend: wrap.backend?.(backend) ?? backend,
    clock: clockOf(machine.scheduler, machine.time.now),
    profile,
  })()
}

type Opening = ReturnType<typeof openSnapshotter>

/** The next process opens the log. */
const restart = (run: Run): void => {
  endProcess(run)
  const { processes } = run
  openLog(run, (intent) => look(run, 'intent', intent)).then(
    (result) => {
      if (run.processes !== processes) return
      if (E.isRight(result)) opened(run, result.right)
      else refused(run, result.left)
    },
    (cause: unknown) => violate(run, 'nothing throws', String(cause)),
  )
}

/** A log that is open refuses another process. */
const openTwice = async (run: Run): Promise<void> => {
  const { machine } = run
  if (run.snapshotter === undefined) return
  const second = await openLog(run, () => undefined)
  if (E.isRight(second)) return violate(run, 'one process at a time', 'a second process opened the log')
  machine.trace.add('refused', JSON.stringify(second.left))
  if (second.left._tag !== 'StoreFault' || second.left.code !== 'STORE_IN_USE')
    violate(run, 'one process at a time', JSON.stringify(second.left))
}

const happen = async (run: Run, struck: Struck): Promise<void> => {
  const { machine } = run
  machine.trace.add('fault', JSON.stringify(struck))
  switch (struck.fault) {
    case 'crash':
    case 'lostTail':
    case 'bitFlip':
      endProcess(run)
      run.damage ??= damageLog(machine, struck)
      return restart(run)
    case 'powerLoss':
      endProcess(run)
      machine.disk.losePower(struck.detail)
      notePowerLoss(machine.model)
      return restart(run)
    case 'secondProcess':
      return openTwice(run)
    default:
      return befall(machine, struck)
  }
}

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

/** What is owed is done by itself, or by a cleanup: which of them is seen to in turns. */
const settle = async (run: Run, snapshotter: Snapshotter): Promise<void> => {
  run.rests++
  const isOwing = async (): Promise<boolean> => {
    const outstanding = await snapshotter.outstanding()()
    return E.isRight(outstanding) && outstanding.right.length > 0
  }
  if (run.rests % 2 === 0) {
    const cleaned = await snapshotter.cleanup()()
    if (E.isLeft(cleaned)) violate(run, 'everything ends', `cleanup: ${cleaned.left.message}`)
  } else {
    for (let waited = 0; waited < patience && (await isOwing()); waited++)
      await run.machine.scheduler.pause('rest', second)
  }
  const outstanding = await snapshotter.outstanding()()
  if (E.isRight(outstanding) && outstanding.right.length > 0)
    violate(run, 'everything ends', `in the end there is ${JSON.stringify(outstanding.right)}`)
}

/** Nothing goes wrong any more: everything ends, everything owed is done, and the world is looked at as a whole. */
const rest = async (run: Run): Promise<void> => {
  const { machine, clients } = run
  run.isResting = true
  calm(machine)
  for (const client of clients)
    if (client.busy === undefined) {
      for (const waiting of client.waiting) machine.scheduler.leave(waiting)
      client.waiting = []
    }
  for (let waited = 0; run.snapshotter === undefined || clients.some(({ busy }) => busy !== undefined); waited++) {
    if (waited > patience)
      return violate(run, 'everything ends', `after ${patience} s without faults a command is unanswered`)
    await machine.scheduler.pause('rest', second)
  }
  await settle(run, run.snapshotter)
  look(run, 'rest', await rested(run, run.snapshotter))
  machine.trace.add('rest', '')
  machine.isCalm = false
  run.isResting = false
  for (const client of clients) begin(run, client)
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
    if (machine.isDying || run.isStopped) {
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

export const play = async ({ chooser, profile, clients, watch, wrap = {} }: Play): Promise<Played> => {
  const machine = openMachine({ chooser, profile, watch, onRecord: (text) => see(run, text) })
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
    isStopped: false,
    isResting: false,
    rests: 0,
    steps: 0,
    commands: 0,
    violation: undefined,
  }
  restart(run)
  let quiet = 0
  const isDone = (): boolean => run.clients.every(({ isDone }) => isDone)
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

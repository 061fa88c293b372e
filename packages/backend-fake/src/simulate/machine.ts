import { initialState, type State } from '@varve/core'
import type { Profile, SnapshotId } from '@varve/core/ports'
import type { Gate } from '@varve/core/adapter'
import type { Disk } from '../world/disk.js'
import type { Recording, Struck } from './chooser.js'
import { noteSync } from './content.js'
import { simulatedDisk, type SimulatedDisk } from './disk.js'
import { errorOf, type Place } from './faults.js'
import { simulatedLog, type SimulatedLog } from './log.js'
import { newModel, type Model } from './model.js'
import { openScheduler, openTime, type Scheduler, type Time } from './scheduler.js'
import { openTrace, type Trace } from './trace.js'

/** A file that others can't touch for a while. */
type Hold = { readonly path: string; readonly until: bigint }

/** What outlasts the processes of a run. */
export type Machine = {
  readonly scheduler: Scheduler
  readonly time: Time
  readonly disk: SimulatedDisk
  readonly log: SimulatedLog
  readonly chooser: Recording
  readonly trace: Trace
  readonly model: Model
  /** What the library makes of the records that the model follows. */
  state: State
  readonly strike: (place: Place) => Struck | undefined
  /** While nothing may go wrong. */
  isCalm: boolean
  /** Intents that answer only when they are cancelled, or when it is calm. */
  readonly hanging: Set<Gate>
  holds: Hold[]
  /** Calls that find the device gone. */
  goneFor: number
  /** The process is to end before it does anything more. */
  isDying: boolean
  /** What passes by itself: when, and how. */
  passing: readonly { readonly at: bigint; readonly end: () => void }[]
  /** Directories that others made among the layers. */
  readonly foreign: Set<string>
  /** What committed layers looked like at the last rest. */
  readonly committed: Map<SnapshotId, ReadonlyMap<string, unknown>>
  /** Layers whose sidecar may say that they are Committed: their commit failed, and so did the mend of it. */
  readonly unmended: Set<SnapshotId>
}

export type MachineStart = {
  readonly chooser: Recording
  readonly profile: Profile
  readonly watch: ((line: string) => void) | undefined
  /** Told of the text of each record once it is durable and its writer is about to be told. */
  readonly onRecord: (text: string) => void
}

/** Every run's log has the same UUID: what happens depends on nothing else than the case. */
const logId = '00000000-0000-4000-8000-000000000001'

export const openMachine = ({ chooser, profile, watch, onRecord }: MachineStart): Machine => {
  const scheduler = openScheduler()
  const time = openTime(scheduler)
  const strike = (place: Place): Struck | undefined =>
    machine.isCalm ? undefined : chooser.fault(place, machine.disk.losses)
  const model = newModel()
  const machine: Machine = {
    scheduler,
    time,
    chooser,
    model,
    state: initialState(profile),
    disk: simulatedDisk(time.now),
    log: simulatedLog(logId, {
      turn: scheduler.turn,
      fails: () => strike('write') !== undefined,
      told: (texts) => {
        for (const text of texts) onRecord(text)
      },
    }),
    trace: openTrace(watch),
    strike,
    isCalm: false,
    hanging: new Set(),
    holds: [],
    goneFor: 0,
    isDying: false,
    passing: [],
    foreign: new Set(),
    committed: new Map(),
    unmended: new Set(),
  }
  return machine
}

/** Directories of others that lie where no layer has been yet: an id that is given later is the layer's own. */
export const strangersOf = ({ foreign, model }: Machine): readonly string[] =>
  [...foreign].filter((path) => Number(/\d+$/.exec(path)?.[0]) > model.lastId)

const heldTime = (detail: number): bigint => BigInt(detail % 10_000) * 1_000_000n

const isAt = (folder: string, path: string): boolean => path === folder || path.startsWith(`${folder}/`)

/** What keeps a call of the disk from being done; undefined: nothing. */
const obstacle = (machine: Machine, name: string, path: string): Error | undefined => {
  const { scheduler, trace } = machine
  if (machine.isDying) return new Error('the process has ended')
  const struck = machine.strike('call')
  if (struck !== undefined) trace.add('fault', `${struck.fault} at ${name} ${path}`)
  if (struck?.fault === 'crashInCall') {
    machine.isDying = true
    return new Error('the process has ended')
  }
  if (struck?.fault === 'heldFile') machine.holds.push({ path, until: scheduler.elapsed() + heldTime(struck.detail) })
  if (struck?.fault === 'notConnected') machine.goneFor = 1 + (struck.detail % 20)
  if (machine.goneFor > 0) {
    machine.goneFor--
    return errorOf('notConnected', { name, path })
  }
  const isHeld = machine.holds.some((hold) => hold.until > scheduler.elapsed() && isAt(path, hold.path))
  return isHeld ? errorOf('heldFile', { name, path }) : struck && errorOf(struck.fault, { name, path })
}

const changing = [
  'create',
  'write',
  'append',
  'writeSparse',
  'clone',
  'copyRange',
  'mkdir',
  'unlink',
  'rmdir',
  'rename',
  'link',
  'symlink',
  'restore',
  'setTime',
] as const satisfies readonly (keyof Disk)[]

/** The disk as one process sees it: calls may fail, and none is done any more once the process has ended. */
export const diskOfProcess = (machine: Machine): Disk => {
  const { disk } = machine.disk
  const guarded = Object.fromEntries(
    changing.map((name) => {
      const call = disk[name] as (...args: readonly unknown[]) => unknown
      return [
        name,
        (path: string, ...rest: readonly unknown[]) => {
          const error = obstacle(machine, name, path)
          if (error === undefined) return call(path, ...rest)
          // A full disk takes what still fits.
          const [bytes] = rest
          if ('code' in error && error.code === 'ENOSPC' && bytes instanceof Uint8Array)
            call(path, bytes.subarray(0, bytes.length >> 1))
          throw error
        },
      ]
    }),
  ) as Pick<Disk, (typeof changing)[number]>
  return {
    ...disk,
    ...guarded,
    sync: () => {
      if (machine.isDying) throw new Error('the process has ended')
      disk.sync()
      noteSync(machine.model)
    },
  }
}

/** Ends what has lasted long enough, or everything. */
export const endPassing = (machine: Machine, everything: boolean): void => {
  if (machine.passing.length === 0) return
  const now = machine.scheduler.elapsed()
  const [over, left] = [
    machine.passing.filter(({ at }) => everything || at <= now),
    machine.passing.filter(({ at }) => !everything && at > now),
  ]
  machine.passing = left
  for (const { end } of over) end()
}

/** Nothing goes wrong any more, and what was wrong and passes is over. */
export const calm = (machine: Machine): void => {
  machine.isCalm = true
  machine.holds = []
  machine.goneFor = 0
  endPassing(machine, true)
  for (const { open } of machine.hanging) open()
}

import { evolve, type Recorded, type Snapshotter } from '@varve/core'
import type { Attachment, Backend, EventStore, Profile } from '@varve/core/ports'
import { checkers, type Checker } from './checkers.js'
import type { Client } from './clients.js'
import type { Damage } from './damage.js'
import type { Machine } from './machine.js'
import { follow } from './model.js'
import type { Disk } from '../world/disk.js'

/** What was broken, as which checker found it at which step. */
export type Violation = { readonly checker: string; readonly message: string; readonly step: number }

/** The parts of a process that something may stand before: in tests, to break them. */
export type Wrapped = {
  readonly store?: (store: EventStore) => EventStore
  /** `disk`: the machine's, past all faults. */
  readonly backend?: (backend: Backend, disk: Disk) => Backend
  readonly snapshotter?: (snapshotter: Snapshotter) => Snapshotter
}

/** A run under way. */
export type Run = {
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
  /** The process was closed, or can't go on because its log could not be written: the next one begins. */
  isOver: boolean
  isResting: boolean
  steps: number
  commands: number
  rests: number
  violation: Violation | undefined
}

export const violate = (run: Run, checker: string, message: string): void => {
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
export const look = <K extends Moment>(
  run: Run,
  moment: K,
  ...seen: Parameters<NonNullable<Checker[K]>> extends readonly [Machine, ...infer S] ? S : never
): void => {
  for (const { name, take } of looks[moment]) {
    const found = take(run.machine, seen[0])
    if (found !== undefined) violate(run, name, found)
  }
}

export const see = (run: Run, text: string): void => {
  const { machine } = run
  const record = JSON.parse(text) as Recorded
  machine.trace.add('event', text, record.hash)
  look(run, 'record', record)
  follow(machine.model, record)
  machine.state = evolve(machine.state, record)
}

import * as E from 'fp-ts/lib/Either.js'
import { fieldsIn } from '@varve/core/adapter'
import type { Intent } from '@varve/core/ports'
import type { Recorded } from '@varve/core'
import { layerOf, sidecarOf } from '../world/world.js'
import type { Answered, Checker } from './checkers.js'
import { strangersOf, type Machine } from './machine.js'
import type { Model } from './model.js'

/** Effects come after their cause is durable. */
const followsItsRecord = ({ model }: Machine, { id, type, layer }: Intent): string | undefined =>
  model.asking.has(id) ? undefined : `${type} of layer ${layer} runs, and record ${id} is not there`

const isSince = ({ touched }: Model, name: string, since: number): boolean => (touched.get(name) ?? 0) > since

/** What needed no record, or one without an intent, is as the answer says. */
const answerIsSo = ({ model }: Machine, { action, by, answer, since }: Answered): string | undefined => {
  if (E.isLeft(answer)) return undefined
  const asked = JSON.stringify(action)
  const led = model.led.get(by) ?? []
  if (action.do === 'update')
    return led.some(({ type }) => type === 'Updated')
      ? undefined
      : `${asked} was answered, and the log has nothing of it`
  if ((action.do !== 'attach' && action.do !== 'detach') || led.length > 0 || isSince(model, action.key, since))
    return undefined
  const isAttached = model.layers.get(action.key)?.attachedBy !== undefined
  if (isAttached === (action.do === 'attach')) return undefined
  return `${asked} was answered without a record, and ${action.key} is ${isAttached ? 'attached' : 'not attached'}`
}

const preconditionFailed = ({ model }: Machine, { action, answer, since }: Answered): string | undefined => {
  if (action.do !== 'commit' && action.do !== 'attach' && action.do !== 'detach') return undefined
  if (E.isRight(answer) || answer.left._tag !== 'FailedPrecondition') return undefined
  const parent = (action.do === 'commit' ? action.parent : undefined) ?? ''
  if ([action.key, parent].some((name) => name !== '' && isSince(model, name, since))) return undefined
  const layer = model.layers.get(action.key)
  const isTrue =
    action.do === 'commit'
      ? layer?.kind !== 'Active' ||
        layer.attachedBy !== undefined ||
        (parent !== '' && model.layers.get(parent)?.kind !== 'Committed')
      : layer?.kind === 'Committed' || layer?.purpose === 'unpack'
  return isTrue
    ? undefined
    : `${JSON.stringify(action)} was refused (${answer.left.message}), and nothing stood in its way`
}

/** The labels of what is being made, committed or removed are not changed meanwhile. */
const updateHasWaited = ({ model }: Machine, { type, data }: Recorded): string | undefined => {
  if (type !== 'Updated') return undefined
  const during = [...model.asking.values()].find(
    (one) =>
      (one.type === 'PrepareAccepted' || one.type === 'CommitAccepted' || one.type === 'RemoveAccepted') &&
      one.data.key === data.key,
  )
  return during && `${data.key} was updated during ${during.type}`
}

/** What was owed before a cleanup is done when that is answered. */
const cleanupHasWaited = ({ model }: Machine, { action, answer, since }: Answered): string | undefined => {
  if (action.do !== 'cleanup' || E.isLeft(answer)) return undefined
  const owed = [...model.asking].find(
    ([id, { type }]) => Number(id) <= since && (type === 'PrepareFailed' || type === 'Removed'),
  )
  return owed && `a cleanup was answered, and layer ${owed[1].data.id} is still to be destroyed`
}

const changedBy = ({ action }: Answered): readonly string[] => {
  if (action.do === 'commit') return [action.key, action.name]
  if (action.do === 'update') return [action.name]
  return 'key' in action ? [action.key] : []
}

type Course = { readonly asked: string; readonly place: number; readonly accepted: number }

/** By name that they changed. */
const courses = new WeakMap<Machine, Map<string, Course[]>>()

const of = <T>(all: WeakMap<Machine, T>, machine: Machine, make: () => T): T => {
  const made = all.get(machine) ?? make()
  all.set(machine, made)
  return made
}

/** Commands on one snapshot are accepted in the order in which they were sent. */
const inOrder = (machine: Machine, answered: Answered): string | undefined => {
  const { action, by, place } = answered
  const accepted = machine.model.led.get(by)?.[0]?.seq
  if (accepted === undefined) return undefined
  const all = of(courses, machine, () => new Map<string, Course[]>())
  const course: Course = { asked: JSON.stringify(action), place, accepted }
  for (const name of changedBy(answered)) {
    const others = all.get(name) ?? []
    all.set(name, [...others, course])
    const overtaker = others.find((other) => other.place > place && other.accepted < accepted)
    if (overtaker !== undefined) return `${overtaker.asked} was sent after ${course.asked} and accepted before it`
  }
  return undefined
}

/** Of a dead owner nothing stays attached, but for what could not be detached. */
const nothingAttached = ({ model }: Machine): string | undefined => {
  const left = [...model.layers.values()].find(
    ({ attachedBy, isHalfDetached }) => attachedBy !== undefined && !isHalfDetached,
  )
  return left && `${left.name} is still attached`
}

/** Directories of others that were there at the last look. */
const seen = new WeakMap<Machine, readonly string[]>()

const strangersThere = (machine: Machine): readonly string[] =>
  strangersOf(machine).filter((path) => machine.disk.disk.lstat(path) !== undefined)

const noteForeign = (machine: Machine): void => void seen.set(machine, strangersThere(machine))

/** What opening moved away was no layer of this log. */
const ownAreLeft = ({ disk: { disk }, foreign }: Machine): string | undefined => {
  if (disk.lstat('quarantine') === undefined) return undefined
  const own = disk.readdir('quarantine').find(({ name }) => !foreign.has(layerOf(Number(/^\d+/.exec(name)?.[0]))))
  return own && `quarantine/${own.name} is there, and it was nobody else's`
}

const foreignAreMoved = (machine: Machine): string | undefined => {
  const earlier = seen.get(machine) ?? []
  const left = strangersThere(machine).find((path) => earlier.includes(path))
  noteForeign(machine)
  return left && `${left} is no layer of this log, and opening left it where it was`
}

/** Cancelled intents that were not done when they were cancelled, or when they were run again. */
const inTime = new WeakMap<Machine, Set<string>>()

const isSealed = ({ disk: { disk } }: Machine, layer: number): boolean => {
  const size = disk.lstat(sidecarOf(layer))?.size ?? 0
  return size > 0 && fieldsIn(disk.read(sidecarOf(layer), 0, size))['kind'] === 'Committed'
}

const noteCancelled = (machine: Machine, intent: string, layer: number): void => {
  const noted = of(inTime, machine, () => new Set<string>())
  if (isSealed(machine, layer)) noted.delete(intent)
  else noted.add(intent)
}

const cancelledIsUndone = (machine: Machine, { type, data, cause }: Recorded): string | undefined => {
  if (type === 'CancelAccepted') noteCancelled(machine, data.intent, data.id)
  return type === 'Committed' && inTime.get(machine)?.has(cause.id) === true
    ? `${data.name} was committed, and that was cancelled before it was done`
    : undefined
}

export const courseCheckers: readonly Checker[] = [
  { name: 'intents follow their records', intent: followsItsRecord },
  { name: 'what was answered is so', answer: answerIsSo },
  { name: 'preconditions fail rightly', answer: preconditionFailed },
  { name: 'updates wait', record: updateHasWaited },
  { name: 'cleanup waits for what is owed', answer: cleanupHasWaited },
  { name: 'commands keep their order', answer: inOrder },
  {
    name: 'nothing stays attached',
    opened: nothingAttached,
    answer: (machine, { action, answer }) =>
      action.do === 'reopen' && E.isRight(answer) ? nothingAttached(machine) : undefined,
  },
  {
    name: 'foreign directories are moved away, and no others',
    opened: foreignAreMoved,
    rest: (machine) => {
      noteForeign(machine)
      return ownAreLeft(machine)
    },
  },
  {
    name: 'what was cancelled is undone',
    intent: (machine, { id, layer }) => {
      if (inTime.get(machine)?.has(id) === true) noteCancelled(machine, id, layer)
      return undefined
    },
    record: cancelledIsUndone,
  },
]

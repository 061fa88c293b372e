import * as E from 'fp-ts/lib/Either.js'
import type { Info } from '@varve/core/ports'
import type { Recorded } from '@varve/core'
import type { Answered, Checker } from './checkers.js'
import type { Machine } from './machine.js'
import type { Model } from './model.js'

const rejections: ReadonlySet<string> = new Set(['NotFound', 'AlreadyExists', 'FailedPrecondition', 'Unimplemented'])

/** What a command was accepted as, and how it ended. */
const courseOf = ({ led, ended }: Model, by: string): { readonly accepted?: Recorded; readonly end?: Recorded } => {
  const accepted = led.get(by)?.find(({ type }) => type !== 'CancelAccepted')
  if (accepted === undefined) return {}
  const end = ended.get(String(accepted.seq))
  return end === undefined ? { accepted } : { accepted, end }
}

const successes: Readonly<Record<string, readonly [accepted: string, end: string]>> = {
  prepare: ['PrepareAccepted', 'Prepared'],
  view: ['PrepareAccepted', 'Prepared'],
  commit: ['CommitAccepted', 'Committed'],
  remove: ['RemoveAccepted', 'Removed'],
  attach: ['AttachAccepted', 'Attached'],
  detach: ['DetachAccepted', 'Detached'],
}

/** Of an attached snapshot attach records nothing, nor does detach of a detached one. */
const needsNothing = ({ action }: Answered): boolean => action.do === 'attach' || action.do === 'detach'

const successIsRecorded = ({ model }: Machine, answered: Answered): string | undefined => {
  const { action, by, answer } = answered
  const expected = successes[action.do]
  if (expected === undefined || E.isLeft(answer)) return undefined
  const { accepted, end } = courseOf(model, by)
  if (accepted === undefined && needsNothing(answered)) return undefined
  if (accepted?.type === expected[0] && end?.type === expected[1]) return undefined
  return `${JSON.stringify(action)} was answered, and the log has ${accepted?.type ?? 'nothing'} and ${end?.type ?? 'no end'}`
}

const refusalLeavesNothing = ({ model }: Machine, { action, by, answer }: Answered): string | undefined => {
  if (E.isRight(answer)) return undefined
  const { _tag } = answer.left
  const { accepted, end } = courseOf(model, by)
  if (rejections.has(_tag) || _tag === 'Closed' || _tag === 'Overloaded')
    return accepted && `${JSON.stringify(action)} was refused with ${_tag}, and the log has ${accepted.type}`
  if (accepted === undefined || _tag === 'StoreFault') return undefined
  return end?.type.endsWith('Failed') === true
    ? undefined
    : `${JSON.stringify(action)} failed with ${_tag}, and the log has ${accepted.type} and ${end?.type ?? 'no end'}`
}

/** Whether a name is there and was before the command was sent, or is not and was not; undefined: it came or went meanwhile. */
const wasThere = ({ layers, touched }: Model, name: string, since: number): boolean | undefined =>
  (touched.get(name) ?? 0) > since ? undefined : layers.has(name)

const refusalIsTrue = ({ model }: Machine, { action, answer, since }: Answered): string | undefined => {
  if (E.isRight(answer) || action.do === 'write' || action.do === 'delete') return undefined
  const { _tag } = answer.left
  const named = 'key' in action ? action.key : 'name' in action ? action.name : ''
  const parent = ('parent' in action ? action.parent : undefined) ?? ''
  const asked = JSON.stringify(action)
  if (_tag === 'NotFound') {
    const needed = action.do === 'prepare' || action.do === 'view' ? [parent] : [named, parent]
    const all = needed.filter((name) => name !== '').map((name) => wasThere(model, name, since))
    return all.every((there) => there === true) ? `${asked} was NotFound, and all that it names is there` : undefined
  }
  if (_tag !== 'AlreadyExists') return undefined
  const taken = action.do === 'commit' ? action.name : named
  return wasThere(model, taken, since) === false ? `${asked} was AlreadyExists, and ${taken} is not there` : undefined
}

const same = (one: unknown, other: unknown): boolean => JSON.stringify(one) === JSON.stringify(other)

/** Queries show what the records say. */
const queriesAgree = ({ model }: Machine, { action, answer }: Answered): string | undefined => {
  if (action.do !== 'stat') return undefined
  const layer = model.layers.get(action.key)
  if (E.isLeft(answer))
    return answer.left._tag === 'NotFound' && layer !== undefined ? `stat of ${action.key}: it is there` : undefined
  const info = answer.right as Info
  if (layer === undefined) return `stat of ${action.key} was answered: it is not there`
  const isSame = info.kind === layer.kind && same(sorted(info.labels), sorted(layer.labels))
  return isSame
    ? undefined
    : `stat of ${action.key} was ${JSON.stringify(info)}, not ${layer.kind} ${JSON.stringify(layer.labels)}`
}

const sorted = (labels: Info['labels']): unknown => Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1))

export const answerCheckers: readonly Checker[] = [
  { name: 'what was answered is recorded', answer: successIsRecorded },
  { name: 'what was refused left no trace', answer: refusalLeavesNothing },
  { name: 'refusals are true', answer: refusalIsTrue },
  { name: 'queries show what is recorded', answer: queriesAgree },
]

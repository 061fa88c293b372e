import type { Recorded } from '@varve/core'
import type { Checker } from './checkers.js'
import type { Machine } from './machine.js'
import { childrenOf, layerWithId } from './model.js'

const noRecordTwice = ({ model }: Machine, { seq, at }: Recorded): string | undefined => {
  if (seq !== model.seq + 1) return `record ${seq} follows record ${model.seq}`
  return at > model.at ? undefined : `record ${seq} is of ${at}, not later than ${model.at}`
}

const idsNeverReused = ({ model }: Machine, record: Recorded): string | undefined =>
  record.type === 'PrepareAccepted' && record.data.id !== model.lastId + 1
    ? `${record.data.key} got id ${record.data.id}, and the last one given was ${model.lastId}`
    : undefined

const parentsAreCommitted = ({ model }: Machine, record: Recorded): string | undefined => {
  if (record.type !== 'PrepareAccepted' && record.type !== 'CommitAccepted') return undefined
  const { parent, key } = record.data
  const kind = model.layers.get(parent)?.kind
  return parent === '' || kind === 'Committed' ? undefined : `${key} stands on ${parent}, which is ${kind ?? 'missing'}`
}

const isAsked = ({ model }: Machine, names: readonly string[]): string | undefined =>
  [...model.asking.values()].find(
    ({ type, data }) => type !== 'PrepareFailed' && type !== 'Removed' && 'key' in data && names.includes(data.key),
  )?.type

/** What a command was accepted for was in a state that allowed it. */
const acceptedRightly = (machine: Machine, record: Recorded): string | undefined => {
  const { layers } = machine.model
  if (!record.type.endsWith('Accepted') || record.type === 'CancelAccepted' || record.type === 'LossAccepted')
    return undefined
  const { key } = record.data as { readonly key: string }
  const busy = isAsked(machine, [key])
  if (busy !== undefined) return `${record.type} of ${key} during ${busy}`
  const found = layers.get(key)
  if (record.type === 'PrepareAccepted') return found && `${key} was there when it was prepared`
  if (found === undefined) return `${record.type} of ${key}, which is not there`
  if (record.type === 'CommitAccepted') {
    const { name } = record.data
    if (found.kind !== 'Active') return `${key} was committed and is ${found.kind}`
    if (found.attachedBy !== undefined) return `${key} was committed while it was attached`
    if (layers.has(name)) return `${key} was committed as ${name}, which is there`
    const other = isAsked(machine, [name])
    if (other !== undefined) return `${key} was committed as ${name} during ${other}`
  }
  if (record.type === 'RemoveAccepted' && childrenOf(machine.model, found) > 0)
    return `${key} was removed with ${childrenOf(machine.model, found)} on it`
  if (record.type === 'AttachAccepted' && (found.kind === 'Committed' || found.purpose === 'unpack'))
    return `${key} was attached and is ${found.kind} for ${found.purpose}`
  return undefined
}

const endings = /^(?:Prepared|Committed|Applied|Removed|Attached|Detached|Destroyed)$|Failed$/

const endsWhatWasAsked = ({ model }: Machine, { type, cause, seq }: Recorded): string | undefined =>
  endings.test(type) && !model.asking.has(cause.id)
    ? `record ${seq} ends intent ${cause.id}, which nobody was waiting for`
    : undefined

/** No layer goes while one that stands on it is attached. */
const destroyedUnused = ({ model }: Machine, layer: number): string | undefined => {
  const user = [...model.layers.values()].find(({ parents }) => parents.includes(layer))
  return user && `layer ${layer} is destroyed, and ${user.name} stands on it`
}

export const recordCheckers: readonly Checker[] = [
  { name: 'records follow one another', record: noRecordTwice },
  { name: 'ids are never reused', record: idsNeverReused },
  { name: 'parents are there and committed', record: parentsAreCommitted },
  { name: 'only what is allowed is accepted', record: acceptedRightly },
  { name: 'every outcome was asked for', record: endsWhatWasAsked },
  {
    name: 'no layer is destroyed below another',
    intent: (machine, { type, layer }) =>
      type === 'DestroyLayer' || type === 'RetireLayer' ? destroyedUnused(machine, layer) : undefined,
    record: (machine, record) =>
      record.type === 'Destroyed' && layerWithId(machine.model, record.data.id) !== undefined
        ? `layer ${record.data.id} is destroyed and is still there by the records`
        : undefined,
  },
]

import { faultNames } from './faults.js'

type Fields = Readonly<Record<string, unknown>>

const isNumber = (value: unknown): boolean => Number.isSafeInteger(value) && (value as number) >= 0
const isText = (value: unknown): boolean => typeof value === 'string'
const isObject = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
const isLabels = (value: unknown): boolean => isObject(value) && Object.values(value).every(isText)
const isOptional =
  (is: (value: unknown) => boolean) =>
  (value: unknown): boolean =>
    value === undefined || is(value)

const making = { key: isText, parent: isOptional(isText), purpose: isOptional(isText), labels: isOptional(isLabels) }
const ofKey = { key: isText }

/** What each action has besides `do`. */
const actions: Readonly<Record<string, Readonly<Record<string, (value: unknown) => boolean>>>> = {
  prepare: making,
  view: making,
  commit: {
    name: isText,
    key: isText,
    parent: isOptional(isText),
    givesUp: isOptional((value) => typeof value === 'boolean'),
  },
  remove: ofKey,
  attach: ofKey,
  detach: ofKey,
  stat: ofKey,
  usage: ofKey,
  update: {
    name: isText,
    labels: isLabels,
    paths: isOptional((value) => Array.isArray(value) && value.every(isText)),
  },
  write: { key: isText, path: isText, content: isText },
  delete: { key: isText, path: isText },
  cleanup: {},
  reopen: {},
}

const isAction = (value: unknown): boolean => {
  if (!isObject(value)) return false
  const fields = actions[String(value['do'])]
  return fields !== undefined && Object.entries(fields).every(([name, is]) => is(value[name]))
}

const isFault = (value: unknown): boolean =>
  isObject(value) &&
  (faultNames as readonly unknown[]).includes(value['fault']) &&
  isNumber(value['at']) &&
  isNumber(value['detail'])

const lists: Readonly<Record<string, (value: unknown) => boolean>> = {
  clients: (value) => Array.isArray(value) && value.every(isAction),
  order: isNumber,
  faults: isFault,
  rests: isNumber,
}

/** Why a value is no case; undefined: it is one. */
export const problemOf = (value: unknown): string | undefined => {
  if (!isObject(value)) return 'it must be an object'
  if (value['profile'] !== 'bind' && value['profile'] !== 'windows-layer')
    return `profile must be bind or windows-layer; found ${JSON.stringify(value['profile'])}`
  for (const [field, is] of Object.entries(lists)) {
    const list = value[field]
    if (!Array.isArray(list)) return `${field} must be a list; found ${JSON.stringify(list)}`
    const at = list.findIndex((one) => !is(one))
    if (at >= 0) return `${field}[${at}] is none; found ${JSON.stringify(list[at])}`
  }
  return undefined
}

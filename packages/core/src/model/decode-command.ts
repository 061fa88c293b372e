import * as E from 'fp-ts/lib/Either.js'
import type { Command } from './command.js'
import { digestForm } from './descriptor.js'
import { invalidArgument, notFound, type Rejection } from './fault.js'
import { labelsFault } from './labels.js'
import { hasFields, readOnce } from './read-once.js'
import { textProblem, utf8Length } from './text.js'

/** Bytes of UTF-8 of a key or name. */
export const nameLimit = 4_096
/** Bytes of UTF-8 of `by`, who asks. */
export const byLimit = 4_096

type Check = (field: string, value: unknown) => Rejection | undefined

const text =
  (limit: number): Check =>
  (field, value) => {
    if (typeof value !== 'string') return invalidArgument(field, value, 'must be a string')
    if (value.length > limit || utf8Length(value) > limit) {
      return invalidArgument(field, value, `must have at most ${limit} bytes of UTF-8`)
    }
    const problem = textProblem(value)
    return problem === undefined ? undefined : invalidArgument(field, value, problem)
  }

const name = text(nameLimit)

/** A key or name that is to be made. */
export const newName: Check = (field, value) =>
  value === '' ? invalidArgument(field, value, 'must not be empty') : name(field, value)

/** A key or name that is looked up: nothing is found under an empty one. */
const knownName: Check = (field, value) => (value === '' ? notFound('snapshot ""') : name(field, value))

const optional =
  (check: Check): Check =>
  (field, value) =>
    value === undefined ? undefined : check(field, value)

const purpose: Check = (field, value) =>
  value === 'scratch' || value === 'unpack' ? undefined : invalidArgument(field, value, "must be 'scratch' or 'unpack'")

const paths: Check = (field, value) => {
  if (!Array.isArray(value)) return invalidArgument(field, value, 'must be an array of strings')
  if (value.length > 1_024) return invalidArgument(field, value, 'must be at most 1024 field paths')
  for (const [index, path] of value.entries()) {
    const fault = text(nameLimit + 'labels.'.length)(`${field}[${index}]`, path)
    if (fault !== undefined) return fault
    if (path === 'labels.__proto__') return invalidArgument(`${field}[${index}]`, path, textProblem('__proto__') ?? '')
  }
  return undefined
}

const count =
  (least: number): Check =>
  (field, value) =>
    Number.isSafeInteger(value) && (value as number) >= least
      ? undefined
      : invalidArgument(field, value, `must be a whole number from ${least} to 2^53 - 1`)

const digest: Check = (field, value) =>
  typeof value === 'string' && digestForm.test(value)
    ? undefined
    : invalidArgument(field, value, 'must be sha256: and 64 lower-case hex digits')

/** The names of the fields an object has beyond those known. */
export const unknownField = (value: object, known: Readonly<Record<string, unknown>>): string | undefined =>
  Reflect.ownKeys(value)
    .map(String)
    .find((field) => !Object.hasOwn(known, field))

/** An object with these fields. */
const object =
  (what: string, checks: Readonly<Record<string, Check>>): Check =>
  (field, value) => {
    if (!hasFields(value)) return invalidArgument(field, value, `must be ${what}`)
    for (const [key, check] of Object.entries(checks)) {
      const fault = check(`${field}.${key}`, value[key])
      if (fault !== undefined) return fault
    }
    return undefined
  }

/** Descriptors in manifests have annotations and more, which mean nothing to a layer. */
const descriptor = object('a descriptor', { mediaType: text(nameLimit), digest, size: count(0) })

const limitChecks = { entries: optional(count(1)), bytes: optional(count(1)) }
const limits: Check = (field, value) => {
  if (!hasFields(value)) return invalidArgument(field, value, 'must be limits')
  const unknown = unknownField(value, limitChecks)
  return unknown === undefined
    ? object('limits', limitChecks)(field, value)
    : invalidArgument(`${field}.${unknown}`, value[unknown], 'is no limit')
}

const labels: Check = (_field, value) => labelsFault(value)
const by = optional(text(byLimit))
const creation = { key: newName, parent: optional(name), labels: optional(labels), purpose: optional(purpose), by }
const onKey = { key: knownName, by }

/** The fields of every command, in the order in which they are checked. */
const fields: Readonly<Record<Command['type'], Readonly<Record<string, Check>>>> = {
  Prepare: creation,
  View: creation,
  Commit: { name: newName, key: newName, labels: optional(labels), parent: optional(name), by },
  Remove: onKey,
  Update: { name: knownName, labels: optional(labels), paths: optional(paths), by },
  Attach: onKey,
  Detach: onKey,
  Apply: { key: knownName, descriptor, limits: optional(limits), by },
  Cancel: onKey,
}

const withoutUndefined = <T extends object>(value: T): T =>
  Object.fromEntries(Object.entries(value).filter(([, field]) => field !== undefined)) as T

/** A checked command with what it means and nothing else. */
const kept = (command: Command): Command => {
  if (command.type !== 'Apply') return withoutUndefined(command)
  const { descriptor: given, limits: found, ...others } = command
  const { mediaType, digest: sum, size } = given
  const own = found === undefined ? {} : { limits: withoutUndefined(found) }
  return { ...withoutUndefined(others), descriptor: { mediaType, digest: sum, size }, ...own }
}

/**
 * A command as it may be decided, or InvalidArgument naming the first bad field. Refuses before any state is looked at:
 * wrong types, unknown fields, empty, over-long or ill-formed texts. An empty name that is looked up is NotFound.
 */
export const decodeCommand = (input: unknown): E.Either<Rejection, Command> => {
  const read = readOnce('command', input, ['labels', 'paths', 'descriptor', 'limits'])
  if (E.isLeft(read)) return read
  const command = read.right
  const { type } = command
  if (typeof type !== 'string' || !Object.hasOwn(fields, type)) {
    return E.left(invalidArgument('type', type, `must be one of ${Object.keys(fields).join(', ')}`))
  }
  const checks = fields[type as Command['type']]
  const unknown = unknownField(command, { type, ...checks })
  if (unknown !== undefined) {
    return E.left(invalidArgument(unknown, command[unknown], `is no field of ${type}`))
  }
  for (const [field, check] of Object.entries(checks)) {
    const fault = check(field, command[field])
    if (fault !== undefined) return E.left(fault)
  }
  return E.right(kept(command as Command))
}

/** A key or name that a query looks up. */
export const decodeName = (field: string, value: unknown): E.Either<Rejection, string> => {
  const fault = knownName(field, value)
  return fault === undefined ? E.right(value as string) : E.left(fault)
}

import { backendFault, shown } from '@varve/core/ports'
import { conventionOf, signatureOf, type ArgumentsFor, type FunctionName } from '../bindings/index.js'
import type { Descriptor, Kind, ObjectAttributes } from '../bindings/signature.js'
import { raise } from '../failure.js'
import { requireArguments } from './checks.js'
import { failureTold } from './codes.js'
import type { RawResult, Table } from './table.js'
import { codeOfResult } from './result.js'

const hexOf = (value: bigint | number): string => `0x${value.toString(16)}`

/** What would tell a reader nothing: room for answers, counts, NULL. */
const isHidden = (kind: Kind, value: unknown): boolean =>
  value === null || /^(?:driver|size|none|thisProcess|cell\d+(?:OrNull)?)$/.test(kind)

const isBits = (argument: string): boolean => /^(?:access|share|flags|options|control|parts)$/.test(argument)

const shownParents = ([nearest, ...others]: readonly Descriptor[]): string =>
  `${shown(nearest?.Path)}${others.length === 0 ? '' : ` and ${others.length} more`}`

const shownArgument = (argument: string, kind: Kind, value: unknown): string => {
  if (kind === 'objectAttributes') {
    const { RootDirectory, ObjectName } = value as ObjectAttributes
    return `path ${shown(ObjectName.Buffer)} below handle ${hexOf(RootDirectory)}`
  }
  if (value instanceof Uint8Array) return `${argument} ${value.length} bytes`
  if (Array.isArray(value)) return `${argument} ${shownParents(value)}`
  if (typeof value === 'number' && isBits(argument)) return `${argument} ${hexOf(value)}`
  return `${argument} ${typeof value === 'bigint' && /^(?:handle|pointer)/.test(kind) ? hexOf(value) : shown(value)}`
}

const shownCall = (name: FunctionName, values: readonly unknown[]): string => {
  const [, ...parameters] = signatureOf(name)
  const said = parameters.flatMap(([argument, kind], at) =>
    at >= values.length || isHidden(kind, values[at]) ? [] : [shownArgument(argument, kind, values[at])],
  )
  return `${name}(${said.join(', ')})`
}

/** Ends a call that was made and did not do what it was for. */
export const fail = (name: FunctionName, values: readonly unknown[], code: number): never =>
  raise(backendFault(`${shownCall(name, values)} ${failureTold(code)}`, code))

const raw = (value: unknown): unknown => (typeof value === 'boolean' ? Number(value) : value)

/** Calls a function with checked arguments; raises what it failed with, else gives its own answer. */
export const call = <Name extends FunctionName>(table: Table, name: Name, ...values: ArgumentsFor<Name>): RawResult => {
  const given: readonly unknown[] = values
  requireArguments(name, given)
  const result = table[name](...given.map(raw))
  const code = codeOfResult(table, conventionOf(name), result)
  return code === undefined ? result : fail(name, given, code)
}

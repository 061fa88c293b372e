import { backendFault, shown } from '@varve/core/ports'
import { conventionOf, signatureOf, type ArgumentsFor, type FunctionName } from '../bindings/index.js'
import type { Kind, ObjectAttributes } from '../bindings/signature.js'
import { raise } from '../failure.js'
import { requireArguments } from './checks.js'
import { failureTold } from './codes.js'
import type { RawResult, Table } from './table.js'
import { codeOfResult } from './result.js'

const shownHandle = (value: unknown): string => (typeof value === 'bigint' ? `0x${value.toString(16)}` : 'null')

const shownArgument = (argument: string, kind: Kind, value: unknown): string | undefined => {
  switch (kind) {
    case 'driver':
    case 'guid':
    case 'none':
    case 'cell32':
    case 'cell64':
    case 'cell32OrNull':
    case 'cell64OrNull':
    case 'thisProcess':
      return undefined
    case 'handle':
    case 'handleOrNull':
    case 'pointer':
    case 'pointerOrNull':
      return `${argument} ${shownHandle(value)}`
    case 'bytes':
    case 'bytesOrNull':
      return value instanceof Uint8Array ? `${argument} ${value.length} bytes` : undefined
    case 'objectAttributes': {
      const { RootDirectory, ObjectName } = value as ObjectAttributes
      return `path ${shown(ObjectName.Buffer)} below handle ${shownHandle(RootDirectory)}`
    }
    default:
      return `${argument} ${shown(value)}`
  }
}

const shownCall = (name: FunctionName, values: readonly unknown[]): string => {
  const [, ...parameters] = signatureOf(name)
  const said = parameters.map(([argument, kind], at) => shownArgument(argument, kind, values[at]))
  return `${name}(${said.filter((one) => one !== undefined).join(', ')})`
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

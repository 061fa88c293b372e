import { backendFault, shown } from '@varve/core/ports'
import { signatureOf, type FunctionName } from '../bindings/index.js'
import type { Descriptor, Kind, ObjectAttributes } from '../bindings/signature.js'
import { codes, raise } from '../failure.js'

/** INVALID_HANDLE_VALUE; also the pseudo handle of this process. */
export const invalidHandle = 0xffff_ffff_ffff_ffffn
const longestText = 32_767
const longestDocument = 1_048_576

type Check = { readonly rule: string; readonly holds: (value: unknown) => boolean }

const isText = (value: unknown, longest: number): value is string =>
  typeof value === 'string' && value.length <= longest && !value.includes('\0')

const isPath = (value: unknown): value is string =>
  isText(value, longestText) && /^(?:[A-Za-z]:[\\/]|\\\\[^\\])/.test(value)

const isBetween = (value: unknown, least: number, most: number): boolean =>
  typeof value === 'number' && Number.isInteger(value) && value >= least && value <= most

const isBigBetween = (value: unknown, least: bigint, most: bigint): boolean =>
  typeof value === 'bigint' && value >= least && value <= most

const isHandle = (value: unknown): boolean => isBigBetween(value, 1n, invalidHandle - 1n)
const isBytes = (value: unknown): value is Uint8Array => value instanceof Uint8Array
const isCell = (value: unknown, size: number): boolean => isBytes(value) && value.length === size
const isNull = (value: unknown): value is null => value === null
const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null

const isDescriptor = (value: unknown): boolean => {
  if (!isObject(value)) return false
  const { LayerId, Flags, Path } = value as Partial<Descriptor>
  return isObject(LayerId) && isBetween(Flags, 0, 0xffff_ffff) && isPath(Path)
}

const isObjectAttributes = (value: unknown): boolean => {
  if (!isObject(value)) return false
  const { RootDirectory, ObjectName } = value as Partial<ObjectAttributes>
  return isHandle(RootDirectory) && isObject(ObjectName) && isText(ObjectName.Buffer, longestText)
}

const orNull = ({ rule, holds }: Check): Check => ({
  rule: `${rule}, or null`,
  holds: (value) => isNull(value) || holds(value),
})

const document: Check = {
  rule: `a text without NUL of at most ${longestDocument} units`,
  holds: (value) => isText(value, longestDocument),
}
const handle: Check = { rule: 'an open handle', holds: isHandle }
const pointer: Check = { rule: 'an address', holds: (value) => isBigBetween(value, 1n, invalidHandle) }
const bytes: Check = { rule: 'bytes, one at least', holds: (value) => isBytes(value) && value.length > 0 }
const cell32: Check = { rule: '4 bytes', holds: (value) => isCell(value, 4) }
const cell64: Check = { rule: '8 bytes', holds: (value) => isCell(value, 8) }

const checks: Readonly<Record<Kind, Check>> = {
  text: {
    rule: `a text without NUL of at most ${longestText} units`,
    holds: (value) => isText(value, longestText),
  },
  path: { rule: `an absolute Windows path without NUL of at most ${longestText} units`, holds: isPath },
  document,
  documentOrNull: orNull(document),
  u32: { rule: 'a whole number from 0 to 2^32 - 1', holds: (value) => isBetween(value, 0, 0xffff_ffff) },
  i32: {
    rule: 'a whole number from -2^31 to 2^31 - 1',
    holds: (value) => isBetween(value, -0x8000_0000, 0x7fff_ffff),
  },
  u64: { rule: 'a bigint from 0 to 2^64 - 1', holds: (value) => isBigBetween(value, 0n, invalidHandle) },
  size: { rule: 'a bigint from 0 to 2^64 - 1', holds: (value) => isBigBetween(value, 0n, invalidHandle) },
  i64: { rule: 'a bigint from -2^63 to 2^63 - 1', holds: (value) => isBigBetween(value, -(2n ** 63n), 2n ** 63n - 1n) },
  flag: { rule: 'true or false', holds: (value) => typeof value === 'boolean' },
  handle,
  handleOrNull: orNull(handle),
  pointer,
  pointerOrNull: orNull(pointer),
  thisProcess: { rule: 'the pseudo handle of this process', holds: (value) => value === invalidHandle },
  bytes,
  bytesOrNull: orNull(bytes),
  cell32,
  cell32OrNull: orNull(cell32),
  cell64,
  cell64OrNull: orNull(cell64),
  cell128: { rule: '16 bytes', holds: (value) => isCell(value, 16) },
  driver: { rule: 'the driver info', holds: isObject },
  descriptors: {
    rule: 'parents with absolute paths, or null when there are none',
    holds: (value) => isNull(value) || (Array.isArray(value) && value.length > 0 && value.every(isDescriptor)),
  },
  objectAttributes: {
    rule: `an open directory handle and a text without NUL of at most ${longestText} units`,
    holds: isObjectAttributes,
  },
  none: { rule: 'null', holds: isNull },
}

/** Ends a call before anything native runs. */
export const refuse = (name: string, argument: string, value: unknown, rule: string): never =>
  raise(
    backendFault(
      `${name}: ${argument} must be ${rule}; found ${shown(value)}; nothing was called`,
      codes.invalidParameter,
    ),
  )

/** Raises unless a value is of a kind. For what is no argument of its own: fields of a struct, mostly. */
export const requireKind = (name: string, argument: string, kind: Kind, value: unknown): void => {
  const { rule, holds } = checks[kind]
  if (!holds(value)) refuse(name, argument, value, rule)
}

/** Raises unless a value is an object whose fields can be read. */
export const requireObject = (name: string, argument: string, value: unknown): void => {
  if (!isObject(value)) refuse(name, argument, value, 'an object')
}

/** Raises unless every argument is of its parameter's kind; koffi takes a number for an address and undefined for NULL. */
export const requireArguments = (name: FunctionName, values: readonly unknown[]): void => {
  const [, ...parameters] = signatureOf(name)
  if (values.length !== parameters.length)
    refuse(name, 'the number of arguments', values.length, `${parameters.length}`)
  parameters.forEach(([argument, kind], at) => requireKind(name, argument, kind, values[at]))
}

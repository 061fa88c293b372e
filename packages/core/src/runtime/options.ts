import * as E from 'fp-ts/lib/Either.js'
import { unknownField } from '../model/decode-command.js'
import { invalidArgument, type InvalidArgument } from '../model/fault.js'
import { readOnce } from '../model/read-once.js'
import { systemClock } from './clock.js'
import type { OpenOptions } from './face.js'

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null

const port = (
  options: Readonly<Record<string, unknown>>,
  field: string,
  methods: readonly string[],
): InvalidArgument | undefined => {
  const value = options[field]
  if (!isObject(value)) return invalidArgument(field, value, `must be one, with the functions ${methods.join(', ')}`)
  const missing = methods.find((method) => typeof value[method] !== 'function')
  return missing === undefined
    ? undefined
    : invalidArgument(`${field}.${missing}`, value[missing], 'must be a function')
}

const known = { store: true, backend: true, profile: true, clock: true }

/** The options of `openSnapshotter` with their defaults, or what is wrong with them. */
export const decodeOpenOptions = (options: unknown): E.Either<InvalidArgument, Required<OpenOptions>> => {
  const read = readOnce('options', options)
  if (E.isLeft(read)) return read
  const input = read.right
  const unknown = unknownField(input, known)
  if (unknown !== undefined) return E.left(invalidArgument(unknown, input[unknown], 'is no option of openSnapshotter'))
  const { profile = 'bind', clock = systemClock() } = input
  const fault =
    port(input, 'store', ['open', 'append', 'read', 'rows', 'close', 'sha256']) ??
    port(input, 'backend', ['open', 'execute', 'usage', 'files', 'close']) ??
    port({ clock }, 'clock', ['now', 'sleep', 'yield'])
  if (fault !== undefined) return E.left(fault)
  if (profile !== 'bind' && profile !== 'windows-layer') {
    return E.left(invalidArgument('profile', profile, "must be 'bind' or 'windows-layer'"))
  }
  return E.right({ ...(input as unknown as OpenOptions), profile, clock: clock as Required<OpenOptions>['clock'] })
}

/** The options of a call apart from its signal, as fields of a command. */
export const decodeCallOptions = (
  options: unknown,
): E.Either<InvalidArgument, { readonly fields: object; readonly signal?: AbortSignal }> => {
  if (options === undefined) return E.right({ fields: {} })
  const read = readOnce('options', options, ['labels'])
  if (E.isLeft(read)) return read
  const { signal, ...fields } = read.right
  const reserved = ['type', 'key', 'name', 'paths'].find((field) => Object.hasOwn(fields, field))
  if (reserved !== undefined) return E.left(invalidArgument(reserved, fields[reserved], 'is no option'))
  if (signal === undefined) return E.right({ fields })
  return isObject(signal) && typeof signal['addEventListener'] === 'function'
    ? E.right({ fields, signal: signal as unknown as AbortSignal })
    : E.left(invalidArgument('signal', signal, 'must be an AbortSignal'))
}

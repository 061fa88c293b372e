import * as E from 'fp-ts/lib/Either.js'
import { unknownField } from '../model/decode-command.js'
import { invalidArgument, type InvalidArgument } from '../model/fault.js'
import { systemClock } from './clock.js'
import type { CallOptions, OpenOptions } from './face.js'

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
export const decodeOpenOptions = (input: unknown): E.Either<InvalidArgument, Required<OpenOptions>> => {
  if (!isObject(input)) return E.left(invalidArgument('options', input, 'must be an object with store and backend'))
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
  return E.right({ ...(input as OpenOptions), profile, clock: clock as Required<OpenOptions>['clock'] })
}

/** The options of a call apart from its signal, as fields of a command. */
export const decodeCallOptions = (
  options: unknown,
): E.Either<InvalidArgument, { readonly fields: object; readonly signal?: AbortSignal }> => {
  if (options === undefined) return E.right({ fields: {} })
  if (!isObject(options)) return E.left(invalidArgument('options', options, 'must be an object'))
  const { signal, ...fields } = options as CallOptions
  const reserved = ['type', 'key', 'name', 'paths'].find((field) => Object.hasOwn(fields, field))
  if (reserved !== undefined)
    return E.left(invalidArgument(reserved, (fields as Record<string, unknown>)[reserved], 'is no option'))
  if (signal === undefined) return E.right({ fields })
  return typeof signal === 'object' && signal !== null && typeof signal.addEventListener === 'function'
    ? E.right({ fields, signal })
    : E.left(invalidArgument('signal', signal, 'must be an AbortSignal'))
}

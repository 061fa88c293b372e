import * as E from 'fp-ts/lib/Either.js'
import type { Command } from '../model/command.js'
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

const optionalPort: typeof port = (options, field, methods) =>
  options[field] === undefined ? undefined : port(options, field, methods)

const known = { store: true, backend: true, content: true, codecs: true, profile: true, clock: true, journal: true }

/** What was given, and the defaults of what was not. */
export type Given = OpenOptions & Required<Pick<OpenOptions, 'profile' | 'clock' | 'journal'>>

/** The options of `openSnapshotter` with their defaults, or what is wrong with them. */
export const decodeOpenOptions = (options: unknown): E.Either<InvalidArgument, Given> => {
  const read = readOnce('options', options)
  if (E.isLeft(read)) return read
  const input = read.right
  const unknown = unknownField(input, known)
  if (unknown !== undefined) return E.left(invalidArgument(unknown, input[unknown], 'is no option of openSnapshotter'))
  const { profile = 'bind', clock = systemClock(), journal = false } = input
  const fault =
    port(input, 'store', ['open', 'append', 'read', 'rows', 'close', 'sha256']) ??
    port(input, 'backend', ['open', 'execute', 'exportLayer', 'usage', 'files', 'close']) ??
    optionalPort(input, 'content', ['info', 'read', 'writer', 'label']) ??
    optionalPort(input, 'codecs', ['sha256', 'decompress', 'compress', 'whyNotCompress']) ??
    port({ clock }, 'clock', ['now', 'sleep', 'yield'])
  if (fault !== undefined) return E.left(fault)
  if (profile !== 'bind' && profile !== 'windows-layer') {
    return E.left(invalidArgument('profile', profile, "must be 'bind' or 'windows-layer'"))
  }
  if (typeof journal !== 'boolean') return E.left(invalidArgument('journal', journal, 'must be true or false'))
  return E.right({ ...(input as unknown as OpenOptions), profile, clock: clock as Given['clock'], journal })
}

const everyCall = { signal: true, by: true }
const creation = { ...everyCall, parent: true, labels: true, purpose: true }

/** The options of each kind of call. */
const callOptions = {
  Prepare: creation,
  View: creation,
  Commit: { ...everyCall, parent: true, labels: true },
  Remove: everyCall,
  Update: everyCall,
  Attach: everyCall,
  Detach: everyCall,
  Apply: { ...everyCall, limits: true, stream: true },
  Cancel: everyCall,
  Compare: { signal: true, mediaType: true, sourceDateEpoch: true, labels: true, ref: true },
} as const

type Fields = Readonly<Record<string, unknown>>

/** The options of a call apart from its signal, as fields of the command. */
export const decodeCallOptions = (
  type: Command['type'] | 'Compare',
  options: unknown,
): E.Either<InvalidArgument, { readonly fields: Fields; readonly signal?: AbortSignal }> => {
  if (options === undefined) return E.right({ fields: {} })
  const read = readOnce('options', options, ['labels', 'limits'])
  if (E.isLeft(read)) return read
  const unknown = unknownField(read.right, callOptions[type])
  if (unknown !== undefined) return E.left(invalidArgument(unknown, read.right[unknown], `is no option of ${type}`))
  const { signal, ...fields } = read.right
  if (signal === undefined) return E.right({ fields })
  return isObject(signal) && typeof signal['addEventListener'] === 'function'
    ? E.right({ fields, signal: signal as unknown as AbortSignal })
    : E.left(invalidArgument('signal', signal, 'must be an AbortSignal'))
}

/** A refusal of what the caller asked for. The names are containerd's error categories. */
export type Rejection = NotFound | AlreadyExists | FailedPrecondition | InvalidArgument | Unimplemented | Unavailable

/** What was asked for, or a parent, is not there. */
export type NotFound = { readonly _tag: 'NotFound'; readonly message: string }
/** The key or name is taken. */
export type AlreadyExists = { readonly _tag: 'AlreadyExists'; readonly message: string }
/** The snapshot is not in a state that allows it; the message says what to do first. */
export type FailedPrecondition = { readonly _tag: 'FailedPrecondition'; readonly message: string }
/** Asked for something that this kind of mount or host has not. */
export type Unimplemented = { readonly _tag: 'Unimplemented'; readonly message: string }

/** Malformed input. `field` is the path of the argument (`labels.a`), `value` what was found there, shortened. */
export type InvalidArgument = {
  readonly _tag: 'InvalidArgument'
  readonly message: string
  readonly field: string
  readonly value: string
}

/** The snapshot is pending: ask again when the intent named here has ended. Only `step` answers this. */
export type Unavailable = { readonly _tag: 'Unavailable'; readonly message: string; readonly intent: string }

/** A failure of the machinery, not of the request. */
export type Fault = StoreFault | BackendFault | Overloaded | Closed | Aborted

/** The log could not be read or written. `code` is the store's own code (`LEVEL_LOCKED`, `ENOSPC`, …). */
export type StoreFault = { readonly _tag: 'StoreFault'; readonly message: string; readonly code: string }

/** A side effect failed. `code` is the HRESULT as an unsigned 32-bit number (`0x80070005`: access denied). */
export type BackendFault = { readonly _tag: 'BackendFault'; readonly message: string; readonly code: number }

/** The queue of commands is full; nothing was recorded. */
export type Overloaded = { readonly _tag: 'Overloaded'; readonly message: string }

/** The snapshotter was closed before or while the call waited. */
export type Closed = { readonly _tag: 'Closed'; readonly message: string }

/** The caller's AbortSignal fired. `reason` is the signal's own. */
export type Aborted = { readonly _tag: 'Aborted'; readonly message: string; readonly reason: unknown }

/** An entry of a layer's tar that can't enter a layer; `offset` is that of its header in the uncompressed tar, in bytes. */
export type InvalidEntry = InvalidArgument & { readonly entry: string; readonly offset: number }

/** What an intent may fail with: the backend's fault, or content that can't enter a layer. Kept in the log as it is. */
export type Failure = BackendFault | InvalidArgument | InvalidEntry

const quoted = (text: string): string => {
  const json = JSON.stringify(text.slice(0, 128))
  const isWhole = text.length <= 128 && json.length <= 160
  return isWhole ? json : `${json.slice(0, -1).slice(0, 129)}… (${text.length} characters)`
}

/** A value as an error shows it: JSON where it has one, at most 128 characters of it. */
export const shown = (value: unknown): string => {
  if (typeof value === 'string') return quoted(value)
  if (typeof value === 'bigint') return `${value}n`
  if (typeof value === 'function' || typeof value === 'symbol') return typeof value
  if (typeof value === 'object' && value !== null)
    return Array.isArray(value) ? `an array of ${value.length}` : 'an object'
  return String(value)
}

/** `what` ends the sentence before containerd's words, as in `snapshot look`. */
export const notFound = (what: string): NotFound => ({ _tag: 'NotFound', message: `${what}: not found` })
export const alreadyExists = (what: string): AlreadyExists => ({
  _tag: 'AlreadyExists',
  message: `${what}: already exists`,
})
export const failedPrecondition = (what: string): FailedPrecondition => ({
  _tag: 'FailedPrecondition',
  message: `${what}: failed precondition`,
})
export const unimplemented = (what: string): Unimplemented => ({
  _tag: 'Unimplemented',
  message: `${what}: not implemented`,
})
export const unavailable = (what: string, intent: string): Unavailable => ({
  _tag: 'Unavailable',
  message: `${what} is pending until intent ${intent} has ended: unavailable`,
  intent,
})

/** `rule` says what the field must be: `key must be 1 to 4096 bytes of UTF-8`. */
export const invalidArgument = (field: string, value: unknown, rule: string): InvalidArgument => ({
  _tag: 'InvalidArgument',
  field,
  value: shown(value),
  message: `${field} ${rule}; found ${shown(value)}: invalid argument`,
})

/** `rule` says what the entry must be: `must not leave the layer`. `entry` is `''` where none can be told. */
export const invalidEntry = (entry: string, offset: number, value: unknown, rule: string): InvalidEntry => ({
  _tag: 'InvalidArgument',
  field: 'tar',
  value: shown(value),
  message: `tar entry ${shown(entry)} at byte ${offset} ${rule}; found ${shown(value)}: invalid argument`,
  entry,
  offset,
})

export const storeFault = (message: string, code: string): StoreFault => ({ _tag: 'StoreFault', message, code })
export const backendFault = (message: string, code: number): BackendFault => ({ _tag: 'BackendFault', message, code })
export const overloaded = (message: string): Overloaded => ({ _tag: 'Overloaded', message })
export const closed = (message: string): Closed => ({ _tag: 'Closed', message })
export const aborted = (reason: unknown): Aborted => ({
  _tag: 'Aborted',
  message: 'the caller stopped waiting',
  reason,
})

/** HRESULTs that the simulated and the native backend share. */
export const hresult = {
  /** ERROR_FILE_NOT_FOUND */
  fileNotFound: 0x80070002,
  /** ERROR_PATH_NOT_FOUND */
  pathNotFound: 0x80070003,
  /** ERROR_ACCESS_DENIED */
  accessDenied: 0x80070005,
  /** ERROR_SHARING_VIOLATION */
  sharingViolation: 0x80070020,
  /** ERROR_INVALID_PARAMETER */
  invalidParameter: 0x80070057,
  /** ERROR_DISK_FULL */
  diskFull: 0x80070070,
  /** ERROR_ALREADY_EXISTS */
  alreadyExists: 0x800700b7,
  /** ERROR_DIRECTORY */
  notADirectory: 0x8007010b,
  /** ERROR_CANCELLED */
  cancelled: 0x800704c7,
  /** ERROR_WRITE_PROTECT */
  writeProtected: 0x80070013,
  /** ERROR_NOT_READY */
  notReady: 0x80070015,
  /** ERROR_DEVICE_NOT_CONNECTED */
  notConnected: 0x8007048f,
  /** ERROR_FILE_CORRUPT */
  corrupt: 0x80070570,
  /** E_ABORT */
  aborted: 0x80004004,
  /** E_FAIL: the host gave no code of its own */
  unspecified: 0x80004005,
} as const

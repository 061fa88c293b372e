import { backendFault, hresult, type BackendFault, type Failure, type FilesError } from '@varve/core/ports'

/** HRESULTs that the flows know by name. */
export const codes = {
  ...hresult,
  /** ERROR_NOT_READY */
  notReady: 0x80070015,
  /** ERROR_NOT_SUPPORTED */
  notSupported: 0x80070032,
  /** ERROR_CALL_NOT_IMPLEMENTED */
  notImplemented: 0x80070078,
  /** ERROR_DEV_NOT_EXIST */
  noSuchDevice: 0x80070037,
  /** ERROR_MOD_NOT_FOUND */
  noSuchModule: 0x8007007e,
  /** ERROR_PROC_NOT_FOUND */
  noSuchFunction: 0x8007007f,
  /** ERROR_DIR_NOT_EMPTY */
  notEmpty: 0x80070091,
  /** ERROR_FILENAME_EXCED_RANGE */
  nameTooLong: 0x800700ce,
  /** ERROR_DEVICE_NOT_CONNECTED */
  notConnected: 0x8007048f,
  /** ERROR_NOT_FOUND */
  notFound: 0x80070490,
  /** ERROR_UNRECOGNIZED_VOLUME */
  unknownVolume: 0x800703ed,
  /** ERROR_OLD_WIN_VERSION */
  oldWindows: 0x8007047e,
  /** ERROR_NOT_ALL_ASSIGNED */
  notAllAssigned: 0x80070514,
  /** ERROR_PRIVILEGE_NOT_HELD */
  privilegeNotHeld: 0x80070522,
  /** ERROR_REPARSE_POINT_ENCOUNTERED: a path goes through what is no plain folder */
  reparseEncountered: 0x8007112b,
  /** ERROR_FILE_CORRUPT */
  corrupt: 0x80070570,
  /** E_ABORT */
  aborted: 0x80004004,
  /** ERROR_FLT_INSTANCE_NOT_FOUND */
  noFilterInstance: 0x801f0015,
} as const

type Raised = Error & { readonly failure: FilesError }

/** Ends the operation under way with a failure of a type that a port may answer. */
export const raise = (failure: FilesError): never => {
  throw Object.assign(new Error(failure.message), { failure })
}

const isRaised = (cause: unknown): cause is Raised => cause instanceof Error && 'failure' in cause

/** What ended an operation, as its caller is told. `what` says what was asked. */
export const failureOf = (what: string, cause: unknown): FilesError => {
  if (isRaised(cause)) return cause.failure
  return backendFault(`${what}: ${messageOf(cause)}`, codes.unspecified)
}

/** The same failure where only intents' failures may be answered. */
export const asFailure = (failure: FilesError): Failure =>
  failure._tag === 'BackendFault' || failure._tag === 'InvalidArgument' ? failure : asBackendFault(failure)

/** The same failure where only a BackendFault may be answered. */
export const asBackendFault = (failure: FilesError): BackendFault =>
  failure._tag === 'BackendFault' ? failure : backendFault(failure.message, codes.invalidParameter)

export const messageOf = (cause: unknown): string => (cause instanceof Error ? cause.message : String(cause))

/** The HRESULT of a raised BackendFault; undefined of anything else. */
export const codeOf = (cause: unknown): number | undefined =>
  isRaised(cause) && cause.failure._tag === 'BackendFault' ? cause.failure.code : undefined

/** Does `call`; a failure with one of these codes means that there was nothing to do. */
export const unless = (passable: readonly number[], call: () => void): void => {
  try {
    call()
  } catch (cause) {
    const code = codeOf(cause)
    if (code === undefined || !passable.includes(code)) throw cause
  }
}

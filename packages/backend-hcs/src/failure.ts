import { raisedIn } from '@varve/core/adapter'
import { hresult } from '@varve/core/ports'

export { failureOf, messageOf, raise } from '@varve/core/adapter'

/** HRESULTs that the flows know by name. */
export const codes = {
  ...hresult,
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
  /** ERROR_FLT_INSTANCE_NOT_FOUND */
  noFilterInstance: 0x801f0015,
} as const

/** The HRESULT of a raised BackendFault; undefined of anything else. */
export const codeOf = (cause: unknown): number | undefined => {
  const failure = raisedIn(cause)
  return failure?._tag === 'BackendFault' ? failure.code : undefined
}

/** Does `call`; a failure with one of these codes means that there was nothing to do. */
export const unless = (passable: readonly number[], call: () => void): void => {
  try {
    call()
  } catch (cause) {
    const code = codeOf(cause)
    if (code === undefined || !passable.includes(code)) throw cause
  }
}

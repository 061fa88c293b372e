import { backendFault, hresult, type BackendFault, type Failure } from '../model/fault.js'
import type { FilesError } from '../runtime/ports.js'

type Raised = Error & { readonly failure: FilesError }

/** Ends the work under way: throws an Error from which `failureOf` takes this failure again. */
export const raise = (failure: FilesError): never => {
  throw Object.assign(new Error(failure.message), { failure })
}

/** The failure that was raised; undefined of anything else that was thrown. */
export const raisedIn = (cause: unknown): FilesError | undefined =>
  cause instanceof Error && 'failure' in cause ? (cause as Raised).failure : undefined

/** The words of anything that was thrown. */
export const messageOf = (cause: unknown): string => (cause instanceof Error ? cause.message : String(cause))

/**
 * What ended a piece of work, as its caller is told: the failure that was raised, or E_FAIL with the words of what nobody foresaw.
 * `what` says what was asked, as `describe` does.
 */
export const failureOf = (what: string, cause: unknown): FilesError =>
  raisedIn(cause) ?? backendFault(`${what}: ${messageOf(cause)}`, hresult.unspecified)

/** The same failure where only a BackendFault may be answered; what is none becomes ERROR_INVALID_PARAMETER. */
export const asBackendFault = (failure: FilesError): BackendFault =>
  failure._tag === 'BackendFault' ? failure : backendFault(failure.message, hresult.invalidParameter)

/** The same failure where only those of intents may be answered: a BackendFault, or content that can't enter a layer. */
export const asFailure = (failure: FilesError): Failure =>
  failure._tag === 'InvalidArgument' ? failure : asBackendFault(failure)

/** E_ABORT: the caller's signal, or the end of the process that asked, came between two steps. */
export const stoppedFault = (what: string): BackendFault =>
  backendFault(`${what} was stopped; run it again to have the rest done`, hresult.aborted)

import { raisedIn, failureOf as plainFailureOf } from '@varve/core/adapter'
import { backendFault, hresult as codes, shown, type FilesError } from '@varve/core/ports'

export { raise } from '@varve/core/adapter'
export { codes }

type Known = { readonly code: number; readonly advice: string }

const full: Known = { code: codes.diskFull, advice: 'free some space' }
const denied: Known = { code: codes.accessDenied, advice: 'let this user read and write there' }
const busy: Known = { code: codes.sharingViolation, advice: 'close what uses it' }
const missing: Known = { code: codes.fileNotFound, advice: 'put back what is missing' }

const known: Readonly<Record<string, Known>> = {
  EACCES: denied,
  EPERM: denied,
  EROFS: { code: codes.writeProtected, advice: 'make the file system writable' },
  ENOSPC: full,
  EDQUOT: full,
  EBUSY: busy,
  ETXTBSY: busy,
  ENOENT: missing,
  EEXIST: { code: codes.alreadyExists, advice: 'move away what is there' },
  ENOTEMPTY: { code: 0x80070091, advice: 'move away what is there' },
  ENOTDIR: { code: codes.notADirectory, advice: 'move away the file that is where a directory belongs' },
  EISDIR: { code: codes.accessDenied, advice: 'move away the directory that is where a file belongs' },
  EMFILE: { code: 0x80070004, advice: 'allow more open files' },
  ENFILE: { code: 0x80070004, advice: 'allow more open files' },
  ENAMETOOLONG: {
    code: 0x800700ce,
    advice:
      "give it a shorter name, which this host's file system can hold, or use a backend in memory, which holds all names",
  },
  EIO: { code: 0x8007045d, advice: 'check the disk' },
  ENOMEDIUM: { code: codes.notReady, advice: 'make the device ready' },
  ENODEV: { code: codes.notConnected, advice: 'connect the device' },
}

const isTooLong = (cause: unknown): boolean =>
  cause instanceof Error && 'code' in cause && cause.code === 'ENAMETOOLONG'

/** What ended the making of an entry. Of a name that NTFS takes and the host does not, only its place in the tar says which. */
export const causeAt = (name: string, offset: number, cause: unknown): unknown =>
  isTooLong(cause)
    ? Object.assign(new Error(`ENAMETOOLONG: tar entry ${shown(name)} at byte ${offset} has too long a name`), {
        code: 'ENAMETOOLONG',
      })
    : cause

/** What ended a piece of work, as its caller is told. `what` says what was asked. */
export const failureOf = (what: string, cause: unknown): FilesError => {
  const isOfHost = raisedIn(cause) === undefined && cause instanceof Error && 'code' in cause
  const found = isOfHost && typeof cause.code === 'string' ? known[cause.code] : undefined
  return isOfHost && found !== undefined
    ? backendFault(`${what}: ${cause.message}; ${found.advice} and try again`, found.code)
    : plainFailureOf(what, cause)
}

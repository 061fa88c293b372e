import { backendFault } from '@varve/core/ports'
import { codes, raise } from '../failure.js'
import { sideFileHead } from '../formats/side-file.js'
import type { Machine } from '../machine.js'
import type { BackupContext, Handle, Native } from '../native/native.js'
import { openAt, share } from './below.js'

/** Where a backup is read from, from its beginning on. It owns its handle. */
export type BackupInput = {
  /** Of the file as it is open now. */
  readonly handle: () => Handle
  /** Fills the buffer; answers how many bytes there were, 0 at the end. */
  readonly read: (into: Uint8Array) => number
  /** Passes over bytes. Not there where they have to be read. */
  readonly skip?: (bytes: number) => void
  /** Goes back to the beginning. */
  readonly rewind: () => void
  readonly close: () => void
}

/** The backup that Windows makes of what `open` opens. */
export const backupInput = (native: Native, open: () => Handle, withSecurity: boolean): BackupInput => {
  let handle: Handle | undefined = open()
  let context: BackupContext = { pointer: null }
  const close = (): void => {
    if (handle === undefined) return
    const closing = handle
    handle = undefined
    try {
      if (context.pointer !== null) native.ReleaseBackupRead(closing, context)
    } finally {
      native.CloseHandle(closing)
    }
  }
  const opened = (): Handle => {
    if (handle === undefined) throw new Error('what is read was closed')
    return handle
  }
  return {
    handle: opened,
    read: (into) => native.BackupRead(opened(), into, withSecurity, context),
    // A handle whose backup was read begins where that ended.
    rewind: () => {
      close()
      context = { pointer: null }
      handle = open()
    },
    close,
  }
}

/** The backup of the file at an absolute path. */
export const fileInput = (machine: Machine, path: string, withSecurity: boolean): BackupInput =>
  backupInput(machine.native, () => openAt(machine, path, share.read), withSecurity)

/** The backup in a side file of a transport folder, and the attributes before it. */
export const sideFileInput = (machine: Machine, path: string): { input: BackupInput; head: Uint8Array } => {
  const { native } = machine
  const handle = openAt(machine, path, share.read)
  const head = new Uint8Array(sideFileHead)
  let position = 0n
  let isOpen = true
  const close = (): void => {
    if (!isOpen) return
    isOpen = false
    native.CloseHandle(handle)
  }
  const goTo = (wanted: bigint): void => {
    native.SetFilePointerEx(handle, wanted)
    position = wanted
  }
  const read = (into: Uint8Array): number => {
    const count = native.ReadFile(handle, into)
    position += BigInt(count)
    return count
  }
  try {
    if (read(head) < head.length)
      raise(backendFault(`the side file ${path} is cut off; make the transport folder again`, codes.corrupt))
  } catch (cause) {
    close()
    throw cause
  }
  return {
    head,
    input: {
      handle: () => handle,
      read,
      skip: (bytes) => goTo(position + BigInt(bytes)),
      rewind: () => goTo(BigInt(sideFileHead)),
      close,
    },
  }
}

import { call, fail } from './call.js'
import { requireKind, requireObject } from './checks.js'
import { cell32, cell64, u32In, u64In } from './fields.js'
import type { BackupContext, Handle, Kernel32 } from './native.js'
import type { Table } from './table.js'

const writeFault = 0x8007001d

type Backup = 'BackupRead' | 'BackupWrite'

const requireContext = (name: string, context: BackupContext): void => {
  requireObject(name, 'context', context)
  requireKind(name, 'the pointer of context', 'pointerOrNull', context.pointer)
}

/** The context is kept also when the call failed: it may have been made by it. */
const withContext = <T>(context: BackupContext, use: (cell: Uint8Array) => T): T => {
  const cell = cell64(context.pointer ?? 0n)
  try {
    return use(cell)
  } finally {
    const pointer = u64In(cell)
    context.pointer = pointer === 0n ? null : pointer
  }
}

/** One piece of a backup stream; answers how many bytes of it there were. */
const transfer = (
  table: Table,
  name: Backup,
  handle: Handle,
  bytes: Uint8Array,
  withSecurity: boolean,
  context: BackupContext,
): number => {
  requireContext(name, context)
  requireKind(name, 'buffer', 'bytes', bytes)
  const done = cell32()
  withContext(context, (cell) => call(table, name, handle, bytes, bytes.length, done, false, withSecurity, cell))
  return u32In(done)
}

/** What the function keeps for the handle is given back. Nothing is kept when nothing was transferred. */
const release = (table: Table, name: Backup, handle: Handle, context: BackupContext): void => {
  requireContext(name, context)
  if (context.pointer === null) return
  withContext(context, (cell) => call(table, name, handle, null, 0, cell32(), true, false, cell))
  context.pointer = null
}

export const backupOf = (
  table: Table,
): Pick<Kernel32, 'BackupRead' | 'BackupWrite' | 'ReleaseBackupRead' | 'ReleaseBackupWrite'> => ({
  BackupRead: (handle, buffer, withSecurity, context) =>
    transfer(table, 'BackupRead', handle, buffer, withSecurity, context),
  ReleaseBackupRead: (handle, context) => release(table, 'BackupRead', handle, context),
  BackupWrite: (handle, bytes, withSecurity, context) => {
    if (bytes instanceof Uint8Array && bytes.length === 0) return
    const written = transfer(table, 'BackupWrite', handle, bytes, withSecurity, context)
    if (written !== bytes.length) fail('BackupWrite', [handle, bytes, bytes.length], writeFault)
  },
  ReleaseBackupWrite: (handle, context) => release(table, 'BackupWrite', handle, context),
})

export const readFile = (table: Table, handle: Handle, buffer: Uint8Array): number => {
  requireKind('ReadFile', 'buffer', 'bytes', buffer)
  const read = cell32()
  call(table, 'ReadFile', handle, buffer, buffer.length, read, null)
  return u32In(read)
}

export const writeFile = (table: Table, handle: Handle, bytes: Uint8Array): void => {
  if (bytes instanceof Uint8Array && bytes.length === 0) return
  requireKind('WriteFile', 'bytes', 'bytes', bytes)
  const written = cell32()
  call(table, 'WriteFile', handle, bytes, bytes.length, written, null)
  if (u32In(written) !== bytes.length) fail('WriteFile', [handle, bytes, bytes.length], writeFault)
}

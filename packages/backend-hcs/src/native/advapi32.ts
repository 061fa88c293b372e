import { backendFault } from '@varve/core/ports'
import { tokenPrivileges } from '../bindings/structs.js'
import { codes, raise } from '../failure.js'
import { call } from './call.js'
import { invalidHandle, refuse, requireKind } from './checks.js'
import { finishing } from './cleanup.js'
import { failureTold } from './codes.js'
import { cell32, cell64, pack, u32In, u64In } from './fields.js'
import type { Advapi32, Handle } from './native.js'
import { ofWin32 } from './result.js'
import type { Table } from './table.js'
import { takeOwned } from './texts.js'

/** TOKEN_ADJUST_PRIVILEGES and TOKEN_QUERY. */
const tokenAccess = 0x28
const enabled = 2
const revision = 1

/** The pseudo handle is a constant, so nothing is asked for it. */
const openToken = (table: Table): Handle => {
  const token = cell64()
  call(table, 'OpenProcessToken', invalidHandle, tokenAccess, token)
  return u64In(token)
}

/** Whether the process holds the privilege, which is on then. */
const enable = (table: Table, token: Handle, name: string): boolean => {
  const id = cell64()
  call(table, 'LookupPrivilegeValueW', null, name, id)
  const asked = pack(tokenPrivileges, { PrivilegeCount: 1, Attributes: enabled })
  asked.set(id, tokenPrivileges.offsets.Luid)
  call(table, 'AdjustTokenPrivileges', token, false, asked, 0, null, null)
  // It succeeds without having done it: the last error tells.
  return ofWin32(Number(table.GetLastError())) !== codes.notAllAssigned
}

const enableAll = (table: Table, names: readonly string[]): void => {
  if (!Array.isArray(names)) refuse('EnablePrivileges', 'names', names, 'an array of names')
  for (const name of names) requireKind('EnablePrivileges', 'a name', 'text', name)
  const token = openToken(table)
  const missing = finishing(
    () => names.filter((name) => !enable(table, token, name)),
    () => void call(table, 'CloseHandle', token),
  )
  if (missing.length === 0) return
  const told = failureTold(codes.notAllAssigned)
  raise(backendFault(`EnablePrivileges(${missing.join(', ')}) ${told}`, codes.notAllAssigned))
}

const descriptorOf = (table: Table, sddl: string): Uint8Array => {
  const length = cell32()
  return takeOwned(
    (address) => call(table, 'LocalFree', address),
    (out) => void call(table, 'ConvertStringSecurityDescriptorToSecurityDescriptorW', sddl, revision, out, length),
    (address) => table.bytesAt(address, u32In(length)),
    new Uint8Array(0),
  )
}

export const advapi32Of = (table: Table): Advapi32 => ({
  EnablePrivileges: (names) => enableAll(table, names),
  SecurityDescriptorOf: (sddl) => descriptorOf(table, sddl),
})

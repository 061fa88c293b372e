import { hresult } from '@varve/core/ports'
import type { Convention } from '../bindings/signature.js'
import { invalidHandle } from './checks.js'
import type { RawResult, Table } from './table.js'

/** The HRESULT of a Win32 code; a code of another family, which some of these functions answer too, stays as it is. */
export const ofWin32 = (code: number): number => {
  const unsigned = code >>> 0
  return unsigned > 0xffff ? unsigned : (0x8007_0000 | unsigned) >>> 0
}

const unmapped = 317
/** STATUS_REPARSE_POINT_ENCOUNTERED, which old tables of codes do not know, and its Win32 code. */
const reparsePointEncountered = { status: 0xc000_050b, code: 4395 } as const

/** The HRESULT of an NTSTATUS. What Windows has no Win32 code for keeps its value, marked as an NTSTATUS. */
export const ofNtStatus = (table: Table, status: number): number => {
  const unsigned = status >>> 0
  if (unsigned === reparsePointEncountered.status) return ofWin32(reparsePointEncountered.code)
  if (unsigned >>> 16 === 0xc007) return ofWin32(unsigned & 0xffff)
  const code = Number(table.RtlNtStatusToDosError(status | 0)) >>> 0
  return code === unmapped || code === 0 ? (unsigned | 0x1000_0000) >>> 0 : ofWin32(code)
}

/** The HRESULT of what failed last on this thread. */
export const lastError = (table: Table): number => {
  const code = Number(table.GetLastError()) >>> 0
  return code === 0 ? hresult.unspecified : ofWin32(code)
}

const isHandle = (result: RawResult): boolean =>
  typeof result === 'bigint' && result !== 0n && BigInt.asUintN(64, result) !== invalidHandle

/** The HRESULT that an answer says the call failed with; undefined when it did not. To be asked before anything else is called. */
export const codeOfResult = (table: Table, convention: Convention, result: RawResult): number | undefined => {
  const number = Number(result)
  switch (convention) {
    case 'hresult':
      return (number | 0) < 0 ? number >>> 0 : undefined
    case 'win32':
      return number >>> 0 === 0 ? undefined : ofWin32(number)
    case 'ntstatus':
      return number >>> 0 === 0 ? undefined : ofNtStatus(table, number)
    case 'bool':
    case 'length':
      return number === 0 ? lastError(table) : undefined
    case 'handle':
      return isHandle(result) ? undefined : lastError(table)
    case 'value':
      return undefined
  }
}

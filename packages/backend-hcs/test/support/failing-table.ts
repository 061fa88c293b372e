import { conventionOf, functionNames, type FunctionName } from '../../src/bindings/index.js'
import type { RawFunction, RawResult, Table } from '../../src/native/table.js'

const isWin32 = (code: number): boolean => code >>> 16 === 0x8007
const win32Of = (code: number): number => (isWin32(code) ? code & 0xffff : code >>> 0)

/** What a function answers that failed with an HRESULT; where that says too little, GetLastError says the rest. */
const failureOf = (name: FunctionName, code: number): RawResult => {
  switch (conventionOf(name)) {
    case 'hresult':
      return code | 0
    case 'win32':
      return win32Of(code)
    case 'ntstatus':
      return (isWin32(code) ? 0xc007_0000 | (code & 0xffff) : code) | 0
    case 'handle':
      return 0xffff_ffff_ffff_ffffn
    case 'bool':
    case 'length':
      return 0
    case 'value':
      throw new Error(`${name} can't fail`)
  }
}

/** ERROR_NOT_ALL_ASSIGNED, with which AdjustTokenPrivileges succeeds. */
const notAllAssigned = 0x8007_0514

/**
 * A table whose calls fail with the HRESULT that `codeFor` gives for them, without having been made. `number` counts the
 * calls of one function from 1; functions that can't fail are not asked about.
 */
export const failingTable = (
  table: Table,
  codeFor: (name: FunctionName, number: number) => number | undefined,
): Table => {
  const numbers = new Map<FunctionName, number>()
  let lastError: number | undefined

  const wrapped = (name: FunctionName): RawFunction => {
    if (name === 'GetLastError') return (...values) => lastError ?? table.GetLastError(...values)
    if (conventionOf(name) === 'value') return table[name]
    return (...values) => {
      const number = (numbers.get(name) ?? 0) + 1
      numbers.set(name, number)
      const code = codeFor(name, number)
      lastError = code === undefined ? undefined : win32Of(code)
      if (code === undefined) return table[name](...values)
      return name === 'AdjustTokenPrivileges' && code === notAllAssigned ? 1 : failureOf(name, code)
    }
  }
  const functions = Object.fromEntries(functionNames.map((name) => [name, wrapped(name)]))
  return { ...(functions as Record<FunctionName, RawFunction>), textAt: table.textAt, bytesAt: table.bytesAt }
}

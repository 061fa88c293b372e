import { conventionOf, functionNames, type FunctionName } from '../../src/bindings/index.js'
import type { RawFunction, RawResult, Table } from '../../src/native/table.js'
import { watchOver, type Watch } from './watch.js'
import type { Cells } from './plan.js'

const invalidHandle = 0xffff_ffff_ffff_ffffn

/** Where a function puts what its caller has to give back: the number of an argument, or its own answer. */
type Place = number | 'answer'

const handleMakers: Readonly<Partial<Record<FunctionName, Place>>> = {
  CreateFileW: 'answer',
  NtCreateFile: 0,
  CreateVirtualDisk: 8,
  OpenVirtualDisk: 5,
  OpenProcessToken: 2,
  OpenThreadToken: 3,
  ORCreateHive: 0,
  OROpenHive: 1,
}
const textMakers: Readonly<Partial<Record<FunctionName, number>>> = {
  GetBaseImages: 0,
  HcsGetLayerVhdMountPath: 1,
  ConvertStringSecurityDescriptorToSecurityDescriptorW: 2,
  ConvertSecurityDescriptorToStringSecurityDescriptorW: 3,
  ConvertStringSidToSidW: 1,
  ConvertSidToStringSidW: 1,
  GetSecurityInfo: 7,
  SetEntriesInAclW: 4,
}
const handleTakers: ReadonlySet<string> = new Set<FunctionName>(['CloseHandle', 'ORCloseHive'])
const textTakers: ReadonlySet<string> = new Set<FunctionName>(['LocalFree', 'CoTaskMemFree'])

/** What changes nothing outside the process; closing is what the end of a process does too. */
const looks: ReadonlySet<string> = new Set<FunctionName>([
  ...([...handleTakers, ...textTakers] as FunctionName[]),
  'GetFileInformationByHandleEx',
  'GetVolumeInformationW',
  'GetVolumePathNameW',
  'GetVolumeNameForVolumeMountPointW',
  'GetFinalPathNameByHandleW',
  'GetDiskFreeSpaceExW',
  'BackupRead',
  'ReadFile',
  'SetFilePointerEx',
  'OpenProcessToken',
  'LookupPrivilegeValueW',
  'AdjustTokenPrivileges',
  'ConvertStringSecurityDescriptorToSecurityDescriptorW',
  'GetLayerMountPath',
  'LayerExists',
  'NameToGuid',
  'GetBaseImages',
  'OpenVirtualDisk',
  'GetVirtualDiskInformation',
  'GetVirtualDiskPhysicalPath',
  'RtlGetVersion',
  'ORCreateHive',
])
const openExisting = 3
const open = 1

const changes = (name: FunctionName, given: readonly unknown[]): boolean => {
  if (name === 'CreateFileW') return given[4] !== openExisting
  if (name === 'NtCreateFile') return given[7] !== open
  return !looks.has(name)
}

const pointerIn = (value: unknown): bigint =>
  value instanceof Uint8Array ? new DataView(value.buffer, value.byteOffset).getBigUint64(0, true) : 0n

const cellOf = (pointer: bigint): Uint8Array => {
  const made = new Uint8Array(8)
  new DataView(made.buffer).setBigUint64(0, pointer, true)
  return made
}

const isBackup = (name: FunctionName): name is 'BackupRead' | 'BackupWrite' =>
  name === 'BackupRead' || name === 'BackupWrite'

/** Whether a call gives something back; such a call fails only after it has done that. */
const givesBack = (name: FunctionName, given: readonly unknown[]): boolean =>
  handleTakers.has(name) || (isBackup(name) && given[4] === 1)

/** What was handed out by the real functions, and gives it back. */
const openHoldings = (table: Table, watch: () => Watch) => {
  const handles = new Map<bigint, 'CloseHandle' | 'ORCloseHive'>()
  const contexts = new Map<bigint, { readonly name: 'BackupRead' | 'BackupWrite'; readonly handle: unknown }>()

  const settleContext = (name: 'BackupRead' | 'BackupWrite', given: readonly unknown[], earlier: bigint): void => {
    const later = pointerIn(given[6])
    if (earlier === later) return
    if (earlier !== 0n && contexts.delete(earlier)) watch().count('contexts', -1)
    if (later === 0n) return
    contexts.set(later, { name, handle: given[0] })
    watch().count('contexts', 1)
  }
  const settle = (name: FunctionName, given: readonly unknown[], result: RawResult): void => {
    const place = handleMakers[name]
    const handle = place === 'answer' ? BigInt.asUintN(64, BigInt(result ?? 0)) : pointerIn(given[place ?? -1])
    if (place !== undefined && handle !== 0n && handle !== invalidHandle) {
      handles.set(handle, name.startsWith('OR') ? 'ORCloseHive' : 'CloseHandle')
      watch().count('handles', 1)
    }
    if (handleTakers.has(name) && handles.delete(given[0] as bigint)) watch().count('handles', -1)
    const text = textMakers[name]
    if (text !== undefined && pointerIn(given[text]) !== 0n) watch().count('texts', 1)
    if (textTakers.has(name)) watch().count('texts', -1)
  }
  return {
    settle,
    settleContext,
    /** Gives everything back, as the end of the process does. */
    drop: (): void => {
      for (const [pointer, { name, handle }] of contexts)
        table[name](handle, null, 0, new Uint8Array(4), 1, 0, cellOf(pointer))
      for (const [handle, close] of handles) table[close](handle)
      contexts.clear()
      handles.clear()
    },
  }
}

/** The Win32 code in an HRESULT; others have to do with the lowest 16 bits. */
const win32Of = (code: number): number => code & 0xffff

/** The same functions, of which calls are noted, fail and are cut as planned, and what they hand out is counted. */
export const watchedTable = (table: Table, cells: Cells): { readonly table: Table; readonly watch: Watch } => {
  let lastError: number | undefined
  const holdings = openHoldings(table, () => watch)
  const watch: Watch = watchOver(cells, holdings.drop)

  const failed = (name: FunctionName, code: number): RawResult => {
    switch (conventionOf(name)) {
      case 'hresult':
        return code | 0
      case 'win32':
        return win32Of(code)
      case 'ntstatus':
        return 0xc007_0000 | win32Of(code)
      case 'handle':
        lastError = win32Of(code)
        return invalidHandle
      case 'bool':
      case 'length':
      case 'value':
        lastError = win32Of(code)
        return 0
    }
  }
  const called = (name: FunctionName, given: readonly unknown[]): RawResult => {
    const earlier = isBackup(name) ? pointerIn(given[6]) : 0n
    const result = table[name](...given)
    if (isBackup(name)) holdings.settleContext(name, given, earlier)
    else if (!isFailure(name, result)) holdings.settle(name, given, result)
    return result
  }
  const watched = (name: FunctionName): RawFunction => {
    if (name === 'GetLastError') return () => lastError ?? table.GetLastError()
    if (conventionOf(name) === 'value') return (...given) => called(name, given)
    return (...given) => {
      lastError = undefined
      const code = watch.before(name, changes(name, given))
      if (code === undefined) return called(name, given)
      if (givesBack(name, given)) called(name, given)
      return failed(name, code)
    }
  }
  const functions = Object.fromEntries(functionNames.map((name) => [name, watched(name)]))
  return { table: { ...table, ...functions }, watch }
}

const isFailure = (name: FunctionName, result: RawResult): boolean => {
  switch (conventionOf(name)) {
    case 'hresult':
      return Number(result) < 0
    case 'win32':
    case 'ntstatus':
      return Number(result) !== 0
    case 'handle':
      return BigInt.asUintN(64, BigInt(result ?? 0)) === invalidHandle
    case 'bool':
    case 'length':
      return Number(result) === 0
    case 'value':
      return false
  }
}

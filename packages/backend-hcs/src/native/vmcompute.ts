import type { DriverInfo } from '../bindings/signature.js'
import { codeOf, codes } from '../failure.js'
import { call, fail } from './call.js'
import { refuse } from './checks.js'
import { cell32, cell64, roomFor, textIn, u32In, u64In } from './fields.js'
import { descriptorsOf, guidText } from './guid.js'
import type { Vmcompute } from './native.js'
import type { Table } from './table.js'
import { takeText } from './texts.js'

/** Paths are given whole, so what they would be joined with is empty. */
const driver: DriverInfo = { Flavour: 1, HomeDir: '' }
const insufficientBuffer = 0x8007007a
const longestPath = 32_767n
/** The path may grow between two calls; it does not go on growing. */
const tries = 3

const mountPath = (table: Table, path: string): string => {
  const units = cell64()
  call(table, 'GetLayerMountPath', driver, path, units, null)
  for (let left = tries; ; left--) {
    const needed = u64In(units)
    if (needed === 0n) return ''
    if (needed > longestPath + 1n) return fail('GetLayerMountPath', [driver, path, units, null], codes.unspecified)
    const buffer = roomFor(Number(needed))
    try {
      call(table, 'GetLayerMountPath', driver, path, units, buffer)
      return textIn(buffer)
    } catch (cause) {
      if (left === 1 || codeOf(cause) !== insufficientBuffer || u64In(units) <= needed) throw cause
    }
  }
}

const isSize = (bytes: unknown): boolean => typeof bytes === 'bigint' && bytes >= 1n && bytes < 2n ** 63n

export const vmcomputeOf = (table: Table): Vmcompute => ({
  ActivateLayer: (path) => void call(table, 'ActivateLayer', driver, path),
  DeactivateLayer: (path) => void call(table, 'DeactivateLayer', driver, path),
  PrepareLayer: (path, parents) =>
    void call(table, 'PrepareLayer', driver, path, ...descriptorsOf('PrepareLayer', parents)),
  UnprepareLayer: (path) => void call(table, 'UnprepareLayer', driver, path),
  GetLayerMountPath: (path) => mountPath(table, path),
  CreateLayer: (path, parent) => void call(table, 'CreateLayer', driver, path, parent),
  CreateSandboxLayer: (path, parents) =>
    void call(table, 'CreateSandboxLayer', driver, path, null, ...descriptorsOf('CreateSandboxLayer', parents)),
  ExpandSandboxSize: (path, bytes) => {
    if (!isSize(bytes)) refuse('ExpandSandboxSize', 'bytes', bytes, 'a bigint from 1 to 2^63 - 1')
    call(table, 'ExpandSandboxSize', driver, path, bytes)
  },
  DestroyLayer: (path) => void call(table, 'DestroyLayer', driver, path),
  ExportLayer: (path, folder, parents) =>
    void call(table, 'ExportLayer', driver, path, folder, ...descriptorsOf('ExportLayer', parents)),
  ImportLayer: (path, folder, parents) =>
    void call(table, 'ImportLayer', driver, path, folder, ...descriptorsOf('ImportLayer', parents)),
  LayerExists: (path) => {
    const exists = cell32()
    call(table, 'LayerExists', driver, path, exists)
    return u32In(exists) !== 0
  },
  NameToGuid: (name) => {
    const id = new Uint8Array(16)
    call(table, 'NameToGuid', name, id)
    return guidText(id)
  },
  ProcessBaseImage: (path) => void call(table, 'ProcessBaseImage', path),
  ProcessUtilityImage: (path) => void call(table, 'ProcessUtilityImage', path),
  GrantVmAccess: (vm, path) => void call(table, 'GrantVmAccess', vm, path),
  GetBaseImages: () =>
    takeText(
      table,
      (address) => call(table, 'CoTaskMemFree', address),
      (out) => void call(table, 'GetBaseImages', out),
    ),
})

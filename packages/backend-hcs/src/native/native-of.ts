import { advapi32Of } from './advapi32.js'
import { bindfltapiOf } from './bindfltapi.js'
import { computestorageOf } from './computestorage.js'
import { kernel32Of } from './kernel32.js'
import type { Native } from './native.js'
import { ntdllOf } from './ntdll.js'
import { offregOf } from './offreg.js'
import type { Table } from './table.js'
import { virtdiskOf } from './virtdisk.js'
import { vmcomputeOf } from './vmcompute.js'

/** The functions of Windows over a table of raw ones: checked before, judged after. */
export const nativeOf = (table: Table): Native => ({
  ...vmcomputeOf(table),
  ...computestorageOf(table),
  ...virtdiskOf(table),
  ...kernel32Of(table),
  ...advapi32Of(table),
  ...ntdllOf(table),
  ...offregOf(table),
  ...bindfltapiOf(table),
})

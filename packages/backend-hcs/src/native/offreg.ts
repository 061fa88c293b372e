import { call } from './call.js'
import { requireKind } from './checks.js'
import { finishing } from './cleanup.js'
import { cell64, u64In } from './fields.js'
import type { Offreg } from './native.js'
import type { Table } from './table.js'

export const offregOf = (table: Table): Offreg => ({
  SaveEmptyHive: (path, major, minor) => {
    requireKind('ORSaveHive', 'path', 'path', path)
    requireKind('ORSaveHive', 'major', 'u32', major)
    requireKind('ORSaveHive', 'minor', 'u32', minor)
    const hive = cell64()
    call(table, 'ORCreateHive', hive)
    finishing(
      () => void call(table, 'ORSaveHive', u64In(hive), path, major, minor),
      () => void call(table, 'ORCloseHive', u64In(hive)),
    )
  },
})

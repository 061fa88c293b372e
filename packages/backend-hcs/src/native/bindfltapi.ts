import { call } from './call.js'
import type { Bindfltapi } from './native.js'
import type { Table } from './table.js'

export const bindfltapiOf = (table: Table): Bindfltapi => ({
  BfSetupFilter: (path, target, flags) => void call(table, 'BfSetupFilter', null, flags, path, target, null, 0),
  BfRemoveMapping: (path) => void call(table, 'BfRemoveMapping', null, path),
})

import type { LaneWorld } from '../driver.js'
import { hostFiles, type HostFiles } from '../files.js'
import type { Machine } from '../machine.js'
import type { Table } from '../native/table.js'

/** What a machine is made of. */
export type Parts = { readonly table: Table; readonly files: HostFiles }

/** What the module of a native source exports: it may put others in place of the parts. */
export type Adapter = { readonly adapt: (parts: Parts) => Parts }

export const machineFrom = async ({ module, dlls }: LaneWorld): Promise<Machine> => {
  const plain: Parts = { table: openTable(dlls), files: hostFiles() }
  const { table, files } = module === undefined ? plain : ((await import(module)) as Adapter).adapt(plain)
  return { native: nativeOver(table), files }
}

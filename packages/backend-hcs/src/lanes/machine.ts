import type { LaneWorld } from '../driver.js'
import { hostFiles, type HostFiles } from '../files.js'
import type { Machine } from '../machine.js'
import { nativeOf } from '../native/native-of.js'
import { loadTable, type Table } from '../native/table.js'

/** What a machine is made of. */
export type Parts = { readonly table: Table; readonly files: HostFiles }

/** What the module of a native source exports: it may put others in place of the parts. */
export type Adapter = { readonly adapt: (parts: Parts) => Parts }

const partsFrom = async ({ module, dlls }: LaneWorld): Promise<Parts> => {
  const parts: Parts = { table: await loadTable({ dlls }), files: hostFiles() }
  return module === undefined ? parts : ((await import(module)) as Adapter).adapt(parts)
}

/** The machine of a lane. Loads koffi, and no DLL before something of it is called. */
export const machineFrom = async (world: LaneWorld): Promise<Machine> => {
  const { table, files } = await partsFrom(world)
  return { native: nativeOf(table), files }
}

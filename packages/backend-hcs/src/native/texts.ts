import { finishing } from './cleanup.js'
import { cell64, u64In } from './fields.js'
import type { Table } from './table.js'

/**
 * What `ask` leaves in the cell it is given, read by `copy` and then freed: once, also when `ask` failed after it had
 * allocated, and never when nothing was.
 */
export const takeOwned = <T>(
  free: (address: bigint) => unknown,
  ask: (out: Uint8Array) => void,
  copy: (address: bigint) => T,
  none: T,
): T => {
  const out = cell64()
  return finishing(
    () => {
      ask(out)
      const address = u64In(out)
      return address === 0n ? none : copy(address)
    },
    () => {
      const address = u64In(out)
      if (address !== 0n) free(address)
    },
  )
}

/** A text that the DLL allocated. */
export const takeText = (table: Table, free: (address: bigint) => unknown, ask: (out: Uint8Array) => void): string =>
  takeOwned(free, ask, (address) => table.textAt(address), '')

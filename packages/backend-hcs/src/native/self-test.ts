import { backendFault, layerId } from '@varve/core/ports'
import { driverInfo, guid, layerDescriptor, objectAttributes, unicodeString } from '../bindings/structs.js'
import { raise } from '../failure.js'
import { hex } from './codes.js'
import type { KoffiFacts } from './koffi-types.js'
import type { Native } from './native.js'

/** The version that all of this was proved with; that of package.json. */
export const pinnedKoffi = '3.3.4'

/** ERROR_REVISION_MISMATCH */
const mismatch = 0x8007051a

const layouts = { guid, driverInfo, layerDescriptor, unicodeString, objectAttributes } as const

const differ = (what: string, expected: string, found: string, advice: string): never =>
  raise(backendFault(`${what} must be ${expected}; found ${found} (${hex(mismatch)}); ${advice}`, mismatch))

const told = (size: number, offsets: readonly number[]): string => `${size} bytes, fields at ${offsets.join(', ')}`

/**
 * Raises unless what calls Windows, and Windows itself, are as this backend takes them to be: to be asked once, before the
 * first layer is touched.
 */
export const selfTest = (native: Pick<Native, 'NameToGuid'>, { version, layouts: found }: KoffiFacts): void => {
  if (version !== pinnedKoffi) differ('koffi', pinnedKoffi, version, `install koffi ${pinnedKoffi}`)
  for (const [name, { size, offsets }] of Object.entries(layouts)) {
    const expected = told(size, Object.values(offsets))
    const one = found[name as keyof typeof layouts]
    const given = told(one.size, one.offsets)
    if (given !== expected) differ(`struct ${name}`, expected, given, 'run node for 64 bits on a 64-bit system')
  }
  const name = '1'
  const id = native.NameToGuid(name)
  if (id !== layerId(name))
    differ(
      `the id of a layer named ${name}`,
      layerId(name),
      id,
      'this Windows is unknown to Varve: please report its build',
    )
}

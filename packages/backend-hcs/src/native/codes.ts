import { hcsCodes } from './hcs-codes.js'
import { diskCodes } from './disk-codes.js'
import { win32Codes } from './win32-codes.js'

/** What kind of failure a code stands for. */
export type Category =
  | 'not-exist'
  | 'exists'
  | 'not-empty'
  | 'access'
  | 'in-use'
  | 'not-ready'
  | 'not-active'
  | 'disk-full'
  | 'limit'
  | 'invalid-argument'
  | 'unsupported'
  | 'reparse-point'
  | 'state'
  | 'service'
  | 'cancelled'
  | 'timeout'
  | 'corrupt'
  | 'io'
  | 'unknown'

/** Windows' own name of a code, its category, and what the user can do. */
export type Known = readonly [name: string, category: Category, advice: string]
export type KnownCodes = Readonly<Record<number, Known>>

const isWin32 = (code: number): boolean => code >>> 16 === 0x8007
const isHcs = (code: number): boolean => code >>> 8 === 0x80_3701 || code >>> 8 === 0xc0_3701

const knownOf = (code: number): Known | undefined => {
  if (isWin32(code)) return win32Codes[code & 0xffff]
  return isHcs(code) ? hcsCodes[code & 0xff] : diskCodes[code >>> 0]
}

/** An HRESULT as people look it up. */
export const hex = (code: number): string => `0x${(code >>> 0).toString(16).padStart(8, '0')}`

export const categoryOf = (code: number): Category => knownOf(code)?.[1] ?? 'unknown'

/** Windows' own name of an HRESULT; its digits where it is not known here. */
export const nameOf = (code: number): string => knownOf(code)?.[0] ?? hex(code)

export const adviceOf = (code: number): string =>
  knownOf(code)?.[2] ?? `certutil -error ${hex(code)} says what Windows means by it`

/** The end of a sentence that begins with what was called. */
export const failureTold = (code: number): string => {
  const known = knownOf(code)
  const name = known === undefined ? '' : ` (${known[0]})`
  return `failed with ${hex(code)}${name}; ${adviceOf(code)}`
}

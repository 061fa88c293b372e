import { advapi32 } from './advapi32.js'
import { bindfltapi } from './bindfltapi.js'
import { computestorage } from './computestorage.js'
import { kernel32 } from './kernel32.js'
import { ntdll } from './ntdll.js'
import { offreg } from './offreg.js'
import { ole32 } from './ole32.js'
import type { ArgumentsOf, Convention, Signature } from './signature.js'
import { virtdisk } from './virtdisk.js'
import { vmcompute } from './vmcompute.js'

/** Every function that is bound, by the DLL that has it. */
export const dlls = {
  vmcompute,
  computestorage,
  virtdisk,
  kernel32,
  advapi32,
  ntdll,
  offreg,
  bindfltapi,
  ole32,
} as const

export type DllName = keyof typeof dlls

const all = {
  ...vmcompute,
  ...computestorage,
  ...virtdisk,
  ...kernel32,
  ...advapi32,
  ...ntdll,
  ...offreg,
  ...bindfltapi,
  ...ole32,
} as const

export type FunctionName = keyof typeof all

export const functionNames = Object.keys(all) as readonly FunctionName[]

export const isFunctionName = (name: string): name is FunctionName => Object.hasOwn(all, name)

export const signatureOf = (name: FunctionName): Signature => all[name]

/** How a function of the table says that it failed; `value` for what is in the table and in no DLL. */
export const conventionOf = (name: string): Convention => (isFunctionName(name) ? signatureOf(name)[0] : 'value')

export type ArgumentsFor<Name extends FunctionName> = ArgumentsOf<(typeof all)[Name]>

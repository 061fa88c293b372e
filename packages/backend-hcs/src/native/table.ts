import { backendFault } from '@varve/core/ports'
import { dlls, type DllName, type FunctionName } from '../bindings/index.js'
import type { Signature } from '../bindings/signature.js'
import { codes, messageOf, raise } from '../failure.js'
import { featureOf, sinceOf } from './features.js'
import { loadKoffi, typesOf, type Koffi } from './koffi-types.js'

export type RawResult = number | bigint | null | undefined

/** A function of a DLL as it is: what it answers is its own code or value, and nothing is checked. */
export type RawFunction = (...values: readonly unknown[]) => RawResult

/**
 * Everything native that this backend reaches, by name. `conventionOf` says how each tells that it failed; the code of a
 * BOOL function is what `GetLastError` says next.
 */
export type Table = Readonly<Record<FunctionName, RawFunction>> & Memory

/** Reading what a DLL allocated. */
export type Memory = {
  /** Text of UTF-16 up to its NUL. */
  readonly textAt: (address: bigint) => string
  /** A copy. */
  readonly bytesAt: (address: bigint, length: number) => Uint8Array
}

export type TableOptions = {
  /** Other files than those of System32, by DLL: absolute paths. */
  readonly dlls?: Readonly<Record<string, string>> | undefined
}

type Library = ReturnType<Koffi['load']>

/** What the functions without a code of their own answer. */
const values: Readonly<Partial<Record<FunctionName, string>>> = {
  GetLastError: 'uint32_t',
  RtlNtStatusToDosError: 'uint32_t',
  LocalFree: 'void *',
  CoTaskMemFree: 'void',
}

const results = {
  hresult: 'int32_t',
  ntstatus: 'int32_t',
  win32: 'uint32_t',
  bool: 'int32_t',
  length: 'uint32_t',
  handle: 'void *',
} as const

const resultOf = (name: FunctionName, [convention]: Signature): string =>
  convention === 'value' ? (values[name] ?? 'void') : results[convention]

const system32 = (dll: DllName): string => `${process.env['SystemRoot'] ?? 'C:\\Windows'}\\System32\\${dll}.dll`

const checkNames = (paths: Readonly<Record<string, string>>): void => {
  const stranger = Object.keys(paths).find((name) => !Object.hasOwn(dlls, name))
  if (stranger === undefined) return
  const known = Object.keys(dlls).join(', ')
  raise(backendFault(`a path was given for the DLL ${stranger}; those bound are ${known}`, codes.invalidParameter))
}

/**
 * The functions of the DLLs, each bound at its first call; those of a DLL that is missing raise a fault that names the
 * feature or build of Windows which brings it. Loads koffi, so it belongs into a worker.
 */
export const loadTable = async ({ dlls: paths = {} }: TableOptions = {}): Promise<Table> => {
  checkNames(paths)
  const koffi = await loadKoffi()
  const types = typesOf(koffi)
  const libraries = new Map<DllName, Library>()

  const libraryOf = (dll: DllName): Library => {
    const path = paths[dll] ?? system32(dll)
    try {
      const library = libraries.get(dll) ?? koffi.load(path)
      libraries.set(dll, library)
      return library
    } catch (cause) {
      const found = messageOf(cause)
      return raise(backendFault(`${path} can't be loaded: ${found}; ${featureOf(dll)}`, codes.noSuchModule))
    }
  }

  const bind = (dll: DllName, name: FunctionName, signature: Signature): RawFunction => {
    const [, ...parameters] = signature
    const kinds = parameters.map(([, kind]) => types[kind])
    const library = libraryOf(dll)
    try {
      return library.func(name, resultOf(name, signature), kinds)
    } catch (cause) {
      const found = messageOf(cause)
      return raise(backendFault(`${dll}.dll can't give ${name}: ${found}; ${sinceOf(name, dll)}`, codes.noSuchFunction))
    }
  }

  const lazily = (dll: DllName, name: FunctionName, signature: Signature): RawFunction => {
    let bound: RawFunction | undefined
    return (...given) => {
      bound ??= bind(dll, name, signature)
      return bound(...given)
    }
  }

  const functions: Partial<Record<FunctionName, RawFunction>> = {}
  for (const [dll, signatures] of Object.entries(dlls))
    for (const [name, signature] of Object.entries<Signature>(signatures))
      functions[name as FunctionName] = lazily(dll as DllName, name as FunctionName, signature)
  return {
    ...(functions as Record<FunctionName, RawFunction>),
    textAt: (address) => koffi.decode.string16(address),
    bytesAt: (address, length) => Uint8Array.from(new Uint8Array(koffi.view(address, length))),
  }
}

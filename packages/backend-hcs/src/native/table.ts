import { backendFault } from '@varve/core/ports'
import { dlls, type DllName, type FunctionName } from '../bindings/index.js'
import type { Kind, Signature } from '../bindings/signature.js'
import { codes, messageOf, raise } from '../failure.js'
import { featureOf, sinceOf } from './features.js'

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

type Koffi = Awaited<typeof import('koffi')>
type Library = ReturnType<Koffi['load']>
type KoffiType = Parameters<Library['func']>[0] | ReturnType<Koffi['struct']>

const loadKoffi = async (): Promise<Koffi> => {
  try {
    return await import('koffi')
  } catch (cause) {
    return raise(
      backendFault(
        `koffi, which calls the DLLs of Windows, can't be loaded: ${messageOf(cause)}; install with optional dependencies, on a 64-bit system`,
        codes.noSuchModule,
      ),
    )
  }
}

/** What koffi takes for each kind. Its types have no names here: names are one space per thread. */
const typesOf = (koffi: Koffi): Readonly<Record<Kind, KoffiType>> => {
  const guid = koffi.struct({
    Data1: 'uint32_t',
    Data2: 'uint16_t',
    Data3: 'uint16_t',
    Data4: koffi.array('uint8_t', 8),
  })
  const driver = koffi.struct({ Flavour: 'int32_t', HomeDir: 'str16' })
  const descriptor = koffi.struct({ LayerId: guid, Flags: 'uint32_t', Path: 'str16' })
  const text = koffi.struct({ Length: 'uint16_t', MaximumLength: 'uint16_t', Buffer: 'str16' })
  const objectAttributes = koffi.struct({
    Length: 'uint32_t',
    RootDirectory: 'void *',
    ObjectName: koffi.pointer(text),
    Attributes: 'uint32_t',
    SecurityDescriptor: 'void *',
    SecurityQualityOfService: 'void *',
  })
  const numbers = { u32: 'uint32_t', i32: 'int32_t', u64: 'uint64_t', i64: 'int64_t', flag: 'int32_t' } as const
  const texts = { text: 'str16', path: 'str16', document: 'str16', documentOrNull: 'str16' } as const
  const addresses = {
    handle: 'void *',
    handleOrNull: 'void *',
    pointer: 'void *',
    pointerOrNull: 'void *',
    thisProcess: 'void *',
    bytes: 'void *',
    bytesOrNull: 'void *',
    cell32: 'void *',
    cell32OrNull: 'void *',
    cell64: 'void *',
    cell64OrNull: 'void *',
    guid: 'void *',
    none: 'void *',
  } as const
  return {
    ...numbers,
    ...texts,
    ...addresses,
    driver: koffi.pointer(driver),
    descriptors: koffi.pointer(descriptor),
    objectAttributes: koffi.pointer(objectAttributes),
  }
}

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
      return library.func(name, resultOf(name, signature), kinds) as unknown as RawFunction
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

/** The version of koffi that is there. */
export const koffiVersion = async (): Promise<string> => (await loadKoffi()).version

import { backendFault } from '@varve/core/ports'
import type { Kind } from '../bindings/signature.js'
import { codes, messageOf, raise } from '../failure.js'

export type Koffi = typeof import('koffi')
type Struct = ReturnType<Koffi['struct']>
export type KoffiType = string | Struct

/** koffi, which brings a native addon of its own: it is loaded here and nowhere else, in the worker that calls. */
export const loadKoffi = async (): Promise<Koffi> => {
  try {
    return await import('koffi')
  } catch (cause) {
    const found = messageOf(cause)
    const advice = 'install with optional dependencies, on a 64-bit system'
    return raise(
      backendFault(`koffi, which calls the DLLs of Windows, can't be loaded: ${found}; ${advice}`, codes.noSuchModule),
    )
  }
}

type Structs = {
  readonly guid: Struct
  readonly driverInfo: Struct
  readonly layerDescriptor: Struct
  readonly unicodeString: Struct
  readonly objectAttributes: Struct
}

/** The structs that hold texts, and so are made by koffi. Without names: names are one space per thread. */
const structsOf = (koffi: Koffi): Structs => {
  const guid = koffi.struct({
    Data1: 'uint32_t',
    Data2: 'uint16_t',
    Data3: 'uint16_t',
    Data4: koffi.array('uint8_t', 8),
  })
  const unicodeString = koffi.struct({ Length: 'uint16_t', MaximumLength: 'uint16_t', Buffer: 'str16' })
  return {
    guid,
    driverInfo: koffi.struct({ Flavour: 'int32_t', HomeDir: 'str16' }),
    layerDescriptor: koffi.struct({ LayerId: guid, Flags: 'uint32_t', Path: 'str16' }),
    unicodeString,
    objectAttributes: koffi.struct({
      Length: 'uint32_t',
      RootDirectory: 'void *',
      ObjectName: koffi.pointer(unicodeString),
      Attributes: 'uint32_t',
      SecurityDescriptor: 'void *',
      SecurityQualityOfService: 'void *',
    }),
  }
}

const scalars = {
  u32: 'uint32_t',
  i32: 'int32_t',
  size: 'size_t',
  u64: 'uint64_t',
  i64: 'int64_t',
  flag: 'int32_t',
} as const
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
  cell128: 'void *',
  none: 'void *',
} as const

/** What koffi takes for each kind of parameter. */
export const typesOf = (koffi: Koffi): Readonly<Record<Kind, KoffiType>> => {
  const { driverInfo, layerDescriptor, objectAttributes } = structsOf(koffi)
  return {
    ...scalars,
    ...texts,
    ...addresses,
    driver: koffi.pointer(driverInfo),
    descriptors: koffi.pointer(layerDescriptor),
    objectAttributes: koffi.pointer(objectAttributes),
  }
}

/** What the self-test judges koffi by. */
export type KoffiFacts = {
  readonly version: string
  readonly layouts: Readonly<Record<keyof Structs, { readonly size: number; readonly offsets: readonly number[] }>>
}

export const koffiFacts = async (): Promise<KoffiFacts> => {
  const koffi = await loadKoffi()
  const { guid, driverInfo, layerDescriptor, unicodeString, objectAttributes } = structsOf(koffi)
  const layoutOf = (type: Struct) => ({
    size: type.size,
    offsets: Object.values(type.members ?? {}).map(({ offset }) => offset),
  })
  return {
    version: koffi.version,
    layouts: {
      guid: layoutOf(guid),
      driverInfo: layoutOf(driverInfo),
      layerDescriptor: layoutOf(layerDescriptor),
      unicodeString: layoutOf(unicodeString),
      objectAttributes: layoutOf(objectAttributes),
    },
  }
}

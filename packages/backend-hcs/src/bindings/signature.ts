/**
 * How a raw function says that it failed:
 * `hresult` a negative HRESULT · `win32` a code other than 0 · `ntstatus` an NTSTATUS other than 0 ·
 * `bool` 0, the code being what GetLastError says next · `handle` INVALID_HANDLE_VALUE, likewise · `length` 0, likewise ·
 * `value` never: it answers a value or nothing.
 */
export type Convention = 'hresult' | 'win32' | 'ntstatus' | 'bool' | 'handle' | 'length' | 'value'

/** What a function takes, by kind. Everything that a function writes to is bytes of the caller's. */
export type ArgumentOfKind = {
  /** Without NUL, at most 32,767 units of UTF-16. */
  text: string
  /** An absolute Windows path. */
  path: string
  /** Text of any sensible length: JSON, SDDL. */
  document: string
  documentOrNull: string | null
  u32: number
  i32: number
  /** A size_t. */
  size: bigint
  u64: bigint
  i64: bigint
  /** A BOOL. */
  flag: boolean
  handle: bigint
  handleOrNull: bigint | null
  /** Memory of the other side, or one of the predefined registry keys. */
  pointer: bigint
  pointerOrNull: bigint | null
  /** The pseudo handle of this process. */
  thisProcess: bigint
  bytes: Uint8Array
  bytesOrNull: Uint8Array | null
  /** 4 bytes: a 32-bit number that is written to, or read and written to. */
  cell32: Uint8Array
  cell32OrNull: Uint8Array | null
  /** 8 bytes: the same for a size, a 64-bit number, a HANDLE or a pointer. */
  cell64: Uint8Array
  cell64OrNull: Uint8Array | null
  /** 16 bytes: the same for a GUID or an IO_STATUS_BLOCK. */
  cell128: Uint8Array
  driver: DriverInfo
  /** NULL when there are none. */
  descriptors: readonly Descriptor[] | null
  objectAttributes: ObjectAttributes
  /** What these functions take for others' sake. */
  none: null
}

export type Kind = keyof ArgumentOfKind

/** The flavour with the filter. The folder is empty, as paths are given whole. */
export type DriverInfo = { readonly Flavour: 1; readonly HomeDir: '' }

/** WC_LAYER_DESCRIPTOR, as koffi takes it. */
export type Descriptor = { readonly LayerId: Guid; readonly Flags: number; readonly Path: string }

export type Guid = {
  readonly Data1: number
  readonly Data2: number
  readonly Data3: number
  readonly Data4: readonly number[]
}

/** OBJECT_ATTRIBUTES, as koffi takes it. */
export type ObjectAttributes = {
  readonly Length: number
  readonly RootDirectory: bigint
  readonly ObjectName: { readonly Length: number; readonly MaximumLength: number; readonly Buffer: string }
  readonly Attributes: number
  readonly SecurityDescriptor: null
  readonly SecurityQualityOfService: null
}

/** How the function fails, then its parameters, named. */
export type Signature = readonly [Convention, ...(readonly [name: string, kind: Kind])[]]
export type Signatures = Readonly<Record<string, Signature>>

/** The arguments of a function of this signature. */
export type ArgumentsOf<S extends Signature> = S extends readonly [Convention, ...infer Named]
  ? { [At in keyof Named]: Named[At] extends readonly [string, infer K extends Kind] ? ArgumentOfKind[K] : never }
  : never

/** Names a blob as OCI does. */
export type Descriptor = {
  readonly mediaType: string
  /** `sha256:` and 64 lower-case hex digits. */
  readonly digest: string
  /** Bytes. */
  readonly size: number
}

/** The one kind of digest there is. */
export const digestForm = /^sha256:[0-9a-f]{64}$/

/** What an apply refuses to go beyond. */
export type ApplyLimits = {
  /** Entries of the tar. */
  readonly entries: number
  /** Bytes out of the decompressor. */
  readonly bytes: number
}

/** 2,000,000 entries and 1 TiB. */
export const defaultApplyLimits: ApplyLimits = { entries: 2_000_000, bytes: 2 ** 40 }

/** What was read of a tar: the digest and the bytes of the uncompressed stream, trailing zeros included. */
export type TarRead = { readonly diffId: string; readonly size: number }

/** What an Apply put into a layer. */
export type Unpacked = TarRead & { readonly descriptor: Descriptor; readonly entries: number }

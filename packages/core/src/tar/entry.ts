/** Nanoseconds since 1970; Windows counts in hundreds of them. */
export type EntryTimes = {
  readonly created: bigint
  readonly accessed: bigint
  readonly modified: bigint
  /** NTFS ChangeTime: of the content or the metadata. */
  readonly changed: bigint
}

/** Self-relative as bytes, or SDDL as text, which only Windows can turn into bytes. */
export type SecurityDescriptor = { readonly bytes: Uint8Array } | { readonly sddl: string }

/** `name`: path in the tar, `/` between its names, none at the end: `Files/Windows/notepad.exe`. */
type Named = { readonly name: string }

type Windows = Named & {
  /** FILE_ATTRIBUTE_* bits, 32 of them. */
  readonly attributes: number
  readonly times: EntryTimes
}

type Secured = Windows & {
  readonly security?: SecurityDescriptor
  /** Extended attributes by name. */
  readonly extended?: Readonly<Record<string, Uint8Array>>
}

/** A regular file; its bytes follow. */
export type FileEntry = Secured & {
  readonly type: 'file'
  /** Bytes. */
  readonly size: number
  /** Whether it has an unnamed data stream; an empty file on NTFS need not have one. */
  readonly hasData: boolean
}
export type DirectoryEntry = Secured & { readonly type: 'directory' }
/** A symlink or a junction. `target` is the print name of its reparse point, stored as it is. */
export type SymlinkEntry = Secured & { readonly type: 'symlink' | 'junction'; readonly target: string }
/** A second name of the file called `target`, which comes earlier in the tar or is a parent's. */
export type LinkEntry = Windows & { readonly type: 'link'; readonly target: string }
/** An alternate data stream of the entry before it, whose name it bears; its bytes follow. */
export type StreamEntry = Named & {
  readonly type: 'stream'
  /** Without `:` before and `:$DATA` behind. */
  readonly stream: string
  /** Bytes. */
  readonly size: number
}
/** What is called `name` in the parents is deleted. */
export type WhiteoutEntry = Named & { readonly type: 'whiteout' }
/** All that the parents have in the directory `name` is deleted. */
export type OpaqueEntry = Named & { readonly type: 'opaque' }

/** One entry of a Windows layer tar. */
export type LayerEntry =
  FileEntry | DirectoryEntry | SymlinkEntry | LinkEntry | StreamEntry | WhiteoutEntry | OpaqueEntry

/** Bytes that follow an entry's header. */
export const bodySizeOf = (entry: LayerEntry): number =>
  entry.type === 'file' || entry.type === 'stream' ? entry.size : 0

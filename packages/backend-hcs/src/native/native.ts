import type { LayerDescriptor } from '@varve/core/ports'

/** A HANDLE of Windows. Whoever was given one closes it. */
export type Handle = bigint

/** What BackupRead and BackupWrite keep between two calls on a handle. Released before the handle is closed. */
export type BackupContext = { pointer: bigint | null }

/** Times are FILETIMEs: steps of 100 ns since 1601. On setting, a time of 0 and attributes of 0 change nothing. */
export type BasicInfo = {
  readonly created: bigint
  readonly accessed: bigint
  readonly modified: bigint
  readonly changed: bigint
  /** FILE_ATTRIBUTE_* bits, 32 of them. */
  readonly attributes: number
}

export type StandardInfo = { readonly size: bigint; readonly links: number; readonly isDirectory: boolean }

export type OpenFile = {
  /** Absolute. */
  readonly path: string
  readonly access: number
  readonly share: number
  readonly disposition: number
  readonly flags: number
}

/** An open relative to a directory handle that no reparse point is followed in (OBJ_DONT_REPARSE). */
export type OpenBelow = {
  readonly root: Handle
  /** Relative, `\` between its names; `''` is the root itself. */
  readonly path: string
  readonly access: number
  readonly share: number
  readonly disposition: number
  /** Options besides those for backup and synchronous I/O, which are always there. */
  readonly options: number
}

/**
 * The functions of Windows that this backend calls, by their own names. Arguments are checked before a call; a call that
 * fails raises a BackendFault with the HRESULT of its code, the function and its arguments. Paths are Windows paths.
 */
export type Native = Vmcompute & Computestorage & Virtdisk & Kernel32 & Advapi32 & Ntdll & Offreg & Bindfltapi

/** vmcompute.dll: layers. `parents`: nearest first, the base layer last. */
export type Vmcompute = {
  readonly ActivateLayer: (path: string) => void
  readonly DeactivateLayer: (path: string) => void
  readonly PrepareLayer: (path: string, parents: readonly LayerDescriptor[]) => void
  readonly UnprepareLayer: (path: string) => void
  /** Where an activated layer can be read: a volume without `\` at its end, or the folder itself. `''` when there is none. */
  readonly GetLayerMountPath: (path: string) => string
  readonly CreateLayer: (path: string, parent: string) => void
  readonly CreateSandboxLayer: (path: string, parents: readonly LayerDescriptor[]) => void
  /** `bytes`: 1 to 2^63 - 1. */
  readonly ExpandSandboxSize: (path: string, bytes: bigint) => void
  readonly DestroyLayer: (path: string) => void
  /** Writes the transport folder of a layer. */
  readonly ExportLayer: (path: string, folder: string, parents: readonly LayerDescriptor[]) => void
  /** Builds a layer from a transport folder. */
  readonly ImportLayer: (path: string, folder: string, parents: readonly LayerDescriptor[]) => void
  readonly LayerExists: (path: string) => boolean
  /** 32 hex digits and 4 dashes, lower case. */
  readonly NameToGuid: (name: string) => string
  readonly ProcessBaseImage: (path: string) => void
  readonly ProcessUtilityImage: (path: string) => void
  readonly GrantVmAccess: (vm: string, path: string) => void
  /** JSON. */
  readonly GetBaseImages: () => string
}

/** computestorage.dll: bound, and not called by any flow. JSON texts. */
export type Computestorage = {
  readonly HcsImportLayer: (layer: string, source: string, layerData: string) => void
  readonly HcsExportLayer: (layer: string, folder: string, layerData: string, options: string) => void
  readonly HcsExportLegacyWritableLayer: (mount: string, layer: string, folder: string, layerData: string) => void
  readonly HcsDestroyLayer: (layer: string) => void
  readonly HcsSetupBaseOSLayer: (layer: string, disk: Handle | null, options: string) => void
  readonly HcsSetupBaseOSVolume: (layer: string, volume: string, options: string) => void
  readonly HcsInitializeWritableLayer: (layer: string, layerData: string, options: string | null) => void
  readonly HcsInitializeLegacyWritableLayer: (
    mount: string,
    layer: string,
    layerData: string,
    options: string | null,
  ) => void
  readonly HcsAttachLayerStorageFilter: (layer: string, layerData: string) => void
  readonly HcsDetachLayerStorageFilter: (layer: string) => void
  readonly HcsAttachOverlayFilter: (volume: string, layerData: string) => void
  readonly HcsDetachOverlayFilter: (volume: string, layerData: string) => void
  readonly HcsFormatWritableLayerVhd: (disk: Handle) => void
  readonly HcsGetLayerVhdMountPath: (disk: Handle) => string
}

/** virtdisk.dll. A disk that is attached is detached when its last handle is closed. */
export type Virtdisk = {
  /** Version 2 parameters, so no access is asked for. */
  readonly OpenVirtualDisk: (
    path: string,
    asked: { readonly isForInfo: boolean; readonly isReadOnly: boolean },
  ) => Handle
  /** `flags`: ATTACH_VIRTUAL_DISK_FLAG_*. */
  readonly AttachVirtualDisk: (disk: Handle, flags: number) => void
  readonly DetachVirtualDisk: (disk: Handle) => void
  /** Bytes. */
  readonly GetVirtualDiskSize: (disk: Handle) => { readonly virtual: bigint; readonly physical: bigint }
  readonly GetVirtualDiskPhysicalPath: (disk: Handle) => string
  readonly ExpandVirtualDisk: (disk: Handle, bytes: bigint) => void
}

export type Kernel32 = {
  readonly CreateFileW: (asked: OpenFile) => Handle
  readonly CloseHandle: (handle: Handle) => void
  /** Fills the buffer; answers how many bytes there were, 0 at the end. */
  readonly BackupRead: (handle: Handle, buffer: Uint8Array, withSecurity: boolean, context: BackupContext) => number
  readonly ReleaseBackupRead: (handle: Handle, context: BackupContext) => void
  /** Writes all of the buffer; a short write is a failure. */
  readonly BackupWrite: (handle: Handle, bytes: Uint8Array, withSecurity: boolean, context: BackupContext) => void
  readonly ReleaseBackupWrite: (handle: Handle, context: BackupContext) => void
  /** At the handle's position; answers how many bytes there were, 0 at the end. */
  readonly ReadFile: (handle: Handle, buffer: Uint8Array) => number
  readonly WriteFile: (handle: Handle, bytes: Uint8Array) => void
  /** Of a volume: everything that was written to it is on its disk then. */
  readonly FlushFileBuffers: (handle: Handle) => void
  /** From the beginning, in bytes. */
  readonly SetFilePointerEx: (handle: Handle, position: bigint) => void
  readonly GetFileBasicInfo: (handle: Handle) => BasicInfo
  readonly SetFileBasicInfo: (handle: Handle, info: BasicInfo) => void
  readonly GetFileStandardInfo: (handle: Handle) => StandardInfo
  readonly GetFileAttributeTagInfo: (handle: Handle) => { readonly attributes: number; readonly reparseTag: number }
  /** The volume's serial number and the file's 16 bytes in hex: the same for all names of a file. */
  readonly GetFileIdInfo: (handle: Handle) => string
  /** `NTFS`, for `C:\`. */
  readonly GetVolumeFileSystem: (root: string) => string
  /** The root of the volume that a path is on, with `\` at its end. */
  readonly GetVolumePathNameW: (path: string) => string
  /** Total bytes of the volume that holds a path. */
  readonly GetDiskTotalBytes: (path: string) => bigint
  readonly CopyFileW: (from: string, to: string, failIfExists: boolean) => void
  /** `flags`: MOVEFILE_*. */
  readonly MoveFileExW: (from: string, to: string, flags: number) => void
  /** IOCTL_DISK_GET_LENGTH_INFO: bytes of the volume's partition. */
  readonly GetPartitionLength: (volume: Handle) => bigint
  /** FSCTL_EXTEND_VOLUME, to a number of 512-byte sectors. */
  readonly ExtendVolume: (volume: Handle, sectors: bigint) => void
}

export type Advapi32 = {
  /** For the process. Raises 1300 (not all assigned) when one is not held, naming it. */
  readonly EnablePrivileges: (names: readonly string[]) => void
  /** SDDL to a self-relative descriptor. */
  readonly SecurityDescriptorOf: (sddl: string) => Uint8Array
}

export type Ntdll = {
  readonly NtCreateFile: (asked: OpenBelow) => Handle
  /** FileLinkInformation: a second name for the file of `handle`, directly below `parent`. Fails where the name exists. */
  readonly LinkFile: (handle: Handle, parent: Handle, name: string) => void
  /**
   * FileDispositionInformationEx, or FileDispositionInformation where the host has only that: gone once closed. The newer one deletes
   * what is read-only too.
   */
  readonly DeleteOnClose: (handle: Handle) => void
  readonly RtlGetVersion: () => { readonly major: number; readonly minor: number; readonly build: number }
}

export type Offreg = {
  /** Makes an empty hive in a file that does not exist yet. `major`, `minor`: of Windows. */
  readonly SaveEmptyHive: (path: string, major: number, minor: number) => void
}

export type Bindfltapi = {
  /** Shows `target` at `path`, whose folder exists. A volume as target ends with `\`. `flags`: BINDFLT_FLAG_*. */
  readonly BfSetupFilter: (path: string, target: string, flags: number) => void
  readonly BfRemoveMapping: (path: string) => void
}

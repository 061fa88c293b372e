import { layerId } from '@varve/core/ports'
import type { Native } from '../../src/native/native.js'

const path = 'C:\\varve\\snapshots\\1'
const parents = [{ id: layerId('1'), path }]
const handle = 0x40n
const context = () => ({ pointer: 0x77n })
const json = '{"SchemaVersion":{}}'
const bytes = () => new Uint8Array(16)

/** Arguments that every function of `Native` takes. */
export const validArguments: { readonly [Name in keyof Native]: () => Parameters<Native[Name]> } = {
  ActivateLayer: () => [path],
  DeactivateLayer: () => [path],
  PrepareLayer: () => [path, parents],
  UnprepareLayer: () => [path],
  GetLayerMountPath: () => [path],
  CreateLayer: () => [path, ''],
  CreateSandboxLayer: () => [path, parents],
  ExpandSandboxSize: () => [path, 1n],
  DestroyLayer: () => [path],
  ExportLayer: () => [path, path, parents],
  ImportLayer: () => [path, path, parents],
  LayerExists: () => [path],
  NameToGuid: () => ['1'],
  ProcessBaseImage: () => [path],
  ProcessUtilityImage: () => [path],
  GrantVmAccess: () => ['vm', path],
  GetBaseImages: () => [],
  HcsImportLayer: () => [path, path, json],
  HcsExportLayer: () => [path, path, json, json],
  HcsExportLegacyWritableLayer: () => [path, path, path, json],
  HcsDestroyLayer: () => [path],
  HcsSetupBaseOSLayer: () => [path, null, json],
  HcsSetupBaseOSVolume: () => [path, path, json],
  HcsInitializeWritableLayer: () => [path, json, null],
  HcsInitializeLegacyWritableLayer: () => [path, path, json, null],
  HcsAttachLayerStorageFilter: () => [path, json],
  HcsDetachLayerStorageFilter: () => [path],
  HcsAttachOverlayFilter: () => [path, json],
  HcsDetachOverlayFilter: () => [path, json],
  HcsFormatWritableLayerVhd: () => [handle],
  HcsGetLayerVhdMountPath: () => [handle],
  OpenVirtualDisk: () => [path, { isForInfo: false, isReadOnly: true }],
  AttachVirtualDisk: () => [handle, 0x22],
  DetachVirtualDisk: () => [handle],
  GetVirtualDiskSize: () => [handle],
  GetVirtualDiskPhysicalPath: () => [handle],
  ExpandVirtualDisk: () => [handle, 1n],
  CreateFileW: () => [{ path, access: 0x8000_0000, share: 7, disposition: 3, flags: 0x0220_0000 }],
  CloseHandle: () => [handle],
  BackupRead: () => [handle, bytes(), true, context()],
  ReleaseBackupRead: () => [handle, context()],
  BackupWrite: () => [handle, bytes(), true, context()],
  ReleaseBackupWrite: () => [handle, context()],
  ReadFile: () => [handle, bytes()],
  WriteFile: () => [handle, bytes()],
  FlushFileBuffers: () => [handle],
  SetFilePointerEx: () => [handle, 0n],
  GetFileBasicInfo: () => [handle],
  SetFileBasicInfo: () => [handle, { created: 1n, accessed: 2n, modified: 3n, changed: 4n, attributes: 0x20 }],
  GetFileStandardInfo: () => [handle],
  GetFileAttributeTagInfo: () => [handle],
  GetFileIdInfo: () => [handle],
  GetVolumeFileSystem: () => ['C:\\'],
  GetVolumePathNameW: () => [path],
  GetDiskTotalBytes: () => [path],
  CopyFileW: () => [path, path, true],
  MoveFileExW: () => [path, path, 1],
  GetPartitionLength: () => [handle],
  ExtendVolume: () => [handle, 1n],
  EnablePrivileges: () => [['SeBackupPrivilege', 'SeRestorePrivilege']],
  SecurityDescriptorOf: () => ['O:BAG:BA'],
  NtCreateFile: () => [{ root: handle, path: 'Files\\a', access: 0x80, share: 7, disposition: 1, options: 0x20_0000 }],
  LinkFile: () => [handle, handle, 'name'],
  DeleteOnClose: () => [handle],
  RtlGetVersion: () => [],
  SaveEmptyHive: () => [path, 10, 0],
  BfSetupFilter: () => [path, path, 0x41],
  BfRemoveMapping: () => [path],
}

export const nativeNames = Object.keys(validArguments) as readonly (keyof Native)[]

/** Calls a function of `Native` with whatever arguments. */
export const callNative = (native: Native, name: keyof Native, values: readonly unknown[]): unknown =>
  (native[name] as (...given: readonly unknown[]) => unknown)(...values)

import { fileAttributeTagInfo, fileBasicInfo, fileIdInfo, fileStandardInfo } from '../bindings/structs.js'
import type { Nested } from '../bindings/struct.js'
import { call } from './call.js'
import { requireKind, requireObject } from './checks.js'
import { cell32, cell64, pack, read, roomFor, textIn, u64In } from './fields.js'
import type { BasicInfo, Handle, Kernel32 } from './native.js'
import type { Table } from './table.js'
import { backupOf, readFile, writeFile } from './bytes.js'

const classes = { basic: 0, standard: 1, attributeTag: 9, id: 18 } as const
const controls = { partitionLength: 0x0007_405c, extendVolume: 0x0009_00f0 } as const
const longestName = 261
const longestPath = 32_768
const fromBeginning = 0

const informationOf = (table: Table, handle: Handle, kind: number, { size }: Nested): Uint8Array => {
  const info = new Uint8Array(size)
  call(table, 'GetFileInformationByHandleEx', handle, kind, info, size)
  return info
}

const basicInfoOf = (table: Table, handle: Handle): BasicInfo => {
  const info = informationOf(table, handle, classes.basic, fileBasicInfo)
  return {
    created: read(fileBasicInfo, info, 'CreationTime'),
    accessed: read(fileBasicInfo, info, 'LastAccessTime'),
    modified: read(fileBasicInfo, info, 'LastWriteTime'),
    changed: read(fileBasicInfo, info, 'ChangeTime'),
    attributes: read(fileBasicInfo, info, 'FileAttributes'),
  }
}

const setBasicInfo = (table: Table, handle: Handle, info: BasicInfo): void => {
  requireObject('SetFileBasicInfo', 'info', info)
  for (const name of ['created', 'accessed', 'modified', 'changed'] as const)
    requireKind('SetFileBasicInfo', name, 'i64', info[name])
  requireKind('SetFileBasicInfo', 'attributes', 'u32', info.attributes)
  const packed = pack(fileBasicInfo, {
    CreationTime: info.created,
    LastAccessTime: info.accessed,
    LastWriteTime: info.modified,
    ChangeTime: info.changed,
    FileAttributes: info.attributes,
  })
  call(table, 'SetFileInformationByHandle', handle, classes.basic, packed, packed.length)
}

const control = (
  table: Table,
  volume: Handle,
  code: number,
  input: Uint8Array | null,
  output: Uint8Array | null,
): void =>
  void call(
    table,
    'DeviceIoControl',
    volume,
    code,
    input,
    input?.length ?? 0,
    output,
    output?.length ?? 0,
    cell32(),
    null,
  )

const volumes = (
  table: Table,
): Pick<
  Kernel32,
  'GetVolumeFileSystem' | 'GetVolumePathNameW' | 'GetDiskTotalBytes' | 'GetPartitionLength' | 'ExtendVolume'
> => ({
  GetVolumeFileSystem: (root) => {
    const name = roomFor(longestName)
    call(table, 'GetVolumeInformationW', root, null, 0, null, null, null, name, longestName)
    return textIn(name)
  },
  GetVolumePathNameW: (path) => {
    const root = roomFor(longestPath)
    call(table, 'GetVolumePathNameW', path, root, longestPath)
    return textIn(root)
  },
  GetDiskTotalBytes: (path) => {
    const total = cell64()
    call(table, 'GetDiskFreeSpaceExW', path, cell64(), total, cell64())
    return u64In(total)
  },
  GetPartitionLength: (volume) => {
    const length = cell64()
    control(table, volume, controls.partitionLength, null, length)
    return u64In(length)
  },
  ExtendVolume: (volume, sectors) => {
    requireKind('ExtendVolume', 'sectors', 'i64', sectors)
    control(table, volume, controls.extendVolume, cell64(BigInt.asUintN(64, sectors)), null)
  },
})

export const kernel32Of = (table: Table): Kernel32 => ({
  CreateFileW: (asked) => {
    requireObject('CreateFileW', 'asked', asked)
    const { path, access, share, disposition, flags } = asked
    const handle = call(table, 'CreateFileW', path, access, share, null, disposition, flags, null)
    return BigInt.asUintN(64, BigInt(handle ?? 0))
  },
  CloseHandle: (handle) => void call(table, 'CloseHandle', handle),
  ...backupOf(table),
  ReadFile: (handle, buffer) => readFile(table, handle, buffer),
  WriteFile: (handle, bytes) => writeFile(table, handle, bytes),
  FlushFileBuffers: (handle) => void call(table, 'FlushFileBuffers', handle),
  SetFilePointerEx: (handle, position) => void call(table, 'SetFilePointerEx', handle, position, null, fromBeginning),
  GetFileBasicInfo: (handle) => basicInfoOf(table, handle),
  SetFileBasicInfo: (handle, info) => setBasicInfo(table, handle, info),
  GetFileStandardInfo: (handle) => {
    const info = informationOf(table, handle, classes.standard, fileStandardInfo)
    return {
      size: read(fileStandardInfo, info, 'EndOfFile'),
      links: read(fileStandardInfo, info, 'NumberOfLinks'),
      isDirectory: read(fileStandardInfo, info, 'Directory') !== 0,
    }
  },
  GetFileAttributeTagInfo: (handle) => {
    const info = informationOf(table, handle, classes.attributeTag, fileAttributeTagInfo)
    return {
      attributes: read(fileAttributeTagInfo, info, 'FileAttributes'),
      reparseTag: read(fileAttributeTagInfo, info, 'ReparseTag'),
    }
  },
  GetFileIdInfo: (handle) => Buffer.from(informationOf(table, handle, classes.id, fileIdInfo)).toString('hex'),
  ...volumes(table),
  CopyFileW: (from, to, failIfExists) => void call(table, 'CopyFileW', from, to, failIfExists),
  MoveFileExW: (from, to, flags) => void call(table, 'MoveFileExW', from, to, flags),
})

import {
  getVirtualDiskInfo,
  newSizeParameters,
  openVirtualDiskParameters,
  virtualStorageType,
} from '../bindings/structs.js'
import { codeOf, codes } from '../failure.js'
import { call } from './call.js'
import { requireKind, requireObject } from './checks.js'
import { cell32, cell64, pack, read, textIn, u32In, u64In } from './fields.js'
import type { Handle, Virtdisk } from './native.js'
import type { Table } from './table.js'

const insufficientBuffer = 0x8007007a
/** ATTACH_VIRTUAL_DISK_FLAG_BYPASS_DEFAULT_ENCRYPTION_POLICY, which old builds do not know. */
const bypassEncryptionPolicy = 0x20
const pathBytes = 512

const open = (table: Table, path: string, asked: Parameters<Virtdisk['OpenVirtualDisk']>[1]): Handle => {
  requireObject('OpenVirtualDisk', 'asked', asked)
  requireKind('OpenVirtualDisk', 'isForInfo', 'flag', asked.isForInfo)
  requireKind('OpenVirtualDisk', 'isReadOnly', 'flag', asked.isReadOnly)
  const parameters = pack(openVirtualDiskParameters, {
    Version: 2,
    GetInfoOnly: Number(asked.isForInfo),
    ReadOnly: Number(asked.isReadOnly),
  })
  const disk = cell64()
  call(table, 'OpenVirtualDisk', pack(virtualStorageType, {}), path, 0, 0, parameters, disk)
  return u64In(disk)
}

const attach = (table: Table, disk: Handle, flags: number): void => {
  requireKind('AttachVirtualDisk', 'disk', 'handle', disk)
  requireKind('AttachVirtualDisk', 'flags', 'u32', flags)
  try {
    call(table, 'AttachVirtualDisk', disk, null, flags, 0, null, null)
  } catch (cause) {
    if (codeOf(cause) !== codes.invalidParameter || (flags & bypassEncryptionPolicy) === 0) throw cause
    call(table, 'AttachVirtualDisk', disk, null, (flags & ~bypassEncryptionPolicy) >>> 0, 0, null, null)
  }
}

const physicalPath = (table: Table, disk: Handle, bytes = pathBytes): string => {
  const size = cell32(bytes)
  const buffer = new Uint8Array(bytes)
  try {
    call(table, 'GetVirtualDiskPhysicalPath', disk, size, buffer)
  } catch (cause) {
    const needed = u32In(size)
    if (bytes > pathBytes || codeOf(cause) !== insufficientBuffer || needed <= bytes || needed > 0x1_0000) throw cause
    return physicalPath(table, disk, needed)
  }
  return textIn(buffer)
}

export const virtdiskOf = (table: Table): Virtdisk => ({
  OpenVirtualDisk: (path, asked) => open(table, path, asked),
  AttachVirtualDisk: (disk, flags) => attach(table, disk, flags),
  DetachVirtualDisk: (disk) => void call(table, 'DetachVirtualDisk', disk, 0, 0),
  GetVirtualDiskSize: (disk) => {
    const info = pack(getVirtualDiskInfo, { Version: 1 })
    call(table, 'GetVirtualDiskInformation', disk, cell32(info.length), info, cell32())
    return {
      virtual: read(getVirtualDiskInfo, info, 'VirtualSize'),
      physical: read(getVirtualDiskInfo, info, 'PhysicalSize'),
    }
  },
  GetVirtualDiskPhysicalPath: (disk) => physicalPath(table, disk),
  ExpandVirtualDisk: (disk, bytes) => {
    requireKind('ExpandVirtualDisk', 'bytes', 'u64', bytes)
    call(table, 'ExpandVirtualDisk', disk, 0, pack(newSizeParameters, { Version: 1, NewSize: bytes }), null)
  },
})

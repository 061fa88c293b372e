import { bytesOf, struct } from './struct.js'

export const guid = struct({ Data1: 'u32', Data2: 'u16', Data3: 'u16', Data4: bytesOf(8) })

export const driverInfo = struct({ Flavour: 'u32', HomeDir: 'p' })
export const layerDescriptor = struct({ LayerId: guid, Flags: 'u32', Path: 'p' })

/** Times are FILETIMEs. On setting, 0 leaves a time or the attributes as they are. */
export const fileBasicInfo = struct({
  CreationTime: 'i64',
  LastAccessTime: 'i64',
  LastWriteTime: 'i64',
  ChangeTime: 'i64',
  FileAttributes: 'u32',
})
export const fileStandardInfo = struct({
  AllocationSize: 'i64',
  EndOfFile: 'i64',
  NumberOfLinks: 'u32',
  DeletePending: 'u8',
  Directory: 'u8',
})
export const fileIdInfo = struct({ VolumeSerialNumber: 'u64', FileId: bytesOf(16) })
export const fileAttributeTagInfo = struct({ FileAttributes: 'u32', ReparseTag: 'u32' })

export const unicodeString = struct({ Length: 'u16', MaximumLength: 'u16', Buffer: 'p' })
export const objectAttributes = struct({
  Length: 'u32',
  RootDirectory: 'p',
  ObjectName: 'p',
  Attributes: 'u32',
  SecurityDescriptor: 'p',
  SecurityQualityOfService: 'p',
})
export const ioStatusBlock = struct({ Status: 'p', Information: 'u64' })
/** A header: the name follows at its end. */
export const fileLinkInformation = struct({ ReplaceIfExists: 'u8', RootDirectory: 'p', FileNameLength: 'u32' })
export const fileDispositionInformation = struct({ DeleteFile: 'u8' })
export const fileDispositionInformationEx = struct({ Flags: 'u32' })
export const osVersionInfo = struct({
  OSVersionInfoSize: 'u32',
  MajorVersion: 'u32',
  MinorVersion: 'u32',
  BuildNumber: 'u32',
  PlatformId: 'u32',
  CSDVersion: bytesOf(256),
  ServicePackMajor: 'u16',
  ServicePackMinor: 'u16',
  SuiteMask: 'u16',
  ProductType: 'u8',
  Reserved: 'u8',
})

const fourAligned = struct({ Low: 'u32', Rest: bytesOf(12) })
/** Zeroed: the provider finds out from the file. */
export const virtualStorageType = struct({ DeviceId: 'u32', VendorId: fourAligned })
export const openVirtualDiskParameters = struct({
  Version: 'u32',
  GetInfoOnly: 'u32',
  ReadOnly: 'u32',
  ResiliencyGuid: fourAligned,
})
export const createVirtualDiskParameters = struct({
  Version: 'u32',
  Version2: struct({
    UniqueId: fourAligned,
    MaximumSize: 'u64',
    BlockSizeInBytes: 'u32',
    SectorSizeInBytes: 'u32',
    PhysicalSectorSizeInBytes: 'u32',
    ParentPath: 'p',
    SourcePath: 'p',
    OpenFlags: 'u32',
    ParentVirtualStorageType: virtualStorageType,
    SourceVirtualStorageType: virtualStorageType,
    ResiliencyGuid: fourAligned,
  }),
})
export const attachVirtualDiskParameters1 = struct({ Version: 'u32', Reserved: 'u32' })
export const attachVirtualDiskParameters2 = struct({
  Version: 'u32',
  RestrictedOffset: 'u64',
  RestrictedLength: 'u64',
})
/** Of ExpandVirtualDisk and ResizeVirtualDisk alike. */
export const newSizeParameters = struct({ Version: 'u32', NewSize: 'u64' })
/** The union holds what version 1 asks for; that of version 14, an id, begins where VirtualSize does. */
export const getVirtualDiskInfo = struct({
  Version: 'u32',
  VirtualSize: 'u64',
  PhysicalSize: 'u64',
  BlockSize: 'u32',
  SectorSize: 'u32',
})
/** The union as its longest member, a GUID and an address. */
export const setVirtualDiskInfo = struct({ Version: 'u32', Information: struct({ Linkage: 'p', Rest: bytesOf(16) }) })

export const luid = struct({ LowPart: 'u32', HighPart: 'u32' })
/** For one privilege. */
export const tokenPrivileges = struct({ PrivilegeCount: 'u32', Luid: luid, Attributes: 'u32' })
export const explicitAccess = struct({
  AccessPermissions: 'u32',
  AccessMode: 'u32',
  Inheritance: 'u32',
  Trustee: struct({ MultipleTrustee: 'p', Operation: 'u32', Form: 'u32', Type: 'u32', Name: 'p' }),
})

/** A header: the stream's name follows at its end, which is not where a compiler would let the next one begin. */
export const streamId = struct({ StreamId: 'u32', Attributes: 'u32', Size: 'u64', NameSize: 'u32' })
/** Of BfGetMappings: a header, then that many mappings. */
export const mappingsHeader = struct({ Size: 'u32', Status: 'u32', Count: 'u32' })
export const mapping = struct({
  RootLength: 'u32',
  RootOffset: 'u32',
  Flags: 'u32',
  Targets: 'u32',
  TargetsOffset: 'u32',
})
export const mappingTarget = struct({ Length: 'u32', Offset: 'u32' })

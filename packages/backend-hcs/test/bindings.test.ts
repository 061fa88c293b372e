import { spawnSync } from 'node:child_process'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { dlls, functionNames, conventionOf } from '../src/bindings/index.js'
import * as structs from '../src/bindings/structs.js'
import type { Nested } from '../src/bindings/struct.js'

test('every DLL gives the functions it is documented to have, and no name is in two of them', () => {
  const counts = Object.entries(dlls).map(([dll, functions]) => [dll, Object.keys(functions).length])
  assert.equal(Object.fromEntries(counts), {
    vmcompute: 17,
    computestorage: 14,
    virtdisk: 9,
    kernel32: 25,
    advapi32: 15,
    ntdll: 4,
    offreg: 11,
    bindfltapi: 3,
    ole32: 1,
  })
  const names = Object.values(dlls).flatMap((functions) => Object.keys(functions))
  assert.is(new Set(names).size, names.length)
  assert.equal([...functionNames].sort(), names.sort())
})

test('a convention is known for every name, that of what is in no DLL included', () => {
  assert.is(conventionOf('PrepareLayer'), 'hresult')
  assert.is(conventionOf('CreateFileW'), 'handle')
  assert.is(conventionOf('GetFinalPathNameByHandleW'), 'length')
  assert.is(conventionOf('ORSaveHive'), 'win32')
  assert.is(conventionOf('NtCreateFile'), 'ntstatus')
  assert.is(conventionOf('BackupRead'), 'bool')
  assert.is(conventionOf('GetLastError'), 'value')
  assert.is(conventionOf('textAt'), 'value')
  assert.is(conventionOf('toString'), 'value')
})

type Figures = readonly [size: number, alignment: number, offsets: Readonly<Record<string, number>>]

/** As compilers for Windows on x64 and on arm64 lay them out: the types have the same sizes and alignments there. */
const figures: Readonly<Record<keyof typeof structs, Figures>> = {
  guid: [16, 4, { Data1: 0, Data2: 4, Data3: 6, Data4: 8 }],
  driverInfo: [16, 8, { Flavour: 0, HomeDir: 8 }],
  layerDescriptor: [32, 8, { LayerId: 0, Flags: 16, Path: 24 }],
  fileBasicInfo: [40, 8, { CreationTime: 0, LastAccessTime: 8, LastWriteTime: 16, ChangeTime: 24, FileAttributes: 32 }],
  fileStandardInfo: [24, 8, { AllocationSize: 0, EndOfFile: 8, NumberOfLinks: 16, DeletePending: 20, Directory: 21 }],
  fileIdInfo: [24, 8, { VolumeSerialNumber: 0, FileId: 8 }],
  fileAttributeTagInfo: [8, 4, { FileAttributes: 0, ReparseTag: 4 }],
  unicodeString: [16, 8, { Length: 0, MaximumLength: 2, Buffer: 8 }],
  objectAttributes: [
    48,
    8,
    {
      Length: 0,
      RootDirectory: 8,
      ObjectName: 16,
      Attributes: 24,
      SecurityDescriptor: 32,
      SecurityQualityOfService: 40,
    },
  ],
  ioStatusBlock: [16, 8, { Status: 0, Information: 8 }],
  fileLinkInformation: [24, 8, { ReplaceIfExists: 0, RootDirectory: 8, FileNameLength: 16 }],
  fileDispositionInformation: [1, 1, { DeleteFile: 0 }],
  fileDispositionInformationEx: [4, 4, { Flags: 0 }],
  osVersionInfo: [284, 4, { OSVersionInfoSize: 0, MajorVersion: 4, MinorVersion: 8, BuildNumber: 12 }],
  virtualStorageType: [20, 4, { DeviceId: 0, VendorId: 4 }],
  openVirtualDiskParameters: [28, 4, { Version: 0, GetInfoOnly: 4, ReadOnly: 8, ResiliencyGuid: 12 }],
  createVirtualDiskParameters: [128, 8, { Version: 0, Version2: 8 }],
  attachVirtualDiskParameters1: [8, 4, { Version: 0, Reserved: 4 }],
  attachVirtualDiskParameters2: [24, 8, { Version: 0, RestrictedOffset: 8, RestrictedLength: 16 }],
  newSizeParameters: [16, 8, { Version: 0, NewSize: 8 }],
  getVirtualDiskInfo: [32, 8, { Version: 0, VirtualSize: 8, PhysicalSize: 16, BlockSize: 24, SectorSize: 28 }],
  setVirtualDiskInfo: [32, 8, { Version: 0, Information: 8 }],
  luid: [8, 4, { LowPart: 0, HighPart: 4 }],
  tokenPrivileges: [16, 4, { PrivilegeCount: 0, Luid: 4, Attributes: 12 }],
  explicitAccess: [48, 8, { AccessPermissions: 0, AccessMode: 4, Inheritance: 8, Trustee: 16 }],
  streamId: [24, 8, { StreamId: 0, Attributes: 4, Size: 8, NameSize: 16 }],
  mappingsHeader: [12, 4, { Size: 0, Status: 4, Count: 8 }],
  mapping: [20, 4, { RootLength: 0, RootOffset: 4, Flags: 8, Targets: 12, TargetsOffset: 16 }],
  mappingTarget: [8, 4, { Length: 0, Offset: 4 }],
}

const laidOut = { ...structs }

test('structs have the sizes, alignments and offsets of 64-bit Windows', () => {
  assert.equal(Object.keys(structs).sort(), Object.keys(figures).sort())
  for (const [name, [size, alignment, offsets]] of Object.entries(figures)) {
    const found = laidOut[name as keyof typeof structs]
    assert.equal([found.size, found.alignment], [size, alignment], name)
    const some = Object.fromEntries(Object.entries(found.offsets).filter(([field]) => field in offsets))
    assert.equal(some, offsets, name)
  }
})

const offsetsInside = (nested: Nested, beginning: number): Readonly<Record<string, number>> => {
  assert.ok('offsets' in nested)
  const offsets = Object.entries(nested.offsets as Record<string, number>)
  return Object.fromEntries(offsets.map(([field, at]) => [field, beginning + at]))
}

test('so have the structs inside others', () => {
  const { fields, offsets } = structs.createVirtualDiskParameters
  assert.equal(offsetsInside(fields.Version2, offsets.Version2), {
    UniqueId: 8,
    MaximumSize: 24,
    BlockSizeInBytes: 32,
    SectorSizeInBytes: 36,
    PhysicalSectorSizeInBytes: 40,
    ParentPath: 48,
    SourcePath: 56,
    OpenFlags: 64,
    ParentVirtualStorageType: 68,
    SourceVirtualStorageType: 88,
    ResiliencyGuid: 108,
  })
  const access = structs.explicitAccess
  assert.equal(offsetsInside(access.fields.Trustee, access.offsets.Trustee), {
    MultipleTrustee: 16,
    Operation: 24,
    Form: 28,
    Type: 32,
    Name: 40,
  })
})

test('what follows a header begins at its last field, not at its size', () => {
  assert.is(structs.streamId.end, 20)
  assert.is(structs.fileLinkInformation.end, 20)
})

const withoutAddons = (script: string): { readonly status: number | null; readonly output: string } => {
  const guard = `process.dlopen = (_, path) => { throw new Error('an addon was loaded: ' + path) };`
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    ['--input-type=module', '--eval', `${guard} ${script}`],
    { encoding: 'utf8', cwd: import.meta.dirname },
  )
  return { status, output: `${stdout}${stderr}` }
}

const built = (path: string): string => JSON.stringify(new URL(`../src/${path}`, import.meta.url).href)

test('importing the package and its table loads nothing native', () => {
  const script = `
    const { fakeTable } = await import(${JSON.stringify(new URL('support/fake-table.js', import.meta.url).href)})
    await import('@varve/backend-hcs'); await import(${built('native/table.js')})
    const { nativeOf } = await import(${built('native/native-of.js')})
    console.log(Object.keys(nativeOf(fakeTable().table)).length > 60)`
  assert.equal(withoutAddons(script), { status: 0, output: 'true\n' })
})

test('a host without koffi is told so when the table is loaded', () => {
  const script = `
    const { loadTable } = await import(${built('native/table.js')})
    await loadTable().catch(({ failure }) => console.log(failure._tag, failure.code === 0x8007007e, failure.message))`
  const { status, output } = withoutAddons(script)
  assert.is(status, 0, output)
  assert.match(output, /^BackendFault true koffi, .* can't be loaded: .*optional dependencies/)
})

test.run()

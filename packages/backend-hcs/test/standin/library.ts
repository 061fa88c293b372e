import * as fs from 'node:fs'
import { tmpdir } from 'node:os'
import * as path from 'node:path'
import { layerId } from '@varve/core/ports'
import koffi from 'koffi'

type Value = string | number | bigint | Uint8Array | object | null
type Raw = (...values: readonly Value[]) => number | bigint | null

const guid = koffi.struct({ a: 'uint32_t', b: 'uint16_t', c: 'uint16_t', d: koffi.array('uint8_t', 8) })
const driver = koffi.pointer(koffi.struct({ flavour: 'int32_t', home: 'str16' }))
const descriptor = koffi.pointer(koffi.struct({ id: guid, flags: 'uint32_t', path: 'str16' }))
const name = koffi.pointer(koffi.struct({ length: 'uint16_t', room: 'uint16_t', text: 'str16' }))
const object = koffi.pointer(
  koffi.struct({
    length: 'uint32_t',
    root: 'void *',
    name,
    attributes: 'uint32_t',
    security: 'void *',
    quality: 'void *',
  }),
)

type Kind = string | ReturnType<typeof koffi.struct>
const kinds: Readonly<Record<string, Kind>> = {
  D: driver,
  L: descriptor,
  O: object,
  w: 'str16',
  p: 'void *',
  u: 'uint32_t',
  i: 'int32_t',
  q: 'uint64_t',
}

/** Results and parameters by the letters of `kinds`. */
const signatures = {
  StandinRoot: 'iw',
  StandinOutstanding: 'ip',
  StandinElevated: 'ii',
  StandinBuild: 'iu',
  ActivateLayer: 'iDw',
  DeactivateLayer: 'iDw',
  PrepareLayer: 'iDwLq',
  UnprepareLayer: 'iDw',
  DestroyLayer: 'iDw',
  ExpandSandboxSize: 'iDwq',
  ExportLayer: 'iDwwLq',
  ImportLayer: 'iDwwLq',
  CreateSandboxLayer: 'iDwwLq',
  GetLayerMountPath: 'iDwpp',
  NameToGuid: 'iwp',
  ProcessBaseImage: 'iw',
  ProcessUtilityImage: 'iw',
  OpenVirtualDisk: 'upwuupp',
  AttachVirtualDisk: 'uppuupp',
  GetVirtualDiskInformation: 'upppp',
  CreateFileW: 'pwuupuup',
  CloseHandle: 'ip',
  BackupRead: 'ippupiip',
  BackupWrite: 'ippupiip',
  ReadFile: 'ippupp',
  WriteFile: 'ippupp',
  FlushFileBuffers: 'ip',
  SetFilePointerEx: 'ipqpu',
  GetFileInformationByHandleEx: 'ipipu',
  SetFileInformationByHandle: 'ipipu',
  GetVolumeInformationW: 'iwpuppppu',
  GetVolumePathNameW: 'iwpu',
  GetDiskFreeSpaceExW: 'iwppp',
  DeviceIoControl: 'ipupupupp',
  CopyFileW: 'iwwi',
  MoveFileExW: 'iwwu',
  GetLastError: 'u',
  LocalFree: 'pp',
  CoTaskMemFree: 'ip',
  NtCreateFile: 'upuOppuuuupu',
  NtSetInformationFile: 'upppui',
  RtlNtStatusToDosError: 'uu',
  RtlGetVersion: 'up',
  OpenProcessToken: 'ipup',
  LookupPrivilegeValueW: 'iwwp',
  AdjustTokenPrivileges: 'ipipupp',
  ConvertStringSecurityDescriptorToSecurityDescriptorW: 'iwupp',
  BfSetupFilter: 'ipuwwpu',
  BfRemoveMapping: 'ipw',
  ORCreateHive: 'up',
  ORSaveHive: 'upwuu',
  ORCloseHive: 'up',
} as const satisfies Record<string, string>

export type Library = Readonly<Record<keyof typeof signatures, Raw>>

/** The exports of a stand-in, as they are. Pointers are bytes, addresses or null. */
export const bind = (file: string): Library => {
  const library = koffi.load(file)
  const bound = Object.entries(signatures).map(([symbol, letters]) => {
    const [result = 'void', ...parameters] = letters.split('').map((letter) => kinds[letter] ?? 'void')
    return [symbol, library.func(symbol, result, parameters)] as const
  })
  return Object.fromEntries(bound) as unknown as Library
}

/** What vmcompute is told about itself. */
export const info = { flavour: 1, home: '' }

const guidOf = (text: string): object => {
  const [a = '', b = '', c = '', d = '', e = ''] = text.split('-')
  const rest = [...Buffer.from(d + e, 'hex')]
  return { a: Number.parseInt(a, 16), b: Number.parseInt(b, 16), c: Number.parseInt(c, 16), d: rest }
}

/** Descriptors of layers by their paths, and how many: the last two arguments of many calls. */
export const parents = (...paths: readonly string[]): readonly [object | null, number] => {
  const described = paths.map((at) => ({ id: guidOf(layerId(at.slice(at.lastIndexOf('\\') + 1))), flags: 0, path: at }))
  return [described.length === 0 ? null : described, described.length]
}

/** A place for all files of one test. */
export type Place = { readonly base: string; readonly host: (path: string) => string; readonly remove: () => void }

/** The host's path of a Windows path, as the stand-in has it. Under Wine that is the same path, but for those of volumes. */
export const hostPathBelow =
  (base: string) =>
  (windows: string): string => {
    const plain = windows.replace(/^\\\\\?\\/, '').replaceAll('\\', '/')
    if (plain.startsWith('Volume')) return path.join(base, 'volumes', plain.slice('Volume'.length))
    if (process.platform === 'win32') return windows
    return path.join(base, plain.slice(0, 1).toLowerCase(), plain.slice(3))
  }

export const newPlace = (): Place => {
  const base = fs.mkdtempSync(path.join(tmpdir(), 'varve-standin-test-'))
  return { base, host: hostPathBelow(base), remove: () => fs.rmSync(base, { recursive: true, force: true }) }
}

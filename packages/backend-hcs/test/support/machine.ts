import {
  mkdtempSync,
  rmSync,
  existsSync,
  mkdirSync,
  renameSync,
  copyFileSync,
  lstatSync,
  writeFileSync,
  symlinkSync,
  unlinkSync,
  readFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { backendFault, layerId } from '@varve/core/ports'
import { hostFiles, type HostFiles } from '../../src/files.js'
import { raise } from '../../src/failure.js'
import type { World } from '../../src/layers/world.js'
import type { Native, OpenBelow } from '../../src/native/native.js'

/** A machine that is pretended on a temporary folder of this host, for what flows do and in which order. */
export type Pretended = {
  readonly world: World
  readonly files: HostFiles
  /** Native calls that change something, in order: `ActivateLayer 3`. */
  readonly calls: string[]
  /** Milliseconds that were waited for. */
  readonly pauses: number[]
  /** Lets a call fail with these codes, one after another; 0 lets it succeed. */
  readonly fail: (call: string, ...codes: readonly number[]) => void
  readonly set: (answers: Partial<Answers>) => void
  readonly remove: () => void
}

type Answers = { readonly fileSystem: string; readonly build: number; readonly guid: string }

const fault = (call: string, code: number): never => raise(backendFault(`${call} failed on demand`, code))

/** The number at the end of a layer's path, or what is below it. */
const shortOf = (path: string): string => path.replace(/^\\\\\?\\/, '').replace(/^C:\\varve\\(?:snapshots\\)?/, '')

const folderAttribute = 0x10
const linkAttribute = 0x400

export const pretendMachine = (): Pretended => {
  const base = mkdtempSync(join(tmpdir(), 'varve-flows-'))
  const hostPath = (path: string): string =>
    join(
      base,
      path
        .replace(/^\\\\\?\\/, '')
        .replace(/^([A-Za-z]):/, (_, drive: string) => drive.toLowerCase())
        .replaceAll('\\', '/'),
    )
  const files = hostFiles(hostPath)
  const calls: string[] = []
  const pauses: number[] = []
  const failures = new Map<string, number[]>()
  const handles = new Map<bigint, string>()
  const active = new Set<string>()
  const prepared = new Set<string>()
  let answers: Answers = { fileSystem: 'NTFS', build: 17_763, guid: layerId('1') }
  let handle = 0n

  const called = (name: string, ...args: readonly (string | number | bigint)[]): void => {
    const call = [name, ...args.map((arg) => (typeof arg === 'string' ? shortOf(arg) : String(arg)))].join(' ')
    calls.push(call)
    const code = failures.get(name)?.shift() ?? 0
    if (code !== 0) fault(call, code)
  }
  const opened = (path: string): bigint => {
    handles.set(++handle, path)
    return handle
  }
  const pathOf = (of: bigint): string => handles.get(of) ?? fault(`use of handle ${of}`, 0x8007_0006)
  const attributesOf = (path: string): number => {
    const stat = lstatSync(path, { throwIfNoEntry: false }) ?? fault(`look at ${path}`, 0x8007_0002)
    if (stat.isSymbolicLink()) return linkAttribute
    return stat.isDirectory() ? folderAttribute : 0x20
  }
  const sizes = (path: string): bigint => BigInt(readFileSync(path, 'utf8').split('\n')[0] ?? '0')

  const native = {
    ActivateLayer: (path: string) => {
      called('ActivateLayer', path)
      if (active.has(path)) fault('ActivateLayer', 0x8007_0020)
      active.add(path)
    },
    DeactivateLayer: (path: string) => {
      called('DeactivateLayer', path)
      if (!active.delete(path)) fault('DeactivateLayer', 0x8007_0037)
    },
    PrepareLayer: (path: string, parents: readonly { readonly path: string }[]) => {
      called('PrepareLayer', path, ...parents.map((parent) => parent.path))
      if (!active.has(path)) fault('PrepareLayer', 0x8007_0037)
      prepared.add(path)
    },
    UnprepareLayer: (path: string) => {
      called('UnprepareLayer', path)
      if (!prepared.delete(path)) fault('UnprepareLayer', active.has(path) ? 0x801f_0015 : 0x8007_0037)
    },
    GetLayerMountPath: (path: string) => {
      called('GetLayerMountPath', path)
      mkdirSync(hostPath(`C:\\disk ${shortOf(path)}`), { recursive: true })
      return `C:\\disk ${shortOf(path)}`
    },
    BfSetupFilter: (path: string, target: string, flags: number) => {
      called('BfSetupFilter', path, target, flags)
      rmSync(hostPath(path), { recursive: true })
      symlinkSync(hostPath(target), hostPath(path))
    },
    BfRemoveMapping: (path: string) => {
      called('BfRemoveMapping', path)
      if (lstatSync(hostPath(path), { throwIfNoEntry: false })?.isSymbolicLink() !== true)
        fault('BfRemoveMapping', 0x8007_0490)
      unlinkSync(hostPath(path))
      mkdirSync(hostPath(path))
    },
    ProcessBaseImage: (path: string) => {
      called('ProcessBaseImage', path)
      mkdirSync(hostPath(`${path}\\Hives`))
      writeFileSync(hostPath(`${path}\\layout`), 'vhd-with-hives\n')
      for (const name of ['blank.vhdx', 'blank-base.vhdx'])
        writeFileSync(hostPath(`${path}\\${name}`), `${20n << 30n}\n`)
    },
    ProcessUtilityImage: (path: string) => {
      called('ProcessUtilityImage', path)
      for (const name of ['SystemTemplate.vhdx', 'SystemTemplateBase.vhdx'])
        writeFileSync(hostPath(`${path}\\${name}`), `${10n << 30n}\n`)
    },
    DestroyLayer: (path: string) => {
      called('DestroyLayer', path)
      rmSync(hostPath(path), { recursive: true, force: true })
    },
    ExpandSandboxSize: (path: string, bytes: bigint) => {
      called('ExpandSandboxSize', path, bytes)
      writeFileSync(hostPath(`${path}\\sandbox.vhdx`), `${bytes}\n`)
    },
    NameToGuid: () => {
      called('NameToGuid')
      return answers.guid
    },
    OpenVirtualDisk: (path: string) => opened(hostPath(path)),
    AttachVirtualDisk: (_disk: bigint, flags: number) => called('AttachVirtualDisk', flags),
    GetVirtualDiskSize: (disk: bigint) => ({ virtual: sizes(pathOf(disk)), physical: 0n }),
    GetPartitionLength: () => 400n << 30n,
    GetDiskTotalBytes: () => 20n << 30n,
    ExtendVolume: (_volume: bigint, sectors: bigint) => called('ExtendVolume', sectors),
    CreateFileW: ({ path }: { readonly path: string }) => opened(hostPath(path)),
    CloseHandle: (of: bigint) => {
      const path = pathOf(of)
      handles.delete(of)
      if (path.endsWith('\0')) rmSync(path.slice(0, -1), { recursive: true })
    },
    NtCreateFile: ({ root, path, disposition, options }: OpenBelow) => {
      const names = path === '' ? [] : path.split('\\')
      const at = join(pathOf(root), ...names)
      for (let length = 1; length < names.length; length++)
        if (attributesOf(join(pathOf(root), ...names.slice(0, length))) === linkAttribute)
          fault(`open of ${at}`, 0x8007_112b)
      if (disposition === 2 && existsSync(at)) fault(`make ${at}`, 0x8007_00b7)
      if (disposition === 2) mkdirSync(at)
      else if (attributesOf(at) === linkAttribute && (options & 0x20_0000) === 0) fault(`open of ${at}`, 0x8007_112b)
      return opened(at)
    },
    GetFileBasicInfo: (of: bigint) => ({
      created: 0n,
      accessed: 0n,
      modified: 0n,
      changed: 0n,
      attributes: attributesOf(pathOf(of)),
    }),
    DeleteOnClose: (of: bigint) => void handles.set(of, `${pathOf(of)}\0`),
    SaveEmptyHive: (path: string) => {
      called('SaveEmptyHive', path)
      writeFileSync(hostPath(path), 'regf', { flag: 'wx' })
    },
    GetVolumePathNameW: () => 'C:\\',
    GetVolumeFileSystem: () => answers.fileSystem,
    CopyFileW: (from: string, to: string) => copyFileSync(hostPath(from), hostPath(to), 1),
    MoveFileExW: (from: string, to: string, flags: number) => {
      called('MoveFileExW', from, to, flags)
      renameSync(hostPath(from), hostPath(to))
    },
    EnablePrivileges: (names: readonly string[]) => called('EnablePrivileges', ...names),
    RtlGetVersion: () => ({ major: 10, minor: 0, build: answers.build }),
  }
  const machine = { native: native as unknown as Native, files }
  return {
    world: {
      layout: { root: 'C:\\varve', separator: '\\' },
      machine,
      prepareLock: (run) => run(),
      pause: (milliseconds) => void pauses.push(milliseconds),
    },
    files,
    calls,
    pauses,
    fail: (call, ...codes) => void failures.set(call, [...codes]),
    set: (given) => (answers = { ...answers, ...given }),
    remove: () => rmSync(base, { recursive: true }),
  }
}

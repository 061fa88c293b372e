import * as fs from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative, sep } from 'node:path'
import { backendFault, layerId } from '@varve/core/ports'
import { hostFiles, type HostFiles } from '../../src/files.js'
import { raise } from '../../src/failure.js'
import { metadataStreams } from '../../src/formats/backup-builder.js'
import { decodeReparse, encodeReparse, reparseTags } from '../../src/formats/reparse.js'
import type { World } from '../../src/layers/world.js'
import type { BackupContext, Native, OpenBelow } from '../../src/native/native.js'

/** A machine that is pretended in a temporary folder of this host: enough to see what flows call and in which order. */
export type Pretended = {
  readonly world: World
  readonly files: HostFiles
  /** Native calls that change something, in order: `ActivateLayer 3`. */
  readonly calls: string[]
  /** Milliseconds that were waited for. */
  readonly pauses: number[]
  /** Lets the next calls of a function fail with these codes. */
  readonly fail: (name: string, ...codes: readonly number[]) => void
  /** Changes what the machine says of itself. */
  readonly set: (answers: Partial<Answers>) => void
  readonly remove: () => void
}

type Answers = { readonly volume: string; readonly fileSystem: string; readonly build: number; readonly guid: string }

type State = {
  /** Where folders are bound to: the host's paths of both. */
  readonly bound: Map<string, string>
  readonly hostPath: (path: string) => string
  readonly called: (name: string, ...args: readonly (string | number | bigint)[]) => void
  readonly handles: Map<bigint, string>
  answers: Answers
}

const win32 = (code: number): number => 0x8007_0000 + code

const fault = (call: string, code: number): never => raise(backendFault(`${call} failed`, code))

const plain = (path: string): string => path.replace(/^\\\\\?\\/, '')

/** A layer by its number, anything else by its path below the root. */
const shortOf = (path: string): string => plain(path).replace(/^C:\\varve\\(?:snapshots\\)?/, '')

const linkAttribute = 0x400

const attributesOf = ({ bound }: State, path: string): number => {
  const stat = fs.lstatSync(path, { throwIfNoEntry: false }) ?? fault(`look at ${path}`, win32(2))
  if (bound.has(path) || stat.isSymbolicLink()) return linkAttribute
  return stat.isDirectory() ? 0x10 : 0x20
}

/** What is below a folder that is bound is below the one that it is bound to. */
const through = (bound: ReadonlyMap<string, string>, path: string): string => {
  for (const [from, to] of bound) if (path.startsWith(from + sep)) return to + path.slice(from.length)
  return path
}

const layers = (state: State) => {
  const { called, hostPath, bound } = state
  const active = new Set<string>()
  const prepared = new Set<string>()
  return {
    ActivateLayer: (path: string) => {
      called('ActivateLayer', path)
      if (active.has(path)) fault('ActivateLayer', win32(32))
      active.add(path)
    },
    DeactivateLayer: (path: string) => {
      called('DeactivateLayer', path)
      if (!active.delete(path)) fault('DeactivateLayer', win32(55))
    },
    PrepareLayer: (path: string, parents: readonly { readonly path: string }[]) => {
      called('PrepareLayer', path, ...parents.map((parent) => parent.path))
      if (!active.has(path)) fault('PrepareLayer', win32(55))
      prepared.add(path)
    },
    UnprepareLayer: (path: string) => {
      called('UnprepareLayer', path)
      if (!prepared.delete(path)) fault('UnprepareLayer', active.has(path) ? 0x801f_0015 : win32(55))
    },
    GetLayerMountPath: (path: string) => {
      called('GetLayerMountPath', path)
      const disk = `C:\\disk ${shortOf(path)}`
      fs.mkdirSync(hostPath(disk), { recursive: true })
      return disk
    },
    BfSetupFilter: (path: string, target: string, flags: number) => {
      called('BfSetupFilter', path, target, flags)
      bound.set(hostPath(path), hostPath(target))
    },
    BfRemoveMapping: (path: string) => {
      called('BfRemoveMapping', path)
      if (!bound.delete(hostPath(path))) fault('BfRemoveMapping', win32(1168))
    },
    DestroyLayer: (path: string) => {
      called('DestroyLayer', path)
      fs.rmSync(hostPath(path), { recursive: true, force: true })
    },
  }
}

const images = ({ called, hostPath }: State) => ({
  ProcessBaseImage: (path: string) => {
    called('ProcessBaseImage', path)
    fs.mkdirSync(hostPath(`${path}\\Hives`))
    fs.writeFileSync(hostPath(`${path}\\layout`), 'vhd-with-hives\n')
    for (const name of ['blank.vhdx', 'blank-base.vhdx'])
      fs.writeFileSync(hostPath(`${path}\\${name}`), `${20n << 30n}`)
  },
  ProcessUtilityImage: (path: string) => {
    called('ProcessUtilityImage', path)
    for (const name of ['SystemTemplate.vhdx', 'SystemTemplateBase.vhdx'])
      fs.writeFileSync(hostPath(`${path}\\${name}`), `${10n << 30n}`)
  },
  SaveEmptyHive: (path: string) => {
    called('SaveEmptyHive', path)
    fs.writeFileSync(hostPath(path), 'regf', { flag: 'wx' })
  },
})

/** A disk is a file that holds its size. */
const disks = ({ called, hostPath, handles }: State, opened: (path: string) => bigint) => ({
  ExpandSandboxSize: (path: string, bytes: bigint) => {
    called('ExpandSandboxSize', path, bytes)
    fs.writeFileSync(hostPath(`${path}\\sandbox.vhdx`), `${bytes}`)
  },
  OpenVirtualDisk: (path: string) => opened(hostPath(path)),
  AttachVirtualDisk: (_disk: bigint, flags: number) => called('AttachVirtualDisk', flags),
  GetVirtualDiskSize: (disk: bigint) => ({
    virtual: BigInt(fs.readFileSync(handles.get(disk) ?? '', 'utf8')),
    physical: 0n,
  }),
  GetPartitionLength: () => 400n << 30n,
  GetDiskTotalBytes: () => 20n << 30n,
  ExtendVolume: (_volume: bigint, sectors: bigint) => called('ExtendVolume', sectors),
})

const handlesOf = (state: State, opened: (path: string) => bigint) => {
  const { called, hostPath, handles } = state
  const removed = new Set<bigint>()
  const pathOf = (handle: bigint): string => handles.get(handle) ?? fault(`use of handle ${handle}`, win32(6))
  return {
    CreateFileW: ({ path }: { readonly path: string }) => opened(hostPath(path)),
    FlushFileBuffers: (handle: bigint) => called('FlushFileBuffers', relative(hostPath(''), pathOf(handle))),
    CloseHandle: (handle: bigint) => {
      const path = pathOf(handle)
      handles.delete(handle)
      if (removed.delete(handle)) fs.rmSync(path, { recursive: true })
    },
    NtCreateFile: ({ root, path, disposition, options }: OpenBelow) => {
      const names = path === '' ? [] : path.split('\\')
      const at = through(state.bound, join(pathOf(root), ...names))
      for (let length = 1; length < names.length; length++)
        if (attributesOf(state, join(pathOf(root), ...names.slice(0, length))) === linkAttribute) fault(at, win32(4395))
      const isMade = disposition === 2
      if (isMade && fs.existsSync(at)) fault(at, win32(183))
      if (isMade) fs.mkdirSync(at)
      else if (attributesOf(state, at) === linkAttribute && (options & 0x20_0000) === 0) fault(at, win32(4395))
      return opened(at)
    },
    GetFileBasicInfo: (handle: bigint) => {
      const attributes = attributesOf(state, pathOf(handle))
      return { created: 0n, accessed: 0n, modified: 0n, changed: 0n, attributes }
    },
    SetFileBasicInfo: () => undefined,
    GetFileAttributeTagInfo: (handle: bigint) => ({
      attributes: attributesOf(state, pathOf(handle)),
      reparseTag: reparseTags.symlink,
    }),
    /** Of links alone. */
    BackupRead: (handle: bigint, into: Uint8Array, _withSecurity: boolean, context: BackupContext) => {
      if (context.pointer !== null) return 0
      context.pointer = handle
      const target = fs.readlinkSync(pathOf(handle))
      const bytes = metadataStreams({ reparse: encodeReparse({ type: 'symlink', target }) })
      into.set(bytes)
      return bytes.length
    },
    ReleaseBackupRead: (_handle: bigint, context: BackupContext) => void (context.pointer = null),
    BackupWrite: (handle: bigint, bytes: Uint8Array) => {
      const path = pathOf(handle)
      called('BackupWrite', relative(hostPath(''), path).replaceAll(sep, '/'), Buffer.from(bytes).toString('hex'))
      const link = decodeReparse(bytes.subarray(20))
      if (link === undefined) return
      fs.rmSync(path, { recursive: true })
      fs.symlinkSync(link.target, path)
    },
    DeleteOnClose: (handle: bigint) => void removed.add(handle),
    CopyFileW: (from: string, to: string) => fs.copyFileSync(hostPath(from), hostPath(to), fs.constants.COPYFILE_EXCL),
  }
}

const hosts = (state: State) => ({
  NameToGuid: () => {
    state.called('NameToGuid')
    return state.answers.guid
  },
  GetVolumePathNameW: () => state.answers.volume,
  GetVolumeFileSystem: () => state.answers.fileSystem,
  EnablePrivileges: (names: readonly string[]) => state.called('EnablePrivileges', ...names),
  RtlGetVersion: () => ({ major: 10, minor: 0, build: state.answers.build }),
  MoveFileExW: (from: string, to: string, flags: number) => {
    state.called('MoveFileExW', from, to, flags)
    fs.renameSync(state.hostPath(from), state.hostPath(to))
  },
})

const nativeOf = (state: State): Native => {
  let last = 0n
  const opened = (path: string): bigint => {
    state.handles.set(++last, path)
    return last
  }
  const parts = {
    ...layers(state),
    ...images(state),
    ...disks(state, opened),
    ...handlesOf(state, opened),
    ...hosts(state),
  }
  return parts as unknown as Native
}

export const pretendMachine = (): Pretended => {
  const base = fs.mkdtempSync(join(tmpdir(), 'varve-flows-'))
  const bound = new Map<string, string>()
  const hostPath = (path: string): string =>
    through(bound, join(base, plain(path).replace(':', '').replaceAll('\\', '/')))
  const calls: string[] = []
  const pauses: number[] = []
  const failures = new Map<string, number[]>()
  const called: State['called'] = (name, ...args) => {
    calls.push([name, ...args.map((arg) => (typeof arg === 'string' ? shortOf(arg) : String(arg)))].join(' '))
    const code = failures.get(name)?.shift()
    if (code !== undefined) fault(name, code)
  }
  const answers: Answers = { volume: 'C:\\', fileSystem: 'NTFS', build: 17_763, guid: layerId('1') }
  const state: State = { bound, hostPath, called, handles: new Map(), answers }
  const followed = hostFiles((path) => bound.get(hostPath(path)) ?? hostPath(path))
  const files = { ...hostFiles(hostPath), list: followed.list }
  return {
    world: {
      layout: { root: 'C:\\varve', separator: '\\' },
      machine: { native: nativeOf(state), files },
      prepareLock: (run) => run(),
      pause: (milliseconds) => void pauses.push(milliseconds),
    },
    files,
    calls,
    pauses,
    fail: (name, ...codes) => void failures.set(name, [...codes]),
    set: (given) => {
      state.answers = { ...state.answers, ...given }
    },
    remove: () => fs.rmSync(base, { recursive: true }),
  }
}

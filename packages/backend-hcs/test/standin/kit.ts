import * as fs from 'node:fs'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import * as path from 'node:path'
import { buildStandin, canBuild, linux } from './build.js'
import { bind, info, newPlace, parents, type Library } from './library.js'

/** A stand-in over an empty place, and what tests do with it. */
export type Kit = {
  readonly standin: Library
  readonly base: string
  /** The host's path of a Windows path. */
  readonly host: (path: string) => string
  readonly write: (path: string, content: string | Uint8Array) => void
  readonly read: (path: string) => string
  /** All paths below a folder, `/` between names. */
  readonly tree: (path: string) => readonly string[]
}

const isHere = canBuild(linux)
if (!isHere) console.log('skipped: there is no gcc to build the stand-in with (apt-get install gcc)')

let loaded: Library | undefined
const library = (): Library => {
  loaded ??= bind(process.env['VARVE_STANDIN'] ?? buildStandin())
  return loaded
}

/** The codes of what may go wrong. */
export const unsigned = (result: number | bigint | null): number => Number(result ?? 0) >>> 0

/** A test with an empty place of its own; skipped where the stand-in can't be built. */
export const standinTest = (name: string, run: (kit: Kit) => void): void => {
  const register: (name: string, run: () => void) => void = isHere ? test : test.skip
  register(name, () => {
    const standin = library()
    const { base, host, remove } = newPlace()
    const write = (at: string, content: string | Uint8Array): void => {
      fs.mkdirSync(path.dirname(host(at)), { recursive: true })
      fs.writeFileSync(host(at), content)
    }
    try {
      if (standin.StandinRoot(base) !== 0) throw new Error(`the stand-in can't work in ${base}`)
      standin.StandinElevated(1)
      enablePrivileges(standin)
      const kit: Kit = {
        standin,
        base,
        host,
        write,
        read: (at) => fs.readFileSync(host(at), 'utf8'),
        tree: (at) => (fs.readdirSync(host(at), { recursive: true }) as string[]).toSorted(),
      }
      run(kit)
      assert.equal(outstanding(kit), [0, 0, 0], 'every handle, context and piece of memory is given back')
    } finally {
      remove()
    }
  })
}

/** Of the process: backup, restore, security. Answers the last error. */
export const enablePrivileges = (standin: Library): number => {
  const token = Buffer.alloc(8)
  standin.OpenProcessToken(-1n, 0x28, token)
  const names = ['SeBackupPrivilege', 'SeRestorePrivilege', 'SeSecurityPrivilege', 'SeCreateSymbolicLinkPrivilege']
  const asked = Buffer.alloc(4 + names.length * 12)
  asked.writeUInt32LE(names.length)
  for (const [at, name] of names.entries()) {
    standin.LookupPrivilegeValueW(null, name, asked.subarray(4 + at * 12))
    asked.writeUInt32LE(2, 12 + at * 12)
  }
  standin.AdjustTokenPrivileges(token.readBigUInt64LE(), 0, asked, 0, null, null)
  const error = unsigned(standin.GetLastError())
  standin.CloseHandle(token.readBigUInt64LE())
  return error
}

/** Handles, contexts and memory that were not given back. */
export const outstanding = ({ standin }: Kit): readonly number[] => {
  const counts = Buffer.alloc(12)
  standin.StandinOutstanding(counts)
  return [0, 4, 8].map((at) => counts.readInt32LE(at))
}

export const saveHive = ({ standin }: Kit, at: string): number => {
  const hive = Buffer.alloc(8)
  standin.ORCreateHive(hive)
  const result = unsigned(standin.ORSaveHive(hive.readBigUInt64LE(), at, 10, 0))
  standin.ORCloseHive(hive.readBigUInt64LE())
  return result
}

const hives = ['DEFAULT', 'SAM', 'SECURITY', 'SOFTWARE', 'SYSTEM']

/** A processed base layer of some files. */
export const makeBase = (kit: Kit, layer: string, files: Readonly<Record<string, string>> = {}): void => {
  fs.mkdirSync(kit.host(`${layer}\\Files\\Windows\\System32\\config`), { recursive: true })
  for (const hive of hives) saveHive(kit, `${layer}\\Files\\Windows\\System32\\config\\${hive}`)
  for (const [name, content] of Object.entries(files)) kit.write(`${layer}\\Files\\${name}`, content)
  const result = unsigned(kit.standin.ProcessBaseImage(`\\\\?\\${layer}`))
  if (result !== 0) throw new Error(`ProcessBaseImage answered ${result.toString(16)}`)
}

/** The result of GetLayerMountPath, or its code. */
export const mountPath = ({ standin }: Kit, layer: string): string | number => {
  const units = Buffer.alloc(8)
  const failed = unsigned(standin.GetLayerMountPath(info, layer, units, null))
  if (failed !== 0) return failed
  const text = Buffer.alloc(Number(units.readBigUInt64LE()) * 2)
  const failedAgain = unsigned(standin.GetLayerMountPath(info, layer, units, text))
  return failedAgain === 0 ? text.toString('utf16le').slice(0, -1) : failedAgain
}

/** Makes a scratch over parents, nearest first, and activates and prepares it. Answers its volume, with `\` at the end. */
export const mountScratch = (kit: Kit, layer: string, ...above: readonly string[]): string => {
  const { standin } = kit
  const results = [
    standin.CreateSandboxLayer(info, layer, null, ...parents(...above)),
    standin.ActivateLayer(info, layer),
    standin.PrepareLayer(info, layer, ...parents(...above)),
  ]
  if (results.some((result) => result !== 0)) throw new Error(`mounting ${layer}: ${results.map(unsigned).join(', ')}`)
  return `${mountPath(kit, layer)}\\`
}

export const unmount = ({ standin }: Kit, layer: string): readonly number[] => [
  unsigned(standin.UnprepareLayer(info, layer)),
  unsigned(standin.DeactivateLayer(info, layer)),
]

/** What ExportLayer of a mounted scratch, or of a layer's folder, writes to a new folder. Answers its code. */
export const exportTo = (kit: Kit, layer: string, folder: string, ...above: readonly string[]): number => {
  fs.mkdirSync(kit.host(folder), { recursive: true })
  return unsigned(kit.standin.ExportLayer(info, layer, folder, ...parents(...above)))
}

export const importFrom = ({ standin }: Kit, layer: string, folder: string, ...above: readonly string[]): number =>
  unsigned(standin.ImportLayer(info, `\\\\?\\${layer}`, folder, ...parents(...above)))

export type Asked = { readonly access?: number; readonly disposition?: number; readonly flags?: number }

/** CreateFileW for backup: the handle, or the code as a negative number. */
export const open = (
  { standin }: Kit,
  at: string,
  { access = 0x8000_0000, disposition = 3, flags = 0x0220_0000 }: Asked = {},
): bigint => {
  const handle = standin.CreateFileW(at, access, 7, null, disposition, flags, null)
  return handle === 0xffff_ffff_ffff_ffffn ? -BigInt(unsigned(standin.GetLastError())) : BigInt(handle ?? 0)
}

export type AskedBelow = {
  readonly access?: number
  readonly disposition?: number
  readonly options?: number
  readonly attributes?: number
}

/** NtCreateFile: the handle, or the status as a negative number. */
export const openBelow = (
  { standin }: Kit,
  root: bigint,
  at: string,
  { access = 0x8000_0000, disposition = 1, options = 0x0020_4020, attributes = 0x1000 }: AskedBelow = {},
): bigint => {
  const handle = Buffer.alloc(8)
  const length = at.length * 2
  const name = { length, room: length, text: at }
  const object = { length: 48, root, name, attributes, security: null, quality: null }
  const none = [null, 0, 7, disposition, options, null, 0] as const
  const status = unsigned(standin.NtCreateFile(handle, access, object, Buffer.alloc(16), ...none))
  return status === 0 ? handle.readBigUInt64LE() : -BigInt(status)
}

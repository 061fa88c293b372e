import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { getEnvironmentData, setEnvironmentData } from 'node:worker_threads'
import { dlls } from '../../src/bindings/index.js'
import type { NativeSource } from '../../src/driver.js'
import { buildStandin, canBuild, linux } from '../standin/build.js'

/**
 * The library that stands in for Windows, and where on this host the paths of Windows are. With `''` for a library it is
 * Windows itself, in the folder `base`.
 */
export type Standin = { readonly library: string; readonly base: string }

const key = 'varve stand-in'

/** That of this process, which has to have been started. */
export const standin = (): Standin => {
  const found = getEnvironmentData(key) as Standin | undefined
  if (found === undefined) throw new Error('no stand-in was started in this process')
  return found
}

/** A stand-in that was built elsewhere: under Wine there is no compiler. */
const given = process.env['VARVE_STANDIN']

/** A folder on a Windows whose own functions are wanted instead. */
const windowsRoot = process.platform === 'win32' ? process.env['VARVE_WINDOWS_ROOT'] : undefined

/** Why the stand-in can't be there; undefined where it can. */
export const whyNoStandin = (): string | undefined => {
  if (given !== undefined || windowsRoot !== undefined) return undefined
  if (process.platform !== 'linux') return `this is ${process.platform}`
  return canBuild(linux) ? undefined : 'there is no gcc'
}

/** Keeps the library loaded: what it knows of layers is in its memory. */
const kept: unknown[] = []

const begin = async (library: string, base: string): Promise<void> => {
  const { default: koffi } = await import('koffi')
  const loaded = koffi.load(library)
  kept.push(loaded)
  const answer = loaded.func('int32_t StandinRoot(str16 base)')(base) as number
  if (answer !== 0) throw new Error(`the stand-in can't work in ${base}: 0x${(answer >>> 0).toString(16)}`)
}

const roomWanted = 2 ** 29

/** Whether a folder has room, and is on a file system that tells when files were made: the stand-in goes by that. */
const isFit = (folder: string): boolean => {
  try {
    const { bavail, bsize } = fs.statfsSync(folder)
    fs.accessSync(folder, fs.constants.W_OK)
    return bavail * bsize >= roomWanted && fs.statSync(folder, { bigint: true }).birthtimeNs > 0n
  } catch {
    return false
  }
}

/** In memory where that can be: on a disk most of the time goes by flushing small files. */
const temporaryFolder = (): string => {
  const inMemory = '/dev/shm'
  return process.platform === 'linux' && process.env['TMPDIR'] === undefined && isFit(inMemory) ? inMemory : os.tmpdir()
}

const newBase = (): string => {
  const base = fs.mkdtempSync(path.join(windowsRoot ?? temporaryFolder(), 'varve-hcs-'))
  // Under Wine links are in the way, and whoever started this removes what is above.
  if (given === undefined) process.once('exit', () => fs.rmSync(base, { recursive: true, force: true }))
  return base
}

/**
 * Builds the stand-in and makes it known to all lanes that this process starts. What it knows of files is in `base`, which
 * several processes may share one after the other; without one it is dropped when the process ends.
 */
export const startStandin = async (base = newBase()): Promise<NativeSource> => {
  const module = new URL('./adapt.js', import.meta.url)
  if (windowsRoot !== undefined) {
    setEnvironmentData(key, { library: '', base } satisfies Standin)
    return { module }
  }
  const library = given ?? buildStandin(linux)
  await begin(library, base)
  setEnvironmentData(key, { library, base } satisfies Standin)
  return { module, dlls: dllsOf({ library, base }) }
}

/** Which file each DLL is. */
export const dllsOf = ({ library }: Standin): Readonly<Record<string, string>> =>
  library === '' ? {} : Object.fromEntries(Object.keys(dlls).map((name) => [name, library]))

import { createHash } from 'node:crypto'
import { execFileSync } from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { getEnvironmentData, setEnvironmentData } from 'node:worker_threads'
import { dlls } from '../../src/bindings/index.js'
import type { NativeSource } from '../../src/driver.js'

/** The library that stands in for Windows, and where on this host the paths of Windows are. */
export type Standin = { readonly library: string; readonly base: string }

const key = 'varve stand-in'

/** That of this process, which has to have been started. */
export const standin = (): Standin => {
  const found = getEnvironmentData(key) as Standin | undefined
  if (found === undefined) throw new Error('no stand-in was started in this process')
  return found
}

/** Where a Windows path is on this host: `C:\a` is `<base>/c/a`, `\\?\Volume{x}\a` is `<base>/volumes/{x}/a`. */
export const hostPathIn =
  (base: string) =>
  (windows: string): string => {
    const plain = windows.replace(/^\\\\\?\\/, '').replaceAll('\\', '/')
    const volume = /^Volume(\{[^}]*\}.*)$/.exec(plain)?.[1]
    if (volume !== undefined) return path.join(base, 'volumes', volume)
    const [, drive, rest] = /^([A-Za-z]):(.*)$/s.exec(plain) ?? []
    if (drive === undefined || rest === undefined) throw new Error(`${windows} is no absolute path of Windows`)
    return path.join(base, drive.toLowerCase(), rest)
  }

/** Where the C sources are; what is built from them is not committed. */
const sources = fileURLToPath(new URL('../../../test/standin/', import.meta.url))

const compile = (library: string): void => {
  const part = `${library}.${process.pid}`
  const source = path.join(sources, 'standin.c')
  execFileSync('gcc', ['-O1', '-shared', '-fPIC', '-pthread', '-o', part, source], {
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  fs.renameSync(part, library)
}

/** The built library; built once for the same sources. */
const build = (): string => {
  const hash = createHash('sha256')
  for (const name of fs.readdirSync(sources).toSorted()) hash.update(fs.readFileSync(path.join(sources, name)))
  const library = path.join(os.tmpdir(), `varve-standin-${hash.digest('hex').slice(0, 16)}.so`)
  if (!fs.existsSync(library)) compile(library)
  return library
}

/** Why the stand-in can't be there; undefined where it can. */
export const whyNoStandin = (): string | undefined => {
  if (process.platform === 'win32') return 'this is Windows'
  try {
    execFileSync('gcc', ['--version'], { stdio: 'ignore' })
    return undefined
  } catch {
    return 'there is no gcc'
  }
}

/**
 * Builds the stand-in and makes it known to all lanes that this process starts. Kept loaded here, as what it knows of layers is
 * in its memory. Everything it writes is dropped when the process ends.
 */
export const startStandin = async (): Promise<NativeSource> => {
  const library = build()
  const base = fs.mkdtempSync(path.join(os.tmpdir(), 'varve-hcs-'))
  process.once('exit', () => fs.rmSync(base, { recursive: true, force: true }))
  const { default: koffi } = await import('koffi')
  const answer = koffi.load(library).func('int32_t StandinRoot(str16 base)')(base) as number
  if (answer !== 0) throw new Error(`the stand-in can't work in ${base}: 0x${(answer >>> 0).toString(16)}`)
  setEnvironmentData(key, { library, base } satisfies Standin)
  const module = new URL('./adapt.js', import.meta.url)
  return { module, dlls: Object.fromEntries(Object.keys(dlls).map((name) => [name, library])) }
}

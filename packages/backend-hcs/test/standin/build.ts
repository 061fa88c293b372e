import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import * as fs from 'node:fs'
import { tmpdir } from 'node:os'
import * as path from 'node:path'
import { fileURLToPath } from 'node:url'

/** The folder of the C files, wherever this module was built to. */
const sourcesOf = (at: string): string => {
  const folder = path.join(at, 'test', 'standin')
  if (fs.existsSync(path.join(folder, 'standin.c'))) return folder
  if (path.dirname(at) !== at) return sourcesOf(path.dirname(at))
  throw new Error('test/standin/standin.c is not there; build inside the repository')
}

const usual = ['-std=gnu2x', '-shared', '-O1', '-Wall', '-Wextra', '-Werror', 'standin.c']

/** A compiler, what it is told, and the ending of what it makes. */
export type Target = { readonly compiler: string; readonly flags: readonly string[]; readonly ending: string }

export const linux: Target = { compiler: 'gcc', flags: ['-fPIC', '-fvisibility=hidden'], ending: '.so' }

/** For Windows programs under Wine, of x86-64. */
export const wine: Target = {
  compiler: 'x86_64-w64-mingw32-gcc',
  flags: ['standin.def', '-static-libgcc', '-D__USE_MINGW_ANSI_STDIO=1'],
  ending: '.dll',
}

/** The version of a compiler, or undefined when there is none. */
const versionOf = (compiler: string): string | undefined => {
  try {
    return execFileSync(compiler, ['--version'], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] })
  } catch {
    return undefined
  }
}

/** Whether the stand-in can be built for it here. */
export const canBuild = (target: Target): boolean => versionOf(target.compiler) !== undefined

/**
 * Path of the stand-in library, built once for the same sources and compiler. Several processes may build it at a time.
 * `more`: flags besides the usual.
 */
export const buildStandin = (target: Target = linux, more: readonly string[] = []): string => {
  const sources = sourcesOf(path.dirname(fileURLToPath(import.meta.url)))
  const files = fs
    .readdirSync(sources)
    .filter((name) => /\.(c|h|def)$/.test(name))
    .toSorted()
  const hash = createHash('sha256')
  for (const part of [versionOf(target.compiler) ?? '', ...usual, ...target.flags, ...more]) hash.update(`${part}\n`)
  for (const name of files) hash.update(fs.readFileSync(path.join(sources, name)))
  const folder = path.join(tmpdir(), `varve-standin-${process.getuid?.() ?? ''}`)
  const library = path.join(folder, `${hash.digest('hex').slice(0, 24)}${target.ending}`)
  if (fs.existsSync(library)) return library
  fs.mkdirSync(folder, { recursive: true })
  const part = `${library}.${process.pid}`
  execFileSync(target.compiler, [...usual, ...target.flags, ...more, '-o', part], {
    cwd: sources,
    stdio: ['ignore', 'inherit', 'inherit'],
  })
  fs.renameSync(part, library)
  return library
}

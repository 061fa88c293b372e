import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import * as path from 'node:path'
import { functionNames } from '../../src/bindings/index.js'

/** C that the tests of bindings call, by name. */
const sources = {
  sample: (): string => readFileSync(new URL('../../../test/support/sample.c', import.meta.url), 'utf8'),
  /** Every function that is bound, doing nothing. */
  stubs: (): string => functionNames.map((name) => `long ${name}(void) { return 0; }`).join('\n'),
}
type Name = keyof typeof sources

/** Where libraries lie that were compiled elsewhere: under Wine there is no compiler. */
const given = process.env['VARVE_LIBRARIES']

/** Whether there are libraries to call; elsewhere than on Linux nothing is compiled. */
export const hasLibraries =
  given !== undefined || (process.platform === 'linux' && spawnSync('gcc', ['--version']).error === undefined)

/** Makes a shared library in a folder; answers its path. `compiler` and its `flags` say for which system. */
export const compileInto = (folder: string, name: Name, compiler: string, flags: readonly string[]): string => {
  const [code, library] = [path.join(folder, `${name}.c`), path.join(folder, `${name}.dll`)]
  writeFileSync(code, sources[name]())
  const { status, stderr } = spawnSync(compiler, ['-Wall', '-Wextra', '-shared', ...flags, '-o', library, code], {
    encoding: 'utf8',
  })
  if (status !== 0 || stderr !== '') throw new Error(`${compiler} ${name}.c: ${stderr}`)
  return library
}

/** The path of a library, which goes with the process if it is made here. */
export const libraryOf = (name: Name): string => {
  if (given !== undefined) return path.join(given, `${name}.dll`)
  const folder = mkdtempSync(path.join(tmpdir(), 'varve-c-'))
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }))
  return compileInto(folder, name, 'gcc', ['-fPIC'])
}

import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import * as path from 'node:path'

/** Whether C can be compiled for this host; elsewhere than on Linux it is not tried. */
export const hasCompiler = process.platform === 'linux' && spawnSync('gcc', ['--version']).error === undefined

/** A shared library out of C, in a directory that goes with the process. */
export const compile = (name: string, source: string): string => {
  const directory = mkdtempSync(path.join(tmpdir(), 'varve-c-'))
  process.once('exit', () => rmSync(directory, { recursive: true, force: true }))
  const [code, library] = [path.join(directory, `${name}.c`), path.join(directory, `${name}.so`)]
  writeFileSync(code, source)
  const { status, stderr } = spawnSync('gcc', ['-Wall', '-Wextra', '-shared', '-fPIC', '-o', library, code], {
    encoding: 'utf8',
  })
  if (status !== 0 || stderr !== '') throw new Error(`gcc ${name}.c: ${stderr}`)
  return library
}

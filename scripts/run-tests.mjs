// @ts-check
/** Finding and running test files. A file counts only by what it reported: silence is a failure. */
import { spawn } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { basename, join } from 'node:path'
import { stripVTControlCharacters } from 'node:util'
import { beforeEnd } from './ending.mjs'
import { workspacesOf } from './stamps.mjs'

/**
 * `atOnce`: how many files run at a time. A file that is still running after `limitMs` is ended and has failed.
 * @typedef {{ atOnce: number, limitMs: number }} Limits
 * @type {Limits}
 */
const USUAL = { atOnce: availableParallelism(), limitMs: 600_000 }

/**
 * @typedef {{ workspace: string, source: string, built: string }} TestFile paths relative to the root, with `/`
 * @typedef {{ file: TestFile, passed: number, failed: number, skipped: number, ran: number, fault?: string }} Result
 */

/**
 * The directories that have tests, by the name a person would use for them.
 * @param {string} root
 */
export const testedDirectories = (root) =>
  new Map([...workspacesOf(root), 'scripts'].map((directory) => [basename(directory), directory]))

/**
 * The test files below `<workspace>/test`. They are found by their sources: what an earlier build left of a deleted one
 * does not run.
 * @param {string} root
 * @param {string} workspace
 * @returns {TestFile[]}
 */
export const testFilesOf = (root, workspace) => {
  /** @type {TestFile[]} */
  const found = []
  /** @param {string} below */
  const visit = (below) => {
    for (const entry of readdirSync(join(root, workspace, below), { withFileTypes: true })) {
      const path = `${below}/${entry.name}`
      if (entry.isDirectory()) visit(path)
      const source = `${workspace}/${path}`
      if (path.endsWith('.test.mjs')) found.push({ workspace, source, built: source })
      if (path.endsWith('.test.ts'))
        found.push({ workspace, source, built: `${workspace}/dist/${path.replace(/\.ts$/, '.js')}` })
    }
  }
  if (readdirSync(join(root, workspace)).includes('test')) visit('test')
  return found.toSorted((a, b) => (a.source < b.source ? -1 : 1))
}

/**
 * @param {TestFile} file
 * @param {string} output
 * @param {number | string} ended exit code, signal or error
 * @returns {Result}
 */
export const resultOf = (file, output, ended) => {
  const reports = [...stripVTControlCharacters(output).matchAll(/Total: +(\d+)\s+Passed: +(\d+)\s+Skipped: +(\d+)/g)]
  const [total = 0, passed = 0, skipped = 0] = (reports.at(-1) ?? []).slice(1).map(Number)
  const fault =
    reports.length === 0
      ? `reported nothing, ended with ${ended}; is test.run() missing?`
      : total + skipped === 0
        ? 'holds no test'
        : passed < total || ended !== 0
          ? `${total - passed} of ${total} failed, ended with ${ended}`
          : undefined
  const failed = fault === undefined ? 0 : Math.max(1, total - passed)
  return { file, passed, failed, skipped, ran: total + skipped, ...(fault === undefined ? {} : { fault }) }
}

/**
 * @param {TestFile} file
 * @param {string} node
 * @param {string} root
 * @param {number} limitMs
 * @returns {Promise<{ output: string, ended: number | string }>}
 */
const runOne = (file, node, root, limitMs) =>
  new Promise((resolve) => {
    const colour = process.stdout.isTTY ? { FORCE_COLOR: '1' } : {}
    const child = spawn(node, [join(root, file.built)], {
      cwd: join(root, file.workspace),
      env: { ...process.env, ...colour },
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: limitMs,
      killSignal: 'SIGKILL',
    })
    const forget = beforeEnd(() => child.kill('SIGKILL'))
    /** @type {Buffer[]} */
    const output = []
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => output.push(chunk))
    child.on('error', (error) => {
      forget()
      resolve({ output: '', ended: error.message })
    })
    child.on('close', (code, signal) => {
      forget()
      resolve({ output: Buffer.concat(output).toString(), ended: signal ?? code ?? 'nothing' })
    })
  })

/**
 * Runs the files, as many at a time as there are processors unless `limits` say otherwise; `print` gets what each said
 * when it has ended.
 * @param {string} root
 * @param {TestFile[]} files
 * @param {string} node path of the node binary
 * @param {(text: string) => void} print
 * @param {Partial<Limits>} [limits]
 */
export const runTestFiles = async (root, files, node, print, limits = {}) => {
  const { atOnce, limitMs } = { ...USUAL, ...limits }
  const waiting = [...files]
  /** @type {Result[]} */
  const results = []
  const worker = async () => {
    for (let file = waiting.shift(); file !== undefined; file = waiting.shift()) {
      const { output, ended } = await runOne(file, node, root, limitMs)
      results.push(resultOf(file, output, ended))
      print(`${file.source}\n${output.replace(/^\n+|\n+$/g, '')}\n\n`)
    }
  }
  await Promise.all(Array.from({ length: atOnce }, worker))
  return results
}

/** @param {Result[]} results */
export const sumOf = (results) => ({
  passed: results.reduce((sum, { passed }) => sum + passed, 0),
  failed: results.reduce((sum, { failed }) => sum + failed, 0),
  skipped: results.reduce((sum, { skipped }) => sum + skipped, 0),
})

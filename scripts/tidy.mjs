// @ts-check
/** Style that a machine can hold: prints what breaks a rule of tidy-rules.mjs, one line each, and ends with 1 if anything does. */
import { spawnSync } from 'node:child_process'
import { readFileSync, readdirSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { rules } from './tidy-rules.mjs'

const own = dirname(dirname(fileURLToPath(import.meta.url)))
const LEFT_OUT = new Set(['.git', 'node_modules', 'dist', '.turbo'])

/**
 * Every file of the tree that is not installed, built or cached; paths with `/`.
 * @param {string} root
 * @returns {import('./tidy-rules.mjs').SourceFile[]}
 */
export const readTree = (root) => {
  /** @type {import('./tidy-rules.mjs').SourceFile[]} */
  const files = []
  /** @param {string} below */
  const visit = (below) => {
    for (const entry of readdirSync(join(root, below), { withFileTypes: true })) {
      const path = below === '' ? entry.name : `${below}/${entry.name}`
      if (LEFT_OUT.has(entry.name) || entry.name.endsWith('.tgz')) continue
      if (entry.isDirectory()) visit(path)
      else files.push({ path, bytes: readFileSync(join(root, path)) })
    }
  }
  visit('')
  return files
}

/**
 * Functions over the limit of .oxlintrc.json, which oxlint counts.
 * @param {string} root
 * @returns {string[]}
 */
const longFunctions = (root) => {
  const oxlint = join(own, 'node_modules/oxlint/bin/oxlint')
  const args = ['--config', join(own, '.oxlintrc.json'), '--format', 'json', '.']
  const { stdout, stderr } = spawnSync(process.execPath, [oxlint, ...args], { cwd: root, encoding: 'utf8' })
  if (!stdout.includes('{')) throw new Error(`oxlint gave no answer: ${stdout}${stderr}`)
  const { diagnostics } = /** @type {{ diagnostics: { code: string, message: string, filename: string }[] }} */ (
    JSON.parse(stdout.slice(stdout.indexOf('{')))
  )
  return diagnostics
    .filter(({ code }) => code === 'eslint(max-lines-per-function)')
    .map(({ filename, message }) => `${relative(root, join(root, filename))}: ${message}`)
}

/**
 * What breaks a rule below `root`, as `path: what is wrong, what to do`.
 * @param {string} root
 */
export const tidy = (root) => {
  const tree = readTree(root)
  return [...rules.flatMap((rule) => tree.flatMap(rule)), ...longFunctions(root)]
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const findings = tidy(own)
  for (const finding of findings) console.log(finding)
  process.exitCode = findings.length === 0 ? 0 : 1
}

// @ts-check
/**
 * `npm run verify -- [--long] [--skip STEP]…`: everything a change has to pass, one step after the other. Stops at the
 * first that fails and shows what it said. `--long` adds the long forms of the kill -9 tests.
 */
import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeEnd, endWithParent } from './ending.mjs'
import { examples } from './examples.mjs'
import { killFamily } from './processes.mjs'
import { root, setUp } from './setup.mjs'
import { workspacesOf } from './stamps.mjs'

/**
 * @typedef {{ name: string, calls: string[][] }} Step
 * @param {string} path below node_modules
 * @param {string[]} args
 */
const tool = (path, ...args) => [join(root, 'node_modules', path), ...args]

/** @param {string[]} argv */
const script = (...argv) => [join(root, 'scripts', argv[0] ?? ''), ...argv.slice(1)]

const published = workspacesOf(root).filter((name) => name.startsWith('packages/'))

const place = mkdtempSync(join(tmpdir(), 'varve-verify-'))
process.on('exit', () => rmSync(place, { recursive: true, force: true }))

/** What some examples are run with: `look` looks at what `start` left. */
const wants = /** @type {Record<string, string[]>} */ ({
  start: ['--data', place],
  look: [place],
  'build-image': ['--out', join(place, 'image')],
})
const names = ['start', ...examples().flatMap(({ name }) => (name === 'start' ? [] : [name]))]

const LONG = 'kill -9, long'

/** @type {Step[]} */
const steps = [
  { name: 'build', calls: [script('build.mjs')] },
  { name: 'format', calls: [tool('prettier/bin/prettier.cjs', '--check', '.')] },
  { name: 'lint', calls: [tool('oxlint/bin/oxlint', '--type-aware')] },
  { name: 'types', calls: [tool('typescript/bin/tsc', '-b'), tool('typescript/bin/tsc', '-p', 'scripts')] },
  { name: 'tidy', calls: [script('tidy.mjs')] },
  { name: 'tests', calls: [script('test.mjs')] },
  {
    name: 'packages',
    calls: published.flatMap((name) => [
      tool('publint/src/cli.js', '--strict', name),
      tool('@arethetypeswrong/cli/dist/index.js', '--pack', name, '--profile', 'esm-only'),
    ]),
  },
  { name: 'examples', calls: names.map((name) => script('example.mjs', name, ...(wants[name] ?? []))) },
  {
    name: LONG,
    calls: [script('kill-start.mjs', '--times', '50'), script('crash-rounds.mjs', '--rounds', '200')],
  },
]

/**
 * @param {string[]} argv of node
 * @returns {Promise<{ output: string, ended: number | string }>}
 */
const run = (argv) =>
  new Promise((resolve) => {
    const child = spawn(process.execPath, argv, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] })
    /** @type {Buffer[]} */
    const output = []
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => output.push(chunk))
    child.on('error', (error) => resolve({ output: error.message, ended: 'nothing started' }))
    child.on('close', (code, signal) => {
      resolve({ output: Buffer.concat(output).toString(), ended: signal ?? code ?? 'nothing' })
    })
  })

/** @param {Step} step */
const passes = async ({ name, calls }) => {
  const start = performance.now()
  const seconds = () => `${((performance.now() - start) / 1000).toFixed(1)} s`
  for (const argv of calls) {
    const { output, ended } = await run(argv)
    if (ended === 0) continue
    console.log(`${name.padEnd(14)} failed  ${seconds()}\n\nnode ${argv.join(' ')} ended with ${ended}\n${output}`)
    return false
  }
  console.log(`${name.padEnd(14)} ok      ${seconds()}`)
  return true
}

const argv = process.argv.slice(2)
const skipped = argv.flatMap((word, index) => (argv[index - 1] === '--skip' ? [word] : []))
const unknown = skipped.filter((name) => !steps.some((step) => step.name === name))
if (unknown.length > 0) {
  console.error(`No step is called ${unknown.join(', ')}. These there are: ${steps.map(({ name }) => name).join(', ')}`)
  process.exit(2)
}
if (!argv.includes('--long')) skipped.push(LONG)

beforeEnd(killFamily)
endWithParent()
await setUp()
const wanted = steps.filter(({ name }) => !skipped.includes(name))
let done = 0
for (const step of wanted) {
  if (!(await passes(step))) break
  done += 1
}
const left = wanted.slice(done + 1).map(({ name }) => name)
if (done === wanted.length) console.log(`\nverify: all ${done} steps passed`)
else console.log(`verify: ${wanted[done]?.name} failed${left.length > 0 ? `; not run: ${left.join(', ')}` : ''}`)
process.exitCode = done === wanted.length ? 0 : 1

// @ts-check
/**
 * `npm run mutants -- [NAME…] [--jobs N] [--json]`: what the tests are worth. Each mutant is the built packages with one line
 * broken; simulation or a suite of conformance has to catch it. Ends with 1 when one survives, when its line is not there any
 * more, or when what is not broken is caught.
 */
import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { stripVTControlCharacters } from 'node:util'
import { beforeEnd, endWithParent } from './ending.mjs'
import { patched, pathOf } from './mutants/patch.mjs'
import { mutants } from './mutants/table.mjs'
import { root, setUp } from './setup.mjs'

/**
 * @typedef {import('./mutants/patch.mjs').Mutant} Mutant
 * @typedef {{ by: string, checker: string, message: string, theme?: string, seed?: number, seeds?: number, step?: number, commands?: number }} Caught
 * @typedef {{ name: string, is: string, caught: Caught | undefined, problem?: string }} Row
 */

/** What is not broken: nothing may catch it. */
const control = { name: '(as it is)', is: 'nothing is broken', file: '', find: '', replace: '' }

/**
 * @param {Mutant} mutant
 * @param {string} file relative to the root
 * @returns {Promise<{ output: string, ended: number | string }>}
 */
const run = ({ name }, file) =>
  new Promise((resolve) => {
    const child = spawn(process.execPath, ['--import', './scripts/mutants/register.mjs', file], {
      cwd: root,
      env: { ...process.env, VARVE_MUTANT: name },
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: 300_000,
      killSignal: 'SIGKILL',
    })
    const forget = beforeEnd(() => child.kill('SIGKILL'))
    /** @type {Buffer[]} */
    const output = []
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => output.push(chunk))
    child.on('close', (code, signal) => {
      forget()
      resolve({ output: Buffer.concat(output).toString(), ended: signal ?? code ?? 'nothing' })
    })
  })

/**
 * @param {Mutant} mutant
 * @returns {Promise<Row>}
 */
const simulated = async (mutant) => {
  const { name, is } = mutant
  const { output, ended } = await run(mutant, 'scripts/mutants/simulated.mjs')
  const said = /^\{.*\}$/m.exec(output)?.[0]
  if (said === undefined) return { name, is, caught: undefined, problem: `it ended with ${ended}: ${output}` }
  const { caught, commands } = JSON.parse(said)
  return { name, is, caught: caught && { by: 'simulation', ...caught, commands } }
}

/**
 * @param {Mutant} mutant
 * @param {string} suite
 * @returns {Promise<Row>}
 */
const conforming = async (mutant, suite) => {
  const { name, is } = mutant
  const { output, ended } = await run(mutant, `packages/store-level/dist/test/conformance/${suite}.test.js`)
  const failed = /^\s*FAIL\s+.*"(?<title>.*)"/m.exec(stripVTControlCharacters(output))?.groups?.['title']
  const caught = failed === undefined ? undefined : { by: 'conformance', checker: failed, message: '' }
  if (caught !== undefined || ended === 0) return { name, is, caught }
  return { name, is, caught, problem: `${suite} ended with ${ended}: ${output}` }
}

/** @param {Mutant} mutant */
const tried = (mutant) => (mutant.by === undefined ? simulated(mutant) : conforming(mutant, mutant.by))

/** @param {Caught} caught */
const whenOf = ({ seeds, step, commands, theme }) =>
  seeds === undefined ? '' : `seed ${seeds}, step ${step ?? '?'}, ${commands} commands (${theme})`

/** @param {Row} row */
const lineOf = ({ name, is, caught, problem }) => {
  const found =
    problem ?? (caught === undefined ? 'not caught' : `${caught.by}: ${caught.checker.padEnd(36)} ${whenOf(caught)}`)
  return `${name.padEnd(34)} ${is.padEnd(76)} ${found}`.trimEnd()
}

/** @param {Row} row */
const isRight = ({ name, caught, problem }) =>
  problem === undefined && (caught === undefined) === (name === control.name)

/** @param {string[]} argv */
const parse = (argv) => {
  const at = argv.indexOf('--jobs')
  const jobs = at === -1 ? availableParallelism() : Number(argv[at + 1])
  const names = argv.filter((word, index) => word !== '--json' && (at === -1 || (index !== at && index !== at + 1)))
  return { json: argv.includes('--json'), jobs, names }
}

const { json, jobs, names } = parse(process.argv.slice(2))
const unknown = names.filter((name) => !mutants.some((mutant) => mutant.name === name))
if (unknown.length > 0 || !Number.isInteger(jobs) || jobs < 1) {
  console.error(
    unknown.length > 0
      ? `There is no mutant called ${unknown.join(', ')}. These there are:\n${mutants.map(({ name }) => `  ${name}`).join('\n')}`
      : '--jobs wants how many run at a time, at least 1',
  )
  process.exit(2)
}

endWithParent()
await setUp({ quiet: json })
const chosen = names.length === 0 ? mutants : mutants.filter(({ name }) => names.includes(name))
for (const mutant of chosen) patched(mutant, readFileSync(pathOf(mutant), 'utf8'))

const waiting = [control, ...chosen]
const count = waiting.length
/** @type {Row[]} */
const rows = []
const worker = async () => {
  for (let mutant = waiting.shift(); mutant !== undefined; mutant = waiting.shift()) {
    const row = await tried(mutant)
    rows.push(row)
    if (process.stderr.isTTY) process.stderr.write(`\r\u001b[K`)
    console.log(json ? JSON.stringify(row) : lineOf(row))
    if (process.stderr.isTTY) process.stderr.write(`${rows.length} of ${count}`)
  }
}
await Promise.all(Array.from({ length: jobs }, worker))
if (process.stderr.isTTY) process.stderr.write(`\r\u001b[K`)

const wrong = rows.filter((row) => !isRight(row))
const caughtBy = (/** @type {string} */ by) => rows.filter(({ caught }) => caught?.by === by).length
const sum = `${chosen.length} mutants: ${caughtBy('simulation')} caught by simulation, ${caughtBy('conformance')} by conformance`
const verdict =
  wrong.length === 0
    ? 'nothing is broken, and nothing was caught'
    : `wrong: ${wrong.map(({ name }) => name).join(', ')}`
if (!json) console.log(`\n${sum}; ${verdict}`)
process.exitCode = wrong.length === 0 ? 0 : 1

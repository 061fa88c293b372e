// @ts-check
/** Runs what has to catch a mutant, in a process of its own, and says what came of it. */
import { spawn } from 'node:child_process'
import { stripVTControlCharacters } from 'node:util'
import { beforeEnd } from '../ending.mjs'
import { root } from '../setup.mjs'

/**
 * `checker`: of simulation, or the case of conformance. `runs`: how many it took. `problem`: why nothing is known.
 * @typedef {import('./patch.mjs').Mutant} Mutant
 * @typedef {{ by: string, checker: string, message?: string, theme?: string, seed?: number, runs?: number, step?: number, commands?: number }} Caught
 * @typedef {{ name: string, is: string, caught?: Caught | undefined, problem?: string }} Row
 */

/**
 * What has every line as it is: nothing may catch it.
 * @type {Mutant}
 */
export const control = { name: '(as it is)', is: 'nothing is broken', file: '', find: '', replace: '' }

/**
 * @param {Mutant} mutant
 * @param {string} file relative to the root
 * @returns {Promise<{ output: string, ended: number | string }>}
 */
const run = (mutant, file) =>
  new Promise((resolve) => {
    const env = { ...process.env, ...(mutant === control ? {} : { VARVE_MUTANT: JSON.stringify(mutant) }) }
    const child = spawn(process.execPath, ['--import', './scripts/mutants/register.mjs', file], {
      cwd: root,
      env,
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
      resolve({
        output: stripVTControlCharacters(Buffer.concat(output).toString()),
        ended: signal ?? code ?? 'nothing',
      })
    })
  })

/**
 * @param {Mutant} mutant
 * @returns {Promise<Row>}
 */
const simulated = async (mutant) => {
  const { name, is } = mutant
  const { output, ended } = await run(mutant, 'scripts/mutants/simulated.mjs')
  const said = /^\{"commands".*\}$/m.exec(output)?.[0]
  if (said === undefined) return { name, is, problem: `simulation ended with ${ended}: ${output}` }
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
  const failed = /^\s*FAIL\s+.*?"(?<title>.*)"/m.exec(output)?.groups?.['title']
  if (failed !== undefined) return { name, is, caught: { by: 'conformance', checker: failed } }
  return ended === 0 ? { name, is } : { name, is, problem: `${suite} ended with ${ended}: ${output}` }
}

/** @param {Mutant} mutant */
export const tried = (mutant) => (mutant.by === undefined ? simulated(mutant) : conforming(mutant, mutant.by))

/**
 * Whether a mutant was caught, and what is not broken was not.
 * @param {Row} row
 */
export const isRight = ({ name, caught, problem }) =>
  problem === undefined && (caught === undefined) === (name === control.name)

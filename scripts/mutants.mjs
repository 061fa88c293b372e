// @ts-check
/**
 * `npm run mutants -- [NAME…] [--jobs N] [--json]`: what the checks are worth. Each mutant is the built packages with one line
 * broken; simulation has to catch it, or a suite of conformance. Ends with 1 when one survives, when its line is not there any
 * more, or when what is not broken is caught, too.
 */
import { readFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { endWithParent } from './ending.mjs'
import { patched, pathOf } from './mutants/patch.mjs'
import { control, isRight, tried } from './mutants/run.mjs'
import { groups, mutants } from './mutants/table.mjs'
import { setUp } from './setup.mjs'

/** @typedef {import('./mutants/run.mjs').Row} Row */

/** @param {string[]} argv */
const parse = (argv) => {
  const at = argv.indexOf('--jobs')
  const jobs = at === -1 ? availableParallelism() : Number(argv[at + 1])
  const names = argv.filter((word, index) => word !== '--json' && (at === -1 || (index !== at && index !== at + 1)))
  return { json: argv.includes('--json'), jobs, names }
}

/** @param {string} complaint */
const refuse = (complaint) => {
  console.error(complaint)
  process.exit(2)
}

/** @param {Row} row */
const lineOf = ({ name, is, caught, problem }) => {
  const { by = '', checker = '', runs, step = 0, commands = 0, theme = '' } = caught ?? {}
  const when = runs === undefined ? '' : `run ${runs}, step ${step}, ${commands} commands (${theme})`
  const found = problem ?? (caught === undefined ? 'not caught' : `${by}: ${checker.padEnd(32)} ${when}`)
  return `${name.padEnd(33)} ${is.padEnd(74)} ${found}`.trimEnd()
}

const { json, jobs, names } = parse(process.argv.slice(2))
const unknown = names.filter((name) => !mutants.some((mutant) => mutant.name === name))
if (unknown.length > 0)
  refuse(
    `There is no mutant called ${unknown.join(', ')}. These there are:\n${mutants.map(({ name }) => `  ${name}`).join('\n')}`,
  )
if (!Number.isInteger(jobs) || jobs < 1) refuse('--jobs wants how many run at a time, at least 1')

endWithParent()
await setUp({ quiet: json })
const chosen = names.length === 0 ? mutants : mutants.filter(({ name }) => names.includes(name))
for (const mutant of chosen) patched(mutant, readFileSync(pathOf(mutant), 'utf8'))

/** @param {string} text */
const progress = (text) => {
  if (process.stderr.isTTY) process.stderr.write(`\r\u001b[K${text}`)
}

const waiting = [control, ...chosen]
const count = waiting.length
/** @type {Row[]} */
const rows = []
const worker = async () => {
  for (let mutant = waiting.shift(); mutant !== undefined; mutant = waiting.shift()) {
    const row = await tried(mutant)
    rows.push(row)
    progress('')
    console.log(json ? JSON.stringify(row) : lineOf(row))
    progress(`${rows.length} of ${count}`)
  }
}
await Promise.all(Array.from({ length: jobs }, worker))
progress('')

const wrong = rows.filter((row) => !isRight(row)).map(({ name }) => name)
const caughtBy = (/** @type {string} */ by) => rows.filter(({ caught }) => caught?.by === by).length
const kinds = Object.entries(groups).map(([kind, all]) => `${all.filter((one) => chosen.includes(one)).length} ${kind}`)
if (!json) {
  console.log(
    `\n${chosen.length} mutants (${kinds.join(', ')}): simulation caught ${caughtBy('simulation')}, conformance ${caughtBy('conformance')}`,
  )
  if (wrong.length > 0) console.log(`wrong: ${wrong.join(', ')}`)
}
process.exitCode = wrong.length === 0 ? 0 : 1

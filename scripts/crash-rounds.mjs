// @ts-check
/**
 * `node scripts/crash-rounds.mjs --rounds N [--seed S] [--power-loss] [--json] [--broken NAME]`: kills processes that
 * work on a log in LevelDB and on layers on disk with SIGKILL, N times, and compares after each time what they had been answered
 * with what is there. The moments and calls come from a seed, which is printed and can be given back (also as VARVE_SEED); which
 * calls are under way at a moment depends on the machine. `--power-loss` cuts the power of the disk, too, which loses what was
 * not synced (Linux, as root, on ext4 in a file). `--json`: a line for each round and one with their sum. `--broken`: with a
 * deliberate fault, which the rounds have to notice. Ends with 0, with 1 when something differs (log, layers and what was told
 * are kept), with 2 when it can't be run.
 */
import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { beforeEnd, endWithParent } from './ending.mjs'
import { killFamily } from './processes.mjs'
import { setUp } from './setup.mjs'

/** @typedef {import('../packages/store-level/dist/test/crash/rounds.js').Round} Round */

/** @param {string} complaint */
const refuse = (complaint) => {
  console.error(complaint)
  process.exit(2)
}

/**
 * @typedef {import('../packages/store-level/dist/test/crash/rounds.js').RoundsOptions} RoundsOptions
 * @param {string[]} args
 * @returns {Omit<RoundsOptions, 'directory'> & { json: boolean }}
 */
const parse = (args) => {
  const { values } = parseArgs({
    args,
    options: {
      rounds: { type: 'string' },
      seed: { type: 'string' },
      broken: { type: 'string' },
      json: { type: 'boolean' },
      'power-loss': { type: 'boolean' },
    },
  })
  const rounds = Number(values.rounds)
  const seed = Number(values.seed ?? process.env['VARVE_SEED'] ?? Date.now() % 1_000_000)
  if (!Number.isInteger(rounds) || rounds < 1 || !Number.isInteger(seed))
    refuse('crash-rounds wants --rounds N (at least 1) and, if at all, a whole number as --seed')
  return {
    rounds,
    seed,
    broken: values.broken ?? '',
    json: values.json === true,
    powerLoss: values['power-loss'] === true,
  }
}

/**
 * Runs this again where what it mounts is gone with it, however it ends.
 * @returns {Promise<number>}
 */
const withOwnMounts = () =>
  new Promise((resolve) => {
    const env = { ...process.env, VARVE_OWN_MOUNTS: '1' }
    const child = spawn('unshare', ['--mount', process.execPath, ...process.argv.slice(1)], { stdio: 'inherit', env })
    child.on('error', ({ message }) => refuse(`power can't be cut here: ${message}`))
    child.on('close', (code) => resolve(code ?? 1))
  })

/** @param {Round} round */
const progress = ({ round, killedAfter, killedOpening, done, refused, unanswered, tookEffect, ...found }) => {
  const opening = killedOpening ? ' and again while opening' : ''
  const calls = `${done} done, ${refused} refused, ${tookEffect} of ${unanswered} unanswered took effect`
  const left = `${found.recovered} records to recover, ${found.snapshots} snapshots, ${found.files} files`
  return `${round}: killed after ${killedAfter} ms${opening}; ${calls}; ${left}`
}

/** @param {Round[]} rounds */
const sumOf = (rounds) => {
  /** @param {(round: Round) => number} figure */
  const sum = (figure) => rounds.reduce((total, round) => total + figure(round), 0)
  return {
    rounds: rounds.length,
    kills: rounds.length + sum(({ killedOpening }) => Number(killedOpening)),
    done: sum(({ done }) => done),
    refused: sum(({ refused }) => refused),
    unanswered: sum(({ unanswered }) => unanswered),
    tookEffect: sum(({ tookEffect }) => tookEffect),
    recovered: sum(({ recovered }) => recovered),
    snapshots: sum(({ snapshots }) => snapshots),
    files: sum(({ files }) => files),
    violations: sum(({ violations }) => violations.length),
  }
}

const { rounds, seed, broken, json, powerLoss } = (() => {
  try {
    return parse(process.argv.slice(2))
  } catch (error) {
    return refuse(error instanceof Error ? error.message : String(error))
  }
})()
beforeEnd(killFamily)
endWithParent()
if (powerLoss && process.env['VARVE_OWN_MOUNTS'] === undefined) process.exit(await withOwnMounts())
await setUp()
const { crashRounds, breakages, whyNoPowerCut } = await import('../packages/store-level/dist/test/crash/rounds.js')
if (broken !== '' && !breakages.has(broken))
  refuse(`There is no fault called ${broken}. These there are: ${[...breakages.keys()].join(', ')}`)

const directory = mkdtempSync(join(tmpdir(), 'varve-crash-'))
const whyNot = powerLoss ? whyNoPowerCut(directory) : undefined
if (whyNot !== undefined) {
  rmSync(directory, { recursive: true, force: true })
  refuse(`power can't be cut here: ${whyNot}`)
}
if (!json) console.log(`kill -9 x ${rounds}, seed ${seed} (VARVE_SEED), in ${directory}`)
/** @type {Round[]} */
const all = []
for await (const round of crashRounds({ directory, seed, rounds, broken, powerLoss })) {
  all.push(round)
  console.log(json ? JSON.stringify({ seed, ...round }) : progress(round))
  if (!json) for (const violation of round.violations) console.log(`    ${violation}`)
}
const sum = sumOf(all)
if (json) console.log(JSON.stringify({ seed, ...sum }))
else
  console.log(
    `\n${Object.entries(sum)
      .map(([name, figure]) => `${figure} ${name}`)
      .join(', ')}`,
  )
if (sum.violations > 0)
  console.error(
    `what was left, what was told (told.ndjson), and the snapshots as expected and found (*.json): all is in ${directory}`,
  )
else rmSync(directory, { recursive: true, force: true })
process.exitCode = sum.violations > 0 ? 1 : 0

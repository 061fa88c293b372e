// @ts-check
/**
 * `node scripts/kill-start.mjs --times N [--seed S] [--command 'COMMAND…']`: kills the whole process group of
 * `npm start -- --data D --from F` with SIGKILL N times, at moments spread over the time that a clean run takes; the same
 * command, run again on the same D, must end with 0 each time. The moments come from a seed, which is printed and can be
 * given back (also as VARVE_SEED). COMMAND takes the place of `npm start --`.
 */
import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { beforeEnd, endWithParent } from './ending.mjs'
import { killFamily } from './processes.mjs'
import { root, setUp } from './setup.mjs'

/** A run that takes longer hangs. */
const LIMIT_MS = 120_000

/**
 * Uniform numbers in [0, 1), the same for the same seed on every machine.
 * @param {number} seed
 * @returns {() => number}
 */
const randomOf = (seed) => {
  let drawn = 0
  return () =>
    createHash('sha256')
      .update(`${seed} ${(drawn += 1)}`)
      .digest()
      .readUInt32BE() /
    2 ** 32
}

/**
 * One moment in each of `times` equal parts of the duration, in a random order.
 * @param {number} times
 * @param {number} durationMs
 * @param {() => number} random
 */
const momentsOver = (times, durationMs, random) =>
  Array.from({ length: times }, (_, part) => ({ at: ((part + random()) / times) * durationMs, order: random() }))
    .toSorted((a, b) => a.order - b.order)
    .map(({ at }) => Math.round(at))

/** @param {string} directory */
const writeSources = (directory) => {
  mkdirSync(join(directory, 'deep/er'), { recursive: true })
  for (let file = 0; file < 40; file += 1)
    writeFileSync(
      join(directory, file % 3 === 0 ? 'deep/er' : '.', `file ${file}.bin`),
      Buffer.alloc(file * 1_000, file),
    )
  symlinkSync('deep/er', join(directory, 'link'))
}

/**
 * Runs the command in a process group of its own, killed whole after `killAfterMs`.
 * @param {string[]} command
 * @param {number} killAfterMs
 * @returns {Promise<{ ended: number | string, ms: number, output: string }>}
 */
const run = ([file = '', ...args], killAfterMs) =>
  new Promise((resolve, reject) => {
    const start = performance.now()
    const child = spawn(file, args, { cwd: root, detached: true, stdio: ['ignore', 'pipe', 'pipe'] })
    const timer = setTimeout(() => child.pid !== undefined && process.kill(-child.pid, 'SIGKILL'), killAfterMs)
    /** @type {Buffer[]} */
    const output = []
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => output.push(chunk))
    child.on('error', reject)
    child.on('close', (code, signal) => {
      clearTimeout(timer)
      resolve({
        ended: signal ?? code ?? 'nothing',
        ms: Math.round(performance.now() - start),
        output: Buffer.concat(output).toString(),
      })
    })
  })

/**
 * @param {string} output
 * @param {number} count
 */
const lastLines = (output, count) =>
  output
    .trimEnd()
    .split('\n')
    .slice(-count)
    .map((line) => `    ${line}`)
    .join('\n')

/**
 * @param {string[]} start the command without the directories
 * @param {number} times
 * @param {number} seed
 */
const killStart = async (start, times, seed) => {
  const place = mkdtempSync(join(tmpdir(), 'varve-kill-'))
  writeSources(join(place, 'from'))
  /** @param {string} data */
  const command = (data) => [...start, '--data', join(place, data), '--from', join(place, 'from')]
  const clean = await run(command('clean'), LIMIT_MS)
  console.log(`kill -9 x ${times}, seed ${seed} (VARVE_SEED), below ${place}; a clean run takes ${clean.ms} ms`)
  const runs = clean.ended === 0 ? momentsOver(times, clean.ms, randomOf(seed)) : []
  let failed = clean.ended === 0 ? undefined : { what: 'the clean run', ...clean }
  for (const [round, moment] of runs.entries()) {
    const cut = await run(command('data'), moment)
    const next = await run(command('data'), LIMIT_MS)
    const how = cut.ended === 'SIGKILL' ? `killed after ${moment} ms` : `ended by itself with ${cut.ended}`
    console.log(
      `${round + 1}: ${how}; the next run ended with ${next.ended} after ${next.ms} ms\n${lastLines(next.output, 3)}`,
    )
    if (cut.ended !== 'SIGKILL' && cut.ended !== 0) failed = { what: `run ${round + 1}, to be killed,`, ...cut }
    else if (next.ended !== 0) failed = { what: `the run after kill ${round + 1}`, ...next }
    if (failed !== undefined) break
  }
  if (failed === undefined) rmSync(place, { recursive: true, force: true })
  else console.log(`${failed.what} ended with ${failed.ended} and left ${place}; it said:\n${failed.output}`)
  return failed === undefined ? 0 : 1
}

const { values } = parseArgs({
  options: { times: { type: 'string' }, seed: { type: 'string' }, command: { type: 'string' } },
})
const times = Number(values.times)
const seed = Number(values.seed ?? process.env['VARVE_SEED'] ?? Date.now() % 1_000_000)
if (!Number.isInteger(times) || times < 1 || !Number.isInteger(seed)) {
  console.error('kill-start wants --times N (at least 1) and, if at all, a whole number as --seed')
  process.exit(2)
}
if (process.platform === 'win32') {
  console.error('kill-start needs process groups, which Windows does not have')
  process.exit(2)
}
beforeEnd(killFamily)
endWithParent()
await setUp()
process.exitCode = await killStart(values.command?.split(' ') ?? ['npm', 'start', '--'], times, seed)

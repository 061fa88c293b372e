// @ts-check
/** Simulates seeds until one does not hold; the last line of its output says, in JSON, what came of it. */
import { simulate } from '../../packages/backend-fake/dist/src/simulate/simulate.js'
import { plain, powerGoes } from './scenario.mjs'

const steps = 1_000
const fails = { failBefore: 0.2, failAfter: 0.2, partialWork: 0.2, slow: 0.05, neverAnswers: 0.05 }
const ends = {
  crash: 0.02,
  powerLoss: 0.005,
  crashInCall: 0.001,
  lostTail: 0.002,
  bitFlip: 0.002,
  secondProcess: 0.002,
  writeFails: 0.005,
  directoryAppears: 0.002,
  clockBack: 0.003,
  clockStops: 0.003,
}

/**
 * @param {number} count
 * @param {import('../../packages/backend-fake/dist/src/simulate/simulate.js').SimulateOptions} options
 */
const seeds = (count, options) => Array.from({ length: count }, (_, at) => ({ ...options, seed: 1 + at, steps }))

/**
 * What is simulated, in this order, under the name of what goes wrong.
 * @type {Readonly<Record<string, readonly import('../../packages/backend-fake/dist/src/simulate/simulate.js').SimulateOptions[]>>}
 */
const themes = {
  'nothing, layers over layers': [{ case: plain }],
  nothing: seeds(2, { faults: {} }),
  anything: seeds(14, {}),
  'intents fail': seeds(4, { faults: fails }),
  'processes end': seeds(6, { faults: ends }),
  'power goes, layers over layers': [...powerGoes(0, 9, false), ...powerGoes(4, 6, true)].map((one) => ({ case: one })),
}
const runs = Object.entries(themes).flatMap(([theme, all]) => all.map((options) => ({ theme, options })))

let commands = 0
let begun = 0
/** @type {import('../../packages/backend-fake/dist/src/simulate/simulate.js').Simulated['verdict'] | undefined} */
let verdict
// Where nothing goes on any more and a run has not ended, the process ends.
process.once('exit', () => {
  const { theme, options } = runs[begun - 1] ?? {}
  const broken = verdict ?? { checker: 'runs end', message: 'nothing goes on, and something is awaited' }
  const caught = broken === 'held' ? undefined : { ...broken, theme, seed: options?.seed, runs: begun }
  console.log(JSON.stringify({ commands, caught }))
})
for (const { options } of runs) {
  begun++
  verdict = undefined
  const played = await simulate(options)
  commands += played.commands
  verdict = played.verdict
  if (verdict !== 'held') break
}

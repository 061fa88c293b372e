// @ts-check
/** Simulates seeds until one does not hold; the last line of its output says, in JSON, what came of it. */
import { simulate } from '../../packages/backend-fake/dist/src/simulate/simulate.js'

const steps = 1_000

/** What goes wrong, and how many seeds are simulated with it. */
const themes = /** @type {const} */ ([
  ['nothing', 2, {}],
  ['anything', 14, undefined],
  ['intents fail', 4, { failBefore: 0.2, partialWork: 0.2, slow: 0.05, neverAnswers: 0.05 }],
  [
    'processes end, power goes, logs are damaged',
    6,
    {
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
    },
  ],
])
const runs = themes.flatMap(([theme, seeds, faults]) =>
  Array.from({ length: seeds }, (_, at) => ({ theme, options: { seed: 1 + at, steps, ...(faults && { faults }) } })),
)

let commands = 0
let begun = 0
/** @type {import('../../packages/backend-fake/dist/src/simulate/simulate.js').Simulated['verdict'] | undefined} */
let verdict
// Where nothing goes on any more and a run has not ended, the process ends.
process.once('exit', () => {
  const { theme, options } = runs[begun - 1] ?? {}
  const broken = verdict ?? { checker: 'runs end', message: 'nothing goes on, and something is awaited' }
  const caught = broken === 'held' ? undefined : { ...broken, theme, seed: options?.seed, seeds: begun }
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

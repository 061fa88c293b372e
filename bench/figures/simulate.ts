import { simulate } from '@varve/backend-fake'
import type { Context } from '../context.js'
import { figureOf, type Figure } from '../figure.js'

const commandsLimit = 2_000
const warmUpSeeds = 10
const stepsPerRun = 4_000

/** Commands, steps and seconds of processor time of runs with the usual faults. */
const runsFrom = async (first: number, count: number) => {
  const before = process.cpuUsage()
  let [commands, steps] = [0, 0]
  for (let seed = first; seed < first + count; seed++) {
    const run = await simulate({ seed, steps: stepsPerRun })
    if (run.verdict !== 'held') throw new Error(`seed ${seed}: ${run.verdict.checker}: ${run.verdict.message}`)
    commands += run.commands
    steps += run.steps
  }
  const { user, system } = process.cpuUsage(before)
  return { commands, steps, seconds: (user + system) / 1e6 }
}

/** Simulated commands per second of one processor, all checkers looking. */
export async function* simulation(context: Context): AsyncGenerator<Figure> {
  await runsFrom(1, warmUpSeeds)
  const { commands, steps, seconds } = await runsFrom(1_000, context.quick ? 10 : 50)
  yield figureOf({
    name: 'simulated commands',
    value: commands / seconds,
    unit: '1/s of processor time',
    budget: { of: 'value', sign: '>=', limit: commandsLimit },
    details: { commands, stepsPerSecond: Math.round(steps / seconds) },
  })
}

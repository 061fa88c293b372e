import type { Simulated } from '../simulate/simulate.js'
import type { Failure } from './failures.js'
import { writeFailures } from './failures.js'
import type { Options } from './options.js'
import type { Output } from './output.js'
import { openPool, type Lane } from './pool.js'

const lineOf = ({ seed, steps, faults, trace, verdict }: Simulated): string =>
  JSON.stringify({ ...(seed === undefined ? {} : { seed }), steps, faults, trace, verdict })

const faultsOf = ({ faults }: Simulated): string => {
  const counted = Object.entries(faults).map(([name, count]) => (count === 1 ? name : `${count} ${name}`))
  return counted.length === 0 ? 'no faults' : counted.join(', ')
}

const sentenceOf = (run: Simulated, { bad }: Output): string => {
  const { seed, steps, commands, trace, verdict } = run
  const what = seed === undefined ? 'case' : `seed ${seed}`
  const how =
    verdict === 'held' ? 'held' : `${bad('FAILED')} at step ${verdict.step}, ${verdict.checker}: ${verdict.message}`
  return `${what}: ${how}\n  ${commands} commands, ${steps} steps, ${faultsOf(run)}, trace ${trace.slice(0, 16)}`
}

export const report = (run: Simulated, json: boolean, output: Output): void =>
  output.out(json ? lineOf(run) : sentenceOf(run, output))

type Seeds = Extract<Options, { readonly do: 'seeds' }>

/** Runs every seed; answers whether all held. Lines come in the order of the seeds. */
export const runSeeds = async ({ from, to, setting, jobs, json }: Seeds, output: Output): Promise<boolean> => {
  const pool = openPool(jobs)
  const began = performance.now()
  const waiting = new Map<number, Simulated>()
  const failures: (Failure & { readonly seed: number })[] = []
  const isMany = to > from
  let [next, shown, commands, done] = [from, from, 0, 0]
  const rate = (): string => `${Math.round((commands / (performance.now() - began)) * 1_000)} commands/s`
  const take = (run: Simulated, seed: number): void => {
    done++
    commands += run.commands
    if (run.verdict !== 'held') failures.push({ ...run.verdict, seed, case: run.case })
    waiting.set(seed, run)
    for (let one = waiting.get(shown); one !== undefined; one = waiting.get(++shown)) {
      waiting.delete(shown)
      if (json || !isMany || one.verdict !== 'held') report(one, json, output)
    }
    output.progress(`${done} of ${to - from + 1} seeds, ${failures.length} failed, ${rate()}`)
  }
  const work = async (lane: Lane): Promise<void> => {
    while (next <= to) {
      const seed = next++
      take(await lane({ ask: 'simulate', options: { ...setting, seed } }), seed)
    }
  }
  try {
    await Promise.all(pool.lanes.map(work))
    const [lane] = pool.lanes
    if (isMany && !json)
      output.out(
        `${done} seeds: ${done - failures.length} held, ${failures.length} failed; ${commands} commands, ${rate()}`,
      )
    const inOrder = [...failures].sort((one, other) => one.seed - other.seed)
    if (lane !== undefined) await writeFailures(inOrder, lane, output)
  } finally {
    pool.close()
  }
  return failures.length === 0
}

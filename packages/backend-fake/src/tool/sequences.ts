import { exhaust, type Exhausted } from '../exhaust/exhaust.js'
import type { Explorer } from '../exhaust/explore.js'
import { writeFailures } from './failures.js'
import type { Options } from './options.js'
import type { Output } from './output.js'
import { openPool } from './pool.js'

const sofar = ({ length, states, crashStates, runs, violations }: Exhausted): string =>
  `length ${length}: ${states} states, ${crashStates} after a crash, ${runs} runs, ${violations.length} violations`

type Wanted = Extract<Options, { readonly do: 'exhaust' }>

/** Tries every sequence; answers whether all held. */
export const runSequences = async ({ length, crashes, jobs, json }: Wanted, output: Output): Promise<boolean> => {
  const pool = openPool(jobs)
  const began = performance.now()
  try {
    const explorers = pool.lanes.map(
      (lane): Explorer =>
        (path) =>
          lane({ ask: 'explore', path }),
    )
    const found = await exhaust({ length, crashes, explorers, onProgress: (now) => output.progress(sofar(now)) })
    const { violations, ...figures } = found
    const seconds = Math.round((performance.now() - began) / 1_000)
    if (json) output.out(JSON.stringify({ ...figures, violations: violations.length, seconds }))
    else
      output.out(
        `${figures.sequences} sequences of up to ${length} letters in ${figures.runs} runs and ${seconds} s:\n` +
          `  ${figures.states} states at rest, ${figures.crashStates} states after a crash or a loss of power\n` +
          `  ${figures.moments} moments to end at, ${figures.losses} ways to lose power there\n` +
          `  ${violations.length} violations`,
      )
    for (const { checker, message } of violations.slice(0, 10))
      output.error(`${output.bad('FAILED')} ${checker}: ${message}`)
    const [lane] = pool.lanes
    if (lane !== undefined) await writeFailures(violations, lane, output)
    return violations.length === 0
  } finally {
    pool.close()
  }
}

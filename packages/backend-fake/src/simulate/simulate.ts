import type { Profile } from '@varve/core/ports'
import type { Case } from './case.js'
import { caseChooser, recording, seededChooser } from './chooser.js'
import { usualChances, type Chances } from './faults.js'
import { problemOf } from './options-problem.js'
import { play } from './run.js'
import type { Violation } from './running.js'

/** Given to `simulate`; nothing has to be. Anything else is an InvalidArgument. */
export type SimulateOptions = {
  /** Everything that happens depends on it. Default: 1. */
  readonly seed?: number
  /** Steps of the scheduler after which clients ask nothing more; what is under way then is let end. Default: 2,000. */
  readonly steps?: number
  /**
   * How likely each fault is at each of its places, from 0 to 1. Default: `usualChances`; `{}`: none. Those that strike at steps are
   * together below 1.
   */
  readonly faults?: Chances
  /** How many ask at once. Default: 3. */
  readonly clients?: number
  /** Default: `bind`. */
  readonly profile?: Profile
  /** What happens, instead of a seed's choices. */
  readonly case?: Case
  /** Told of everything that happens, one line each. */
  readonly watch?: (line: string) => void
}

/** What became of a simulated run. */
export type Simulated = {
  readonly seed: number | undefined
  /** Steps that were made, those of the rests included. */
  readonly steps: number
  /** Commands that clients sent. */
  readonly commands: number
  /** SHA-256 over every event, intent, outcome and answer in order, in hex digits. */
  readonly trace: string
  /** How often each fault happened. */
  readonly faults: Readonly<Record<string, number>>
  readonly verdict: 'held' | Violation
  /** What happened: `simulate({ case })` does it again. */
  readonly case: Case
}

/**
 * Runs a real snapshotter with several clients over a simulated disk, log and clock, lets faults happen, and looks all the
 * while whether anything is broken that must not break. Reads neither the host's clock nor its randomness: the same options give
 * the same result on every host. Rejects with an Error that has the fields of an InvalidArgument when options are malformed.
 */
export const simulate = async (options: SimulateOptions = {}): Promise<Simulated> => {
  const problem = problemOf(options)
  if (problem !== undefined) throw Object.assign(new Error(problem.message), problem, { name: problem._tag })
  const { seed = 1, steps = 2_000, faults = usualChances, watch } = options
  const given = options.case
  const profile = given?.profile ?? options.profile ?? 'bind'
  const clients = given?.clients.length ?? options.clients ?? 3
  const inner = given === undefined ? seededChooser({ seed, steps, chances: faults }) : caseChooser(given)
  const chooser = recording(inner, profile, clients)
  const played = await play({ chooser, profile, clients, watch })
  return {
    seed: given === undefined ? seed : undefined,
    ...played,
    faults: chooser.counts(),
    case: chooser.recorded(),
  }
}

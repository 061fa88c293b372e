import { recording, seededChooser } from '../../src/simulate/chooser.js'
import { usualChances, type Chances } from '../../src/simulate/faults.js'
import { play, type Played } from '../../src/simulate/run.js'
import type { Wrapped } from '../../src/simulate/running.js'

export const scaled = (factor: number): Chances =>
  Object.fromEntries(Object.entries(usualChances).map(([name, chance]) => [name, chance * factor]))

/** Runs from a seed with something broken. */
export const playBroken = (seed: number, wrap: Wrapped, chances: Chances = {}): Promise<Played> =>
  play({
    chooser: recording(seededChooser({ seed, steps: 1_000, chances }), 'bind', 3),
    profile: 'bind',
    clients: 3,
    wrap,
  })

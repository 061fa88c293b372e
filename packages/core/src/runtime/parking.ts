import type { Either } from 'fp-ts/lib/Either.js'
import type { Touches } from '../decider/touches.js'
import type { Command } from '../model/command.js'
import type { State } from '../state/state.js'
import type { Refused } from './face.js'

/** A command or a comparison that waits for others to end. `retry` tries it again; false: it still has to wait. */
export type Parked = {
  /** Undefined: a comparison. */
  readonly command: Command | undefined
  /** What it touches as things stand now. */
  readonly touches: () => Touches
  readonly retry: () => boolean
  /** Ends it undecided. */
  readonly end: (result: Either<Refused, State>) => void
}

/**
 * Parked commands in the order of their arrival. Each holds its names against those that come later, so that commands on one
 * snapshot end as if they had been sent one by one; commands that only need the same parent don't hold each other up.
 */
export type Parking = {
  /** The parked commands that a command with these touches has to stay behind, and those that they are behind. */
  readonly ahead: (touches: Touches) => readonly Command[]
  readonly isBehind: (touches: Touches) => boolean
  readonly park: (parked: Parked) => void
  /** False when it is not parked (any more). */
  readonly leave: (parked: Parked) => boolean
  /** Gives every parked command that is behind no other a try. */
  readonly retry: () => void
  /** Empties the parking and answers who was there. */
  readonly clear: () => readonly Parked[]
}

const collide = (earlier: Touches, later: Touches): boolean =>
  earlier.changes.some((name) => later.changes.includes(name) || later.needs.includes(name)) ||
  earlier.needs.some((name) => later.changes.includes(name))

export const openParking = (): Parking => {
  let parked: Parked[] = []
  let changed: Set<string> = new Set()
  let needed: Set<string> = new Set()

  const park = (one: Parked): void => {
    const { changes, needs } = one.touches()
    parked.push(one)
    for (const name of changes) changed.add(name)
    for (const name of needs) needed.add(name)
  }

  const hold = (all: readonly Parked[]): void => {
    parked = []
    changed = new Set()
    needed = new Set()
    for (const one of all) park(one)
  }

  const isBehind = ({ changes, needs }: Touches): boolean =>
    parked.length > 0 &&
    (changes.some((name) => changed.has(name) || needed.has(name)) || needs.some((name) => changed.has(name)))

  return {
    isBehind,
    ahead: (touches) => {
      const later = [touches]
      return parked.toReversed().flatMap((one) => {
        const earlier = one.touches()
        if (!later.some((behind) => collide(earlier, behind))) return []
        later.push(earlier)
        return one.command === undefined ? [] : [one.command]
      })
    },
    park,
    leave: (one) => {
      const others = parked.filter((other) => other !== one)
      const wasParked = others.length < parked.length
      hold(others)
      return wasParked
    },
    retry: () => {
      const before = parked
      hold([])
      for (const one of before) {
        if (isBehind(one.touches()) || !one.retry()) park(one)
      }
    },
    clear: () => {
      const before = parked
      hold([])
      return before
    },
  }
}

/** What happens in a simulated run, as plain data: the same in JSON. Who chooses it, a seed or a list, is another matter. */
import type { Labels, Profile } from '@varve/core/ports'
import type { FaultName } from './faults.js'

/** One command of a client. `write` and `delete` go to what is attached as `key`. */
export type Action =
  | {
      readonly do: 'prepare' | 'view'
      readonly key: string
      readonly parent?: string
      readonly purpose?: 'scratch' | 'unpack'
      readonly labels?: Labels
    }
  /** `givesUp`: its caller's signal fires at some moment after the call. */
  | {
      readonly do: 'commit'
      readonly name: string
      readonly key: string
      readonly parent?: string
      readonly givesUp?: boolean
    }
  | { readonly do: 'remove' | 'attach' | 'detach' | 'stat' | 'usage'; readonly key: string }
  | { readonly do: 'update'; readonly name: string; readonly labels: Labels; readonly paths?: readonly string[] }
  | { readonly do: 'write'; readonly key: string; readonly path: string; readonly content: string }
  | { readonly do: 'delete'; readonly key: string; readonly path: string }
  | { readonly do: 'cleanup' | 'reopen' }

/**
 * A fault at the `at`th place of its kind, counted from 0: places are the steps of the scheduler, runs of intents, calls of the
 * disk that change something, writes of the log. `detail` is a whole number that a fault reads its particulars off: below 2^32, but for
 * a `powerLoss` that is told exactly (`losePower` of the disk).
 */
export type FaultAt = { readonly fault: FaultName; readonly at: number; readonly detail: number }

/** A run: `simulate` of the same case does the same. */
export type Case = {
  readonly profile: Profile
  /** What each client asks, one after the other. */
  readonly clients: readonly (readonly Action[])[]
  /**
   * Which of those that could go on does, at each step where there is more than one: its place in the order in which they came
   * to wait, modulo how many there are. 0 where the list has ended.
   */
  readonly order: readonly number[]
  readonly faults: readonly FaultAt[]
  /** Steps at which everything is let come to rest, without faults, and looked at as a whole; so is the end of the run. */
  readonly rests: readonly number[]
}

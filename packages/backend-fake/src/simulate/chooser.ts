import type { Action, Case, FaultAt } from './case.js'
import { nextAction, type Known } from './commands.js'
import { faultNames, faultTable, type Chances, type FaultName, type Place } from './faults.js'
import { randomFrom } from './random.js'

export type Struck = Pick<FaultAt, 'fault' | 'detail'>

/** Who says what happens. */
export type Chooser = {
  /** What a client asks next; undefined: it is done. */
  readonly action: (client: number, known: Known) => Action | undefined
  /** Which of so many that could go on does. */
  readonly order: (count: number) => number
  /** `losses`: in how many ways the power could go now; `detail` of a `powerLoss` below that says in which it does. */
  readonly fault: (place: Place, losses: () => number) => Struck | undefined
  /** Whether everything is let come to rest at this step. */
  readonly rests: (step: number) => boolean
}

const places = ['step', 'intent', 'call', 'write'] as const

type Odds = { readonly total: number; readonly names: readonly (readonly [FaultName, number])[] }

const oddsOf = (chances: Chances, place: Place): Odds => {
  const names = faultNames
    .filter((name) => faultTable[name].place === place)
    .map((name) => [name, chances[name] ?? 0] as const)
  return { total: names.reduce((sum, [, chance]) => sum + chance, 0), names }
}

export type Seeded = {
  readonly seed: number
  /** Steps after which no client asks anything more. */
  readonly steps: number
  readonly chances: Chances
}

/** Steps between two rests. */
const restEvery = 1_000

/** Everything by chance, from a seed. */
export const seededChooser = ({ seed, steps, chances }: Seeded): Chooser => {
  const random = randomFrom(seed)
  const [commands, orders, strikes] = [random.fork('commands'), random.fork('order'), random.fork('faults')]
  const odds = Object.fromEntries(places.map((place) => [place, oddsOf(chances, place)])) as Record<Place, Odds>
  let step = 0
  return {
    action: (client, known) => (step >= steps ? undefined : nextAction(commands, client, known)),
    // Half of the time the one that has waited longest, so that things get done.
    order: (count) => (orders.below(2) === 0 ? 0 : orders.below(count)),
    fault: (place) => {
      const { total, names } = odds[place]
      if (!strikes.happens(total)) return undefined
      let left = (strikes.below(0x1_0000_0000) / 0x1_0000_0000) * total
      const [name] = names.find(([, chance]) => (left -= chance) < 0) ?? names.at(-1) ?? []
      return name === undefined ? undefined : { fault: name, detail: strikes.below(0x1_0000_0000) }
    },
    rests: (at) => {
      const isEnd = step < steps && at >= steps
      step = at
      return isEnd || (at > 0 && at % restEvery === 0)
    },
  }
}

/** What a case says. */
export const caseChooser = ({ clients, order, faults, rests }: Case): Chooser => {
  const asked = clients.map(() => 0)
  const counts: Record<Place, number> = { step: 0, intent: 0, call: 0, write: 0 }
  const planned = new Map(faults.map((one) => [`${faultTable[one.fault].place} ${one.at}`, one]))
  let choices = 0
  return {
    action: (client) => {
      const at = asked[client] ?? 0
      asked[client] = at + 1
      return clients[client]?.[at]
    },
    order: (count) => (order[choices++] ?? 0) % count,
    fault: (place) => {
      const found = planned.get(`${place} ${counts[place]++}`)
      return found && { fault: found.fault, detail: found.detail }
    },
    rests: (at) => rests.includes(at),
  }
}

/** A chooser, and the case of what it has chosen so far. */
export type Recording = Chooser & {
  readonly recorded: () => Case
  readonly counts: () => Readonly<Record<string, number>>
}

export const recording = (inner: Chooser, profile: Case['profile'], clientCount: number): Recording => {
  const clients: Action[][] = Array.from({ length: clientCount }, () => [])
  const order: number[] = []
  const faults: FaultAt[] = []
  const rests: number[] = []
  const counts: Record<Place, number> = { step: 0, intent: 0, call: 0, write: 0 }
  const struck: Record<string, number> = {}
  return {
    action: (client, known) => {
      const action = inner.action(client, known)
      if (action !== undefined) clients[client]?.push(action)
      return action
    },
    order: (count) => {
      const choice = inner.order(count)
      order.push(choice)
      return choice
    },
    fault: (place, losses) => {
      const at = counts[place]++
      const fault = inner.fault(place, losses)
      if (fault === undefined) return undefined
      struck[fault.fault] = (struck[fault.fault] ?? 0) + 1
      faults.push({ fault: fault.fault, at, detail: fault.detail })
      return fault
    },
    rests: (step) => {
      const rest = inner.rests(step)
      if (rest) rests.push(step)
      return rest
    },
    counts: () => ({ ...struck }),
    recorded: () => ({
      profile,
      clients: clients.map((one) => [...one]),
      order: [...order],
      faults: [...faults],
      rests: [...rests],
    }),
  }
}

import type { Action, Case, FaultAt } from './case.js'
import { caseChooser, recording, type Chooser, type Struck } from './chooser.js'
import type { Place } from './faults.js'
import { play, type Play, type Played } from './run.js'

/** One choice of a run, in the order in which they were asked for. */
type Choice =
  | { readonly of: 'action'; readonly client: number; readonly action: Action }
  | { readonly of: 'order'; readonly choice: number }
  | { readonly of: 'fault'; readonly place: Place; readonly struck: Struck | undefined }
  | { readonly of: 'rest'; readonly rests: boolean }

type Timeline = readonly Choice[]

/** A chooser that notes what it is asked and what it answers. */
const noting = (inner: Chooser, noted: Choice[]): Chooser => ({
  action: (client, known) => {
    const action = inner.action(client, known)
    if (action !== undefined) noted.push({ of: 'action', client, action })
    return action
  },
  order: (count) => {
    const choice = inner.order(count)
    noted.push({ of: 'order', choice })
    return choice
  },
  fault: (place, losses) => {
    const struck = inner.fault(place, losses)
    noted.push({ of: 'fault', place, struck })
    return struck
  },
  rests: (step) => {
    const rests = inner.rests(step)
    noted.push({ of: 'rest', rests })
    return rests
  },
})

const withoutTail = (order: readonly number[]): readonly number[] => order.slice(0, order.findLastIndex((one) => one !== 0) + 1)

/** The case that chooses so. */
const caseOf = (timeline: Timeline, { profile, clients: { length } }: Case): Case => {
  const clients: Action[][] = Array.from({ length }, () => [])
  const order: number[] = []
  const faults: FaultAt[] = []
  const rests: number[] = []
  const counts: Record<Place, number> = { step: 0, intent: 0, call: 0, write: 0 }
  let step = 0
  for (const choice of timeline)
    if (choice.of === 'action') clients[choice.client]?.push(choice.action)
    else if (choice.of === 'order') order.push(choice.choice)
    else if (choice.of === 'fault') {
      const at = counts[choice.place]++
      if (choice.struck !== undefined) faults.push({ fault: choice.struck.fault, at, detail: choice.struck.detail })
    } else {
      step++
      if (choice.rests) rests.push(step)
    }
  return { profile, clients, order: withoutTail(order), faults, rests }
}

import type { Action, Case, FaultAt } from './case.js'
import { caseChooser, recording, type Chooser, type Struck } from './chooser.js'
import type { Place } from './faults.js'
import { play, type Play } from './run.js'
import type { Violation } from './running.js'

/** One choice of a run. */
type Choice =
  | { readonly of: 'action'; readonly client: number; readonly action: Action }
  | { readonly of: 'order'; readonly choice: number }
  | { readonly of: 'fault'; readonly place: Place; readonly struck: Struck | undefined }
  /** `steps`: since this was asked last. */
  | { readonly of: 'rest'; readonly steps: number; readonly rests: boolean }

/** All choices of a run, in the order in which they were made. What is cut out of it takes the steps that it took with it. */
type Timeline = readonly Choice[]

const tooLong = new Error('the run goes on for too long')

/** Notes what a chooser chooses. Throws once that is more than `most`: it does not end soon. */
const noting = (inner: Chooser, noted: Choice[], most: number): Chooser => {
  let before = 0
  return {
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
      if (noted.push({ of: 'fault', place, struck }) > most) throw tooLong
      return struck
    },
    rests: (step) => {
      const rests = inner.rests(step)
      noted.push({ of: 'rest', steps: step - before, rests })
      before = step
      return rests
    },
  }
}

/** The case in which so is chosen. */
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
      const { struck } = choice
      if (struck !== undefined) faults.push({ fault: struck.fault, at, detail: struck.detail })
    } else {
      step += choice.steps
      if (choice.rests) rests.push(step)
    }
  return { profile, clients, order: order.slice(0, order.findLastIndex((one) => one > 0) + 1), faults, rests }
}

/** Something that may be left out of a timeline. */
type Part = {
  /** Where each one begins. */
  readonly find: (timeline: Timeline) => readonly number[]
  /** The timeline without those at `from`, which follow one another; the next one is at `to`. */
  readonly drop: (timeline: Timeline, from: readonly number[], to: number) => Timeline
}

const placesOf = (timeline: Timeline, isOne: (choice: Choice) => boolean): readonly number[] =>
  timeline.flatMap((choice, place) => (isOne(choice) ? [place] : []))

/** Parts that are left out by choosing something else instead. */
const replaced = (isOne: (choice: Choice) => boolean, other: (choice: Choice) => Choice | undefined): Part => ({
  find: (timeline) => placesOf(timeline, isOne),
  drop: (timeline, from) => {
    const dropped = new Set(from)
    return timeline.flatMap((choice, place) => (dropped.has(place) ? (other(choice) ?? []) : [choice]))
  },
})

const plainer = ({ ...action }: Action): Action => {
  for (const field of ['labels', 'purpose', 'givesUp', 'paths'] as const)
    if (field in action && !(field === 'labels' && action.do === 'update'))
      delete (action as Record<string, unknown>)[field]
  return action
}

/** Parts that are left out with all that follows each up to the next. */
const stretches = (isOne: (choice: Choice) => boolean): Part => ({
  find: (timeline) => placesOf(timeline, isOne),
  drop: (timeline, [first = 0], to) => [...timeline.slice(0, first), ...timeline.slice(to)],
})

const parts: readonly Part[] = [
  stretches(({ of }) => of === 'action'),
  replaced(
    ({ of }) => of === 'action',
    () => undefined,
  ),
  replaced(
    (choice) => choice.of === 'fault' && choice.struck !== undefined,
    (choice) => ({ ...choice, struck: undefined }) as Choice,
  ),
  replaced(
    (choice) => choice.of === 'rest' && choice.rests,
    (choice) => ({ ...choice, rests: false }) as Choice,
  ),
  replaced(
    (choice) => choice.of === 'order' && choice.choice > 0,
    () => ({ of: 'order', choice: 0 }),
  ),
  replaced(
    (choice) => choice.of === 'fault' && (choice.struck?.detail ?? 0) > 0,
    (choice) =>
      choice.of === 'fault' && choice.struck !== undefined
        ? { ...choice, struck: { ...choice.struck, detail: 0 } }
        : choice,
  ),
  replaced(
    (choice) => choice.of === 'action' && JSON.stringify(plainer(choice.action)) !== JSON.stringify(choice.action),
    (choice) => (choice.of === 'action' ? { ...choice, action: plainer(choice.action) } : choice),
  ),
  replaced(
    (choice) => choice.of === 'action' && choice.client > 0,
    (choice) => ({ ...choice, client: 0 }) as Choice,
  ),
  // Steps in which nothing has to happen.
  stretches(({ of }) => of === 'rest'),
]

export type Shrunk = { readonly case: Case; readonly violation: Violation; readonly runs: number }

/** `runs`: most of them; default: 2,000. */
export type ShrinkOptions = Pick<Play, 'wrap' | 'onMachine'> & { readonly runs?: number }

/** Clients that ask nothing are left out. */
const withoutIdle = (one: Case): Case => ({
  ...one,
  clients: one.clients.filter((actions, index) => index === 0 || actions.length > 0),
})

/**
 * Makes a failing case smaller as long as the same checker fails, by leaving out ever smaller runs of its choices (delta debugging).
 * Undefined: the case fails nothing.
 */
export const shrink = async (
  failing: Case,
  { runs = 2_000, ...broken }: ShrinkOptions = {},
): Promise<Shrunk | undefined> => {
  let made = 0
  const run = async (one: Case, most: number) => {
    made++
    const noted: Choice[] = []
    const { profile, clients } = one
    const chooser = recording(noting(caseChooser(one), noted, most), profile, clients.length)
    try {
      const { verdict } = await play({ chooser, profile, clients: clients.length, ...broken })
      return { case: one, timeline: noted as Timeline, verdict }
    } catch (cause) {
      if (cause !== tooLong) throw cause
      return { case: one, timeline: noted as Timeline, verdict: 'held' as const }
    }
  }
  const first = await run(failing, Infinity)
  if (first.verdict === 'held') return undefined
  const { checker } = first.verdict
  let best = { ...first, verdict: first.verdict }
  const isSmaller = async (one: Case): Promise<boolean> => {
    const tried = await run(one, 2 * first.timeline.length)
    if (tried.verdict === 'held' || tried.verdict.checker !== checker) return false
    best = { ...tried, verdict: tried.verdict }
    return true
  }
  const dropRuns = async ({ find, drop }: Part): Promise<boolean> => {
    let smaller = false
    for (let size = find(best.timeline).length; size >= 1; size >>= 1)
      for (let at = 0; made < runs;) {
        const found = find(best.timeline)
        const from = found.slice(at, at + size)
        if (from.length === 0) break
        const rest = drop(best.timeline, from, found[at + size] ?? best.timeline.length)
        if (await isSmaller(caseOf(rest, best.case))) smaller = true
        else at += size
      }
    return smaller
  }
  for (let smaller = true; smaller && made < runs;) {
    smaller = false
    for (const part of parts) if (await dropRuns(part)) smaller = true
  }
  await isSmaller(withoutIdle(caseOf(best.timeline, best.case)))
  return { case: best.case, violation: best.verdict, runs: made }
}

import { join } from 'node:path'
import type { EventStore } from '@varve/core'
import { openSnapshotter, type PromiseSnapshotter } from '@varve/core/promise'
import { type Dice, diceFrom } from '../dice.js'
import { listen, type Model, settle, type Told, violationsOf } from './expected.js'
import { keepStates, keepTold } from './kept.js'
import { follow, type Ids, look, strayIn } from './look.js'
import { partsOf, placeIn } from './place.js'
import { type Disk, mountFresh, unmount } from './power.js'
import { hasOpened, kill, start, type Worker } from './worker.js'

export { breakages } from './place.js'
export { whyNoPowerCut } from './power.js'

export type RoundsOptions = {
  readonly directory: string
  readonly seed: number
  readonly rounds: number
  /** One of the breakages, or `''`. */
  readonly broken: string
  /** Also cuts the power of the disk. What was written and not detached may be lost then. */
  readonly powerLoss: boolean
}

/** What came of one round. */
export type Round = {
  readonly round: number
  /** Milliseconds from the first process's opening to its end. */
  readonly killedAfter: number
  /** Whether a second process was killed while it opened what the first had left. */
  readonly killedOpening: boolean
  readonly done: number
  readonly refused: number
  readonly unanswered: number
  /** Of the unanswered. */
  readonly tookEffect: number
  /** Records that opening made of what was cut. */
  readonly recovered: number
  readonly snapshots: number
  /** Files whose bytes were compared. */
  readonly files: number
  readonly violations: readonly string[]
}

const clients = 4
/** Calls that are answered before the kill, at most. Where every round begins with nothing there has to be something to lose. */
const mostAnswers = 100
const mostAnswersFromNothing = 400
/** Milliseconds from the last of them to the kill, at most. */
const longestDelay = 20
/** Milliseconds after which a process is killed, however few of its calls were answered. */
const longestRun = 5_000

/** The log and the layers that rounds go on with, and what is known of them. */
type Past = { readonly model: Model; readonly ids: Ids }

const nothing = (): Past => ({ model: new Map(), ids: { seq: 0, highest: 0, living: new Set() } })

/** A process that is killed `delay` milliseconds after so many answers, and perhaps another that opens what it left. */
type Planned = {
  readonly answers: number
  readonly delay: number
  readonly worker: Worker
  /** `share`: the part of the time of an opening after which it is killed. */
  readonly opener: (Worker & { readonly share: number }) | undefined
}

const placeOf = ({ directory, powerLoss }: RoundsOptions): string => (powerLoss ? join(directory, 'disk') : directory)

const plan = (options: RoundsOptions, dice: Dice, round: number): Planned => {
  const answers = dice.roll(options.powerLoss ? mostAnswersFromNothing : mostAnswers)
  const delay = dice.random() * longestDelay
  const [isTwice, share] = [dice.once(3), dice.random()]
  const work = { directory: placeOf(options), broken: options.broken }
  const worker = start({ ...work, seed: options.seed * 1_000 + round, clients })
  return { answers, delay, worker, opener: isTwice ? { ...start({ ...work, seed: 0, clients: 0 }), share } : undefined }
}

const pause = (milliseconds: number): Promise<void> => new Promise((resolve) => void setTimeout(resolve, milliseconds))

const perform = async ({ answers, delay, worker, opener }: Planned, disk: Disk | undefined) => {
  const before = performance.now()
  worker.go()
  await worker.opened
  const open = performance.now()
  await Promise.race([worker.answered(answers), pause(longestRun)])
  await pause(delay)
  const complaints = [...(await kill(worker, disk))]
  const killedAfter = Math.round(performance.now() - open)
  if (opener !== undefined) {
    opener.go()
    await Promise.race([opener.opened, pause((open - before) * opener.share)])
    complaints.push(...(await kill(opener, disk)))
  }
  return { killedAfter, killedOpening: opener !== undefined && !hasOpened(opener), complaints }
}

const unworkable = (cause: unknown): string =>
  `what was left can't be worked on: ${cause instanceof Error ? cause.message : String(cause)}`

/** Cleans up, compares the directories. */
const cleanedUp = async (snapshotter: PromiseSnapshotter, store: EventStore, layers: string, ids: Ids) => {
  try {
    await snapshotter.cleanup()
    const left = (await snapshotter.outstanding()).map(
      ({ intent }) => `${intent.type} of ${intent.layer} is outstanding after cleanup`,
    )
    return [...left, ...(await follow(store, ids)), ...strayIn(layers, ids)]
  } catch (cause) {
    return [unworkable(cause)]
  }
}

/** Opens what the killed left, compares. */
const judge = async (options: RoundsOptions, { model, ids }: Past, told: Told) => {
  const place = placeIn(placeOf(options))
  const parts = partsOf(place, options.broken)
  const snapshotter = await openSnapshotter(parts)
  try {
    const found = await look(snapshotter)
    const tookEffect = settle(model, told, found)
    keepStates(options.directory, model, found)
    const violations = [...violationsOf(model, found, options.powerLoss ? 'what was detached' : 'what was written')]
    violations.push(...(await cleanedUp(snapshotter, parts.store, place.layers, ids)))
    const files = [...found.values()].reduce((sum, one) => sum + one.files.size, 0)
    return { tookEffect, recovered: snapshotter.recovered.length, snapshots: found.size, files, violations }
  } finally {
    await snapshotter.close()
  }
}

const judged = async (options: RoundsOptions, past: Past, told: Told): ReturnType<typeof judge> => {
  try {
    return await judge(options, past, told)
  } catch (cause) {
    return { tookEffect: 0, recovered: 0, snapshots: 0, files: 0, violations: [unworkable(cause)] }
  }
}

/**
 * Kills processes at moments that come from the seed and compares what each left with what it had told: one round after the
 * other over the same log and layers, or over new ones where the power is cut. They end after one with violations; what explains
 * them then lies in the directory (see `keepTold` and `keepStates`).
 */
export async function* crashRounds(options: RoundsOptions): AsyncGenerator<Round> {
  const dice = diceFrom(options.seed)
  let past = nothing()
  let disk: Disk | undefined
  let next = plan(options, dice, 1)
  try {
    for (let round = 1; round <= options.rounds; round++) {
      if (options.powerLoss) [disk, past] = [mountFresh(options.directory), nothing()]
      const { complaints, ...killed } = await perform(next, disk)
      const { lines } = next.worker
      next = plan(options, dice, round + 1)
      keepTold(options.directory, lines)
      const told = listen(past.model, lines)
      const { done, refused, unanswered } = told
      const { violations: found, ...rest } = await judged(options, past, told)
      const violations = [...complaints, ...told.violations, ...found]
      yield { round, ...killed, done, refused, unanswered: unanswered.size, ...rest, violations }
      if (violations.length > 0) return
      if (disk !== undefined) unmount(disk)
      disk = undefined
    }
  } finally {
    for (const one of [next.worker, next.opener]) if (one !== undefined) await kill(one)
    if (disk !== undefined) unmount(disk)
  }
}

import { spawn, type ChildProcess } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { type Dice, diceFrom } from '@varve/core/conformance'
import { openSnapshotter } from '@varve/core/promise'
import type { Line } from './calls.js'
import { listen, type Model, settle, type Told, violationsOf } from './expected.js'
import { follow, type Ids, look, strayIn } from './look.js'
import { partsOf, placeIn } from './place.js'

/** `broken`: one of the breakages, or `''`. */
export type RoundsOptions = {
  readonly directory: string
  readonly seed: number
  readonly rounds: number
  readonly broken?: string
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
  /** Files that were compared. */
  readonly files: number
  readonly violations: readonly string[]
}

const script = fileURLToPath(new URL('process.js', import.meta.url))
const clients = 4
const longestRun = 500

type Process = {
  readonly child: ChildProcess
  readonly opened: Promise<void>
  /** When it is dead and all it said was heard. */
  readonly ended: Promise<void>
  readonly complaints: string[]
}

const start = ({ directory, broken }: Required<RoundsOptions>, seed: number, count: number, hear: (line: Line) => void): Process => {
  const child = spawn(process.execPath, [script, directory, String(seed), String(count), broken])
  const complaints: string[] = []
  child.stderr.on('data', (chunk: Buffer) => complaints.push(chunk.toString()))
  let open = (): void => undefined
  const opened = new Promise<void>((resolve) => (open = resolve))
  const lines = createInterface(child.stdout)
  lines.on('line', (text) => {
    const line = JSON.parse(text) as Line
    if (line.type === 'opened') open()
    hear(line)
  })
  const heard = new Promise<void>((resolve) => void lines.once('close', resolve))
  const closed = new Promise<void>((resolve) => void child.once('close', () => resolve()))
  const ended = Promise.all([heard, closed]).then(open)
  return { child, opened, ended, complaints }
}

const pause = (milliseconds: number): Promise<void> =>
  new Promise((resolve) => void setTimeout(resolve, milliseconds))

/** What was told by a process that was killed, and how it ended when it was not by that. */
const endOf = async ({ child, ended, complaints }: Process): Promise<readonly string[]> => {
  child.kill('SIGKILL')
  await ended
  return child.signalCode === 'SIGKILL' ? [] : [`the process ended with ${child.exitCode}: ${complaints.join('')}`]
}

type Rounds = {
  readonly options: Required<RoundsOptions>
  readonly model: Model
  readonly ids: Ids
  readonly dice: Dice
  /** Milliseconds that the last opening took, with the start of its process. */
  opening: number
}

/** Kills a process at work, and sometimes another while it opens what that one left. */
const kill = async (rounds: Rounds, round: number, told: Told, hear: (line: Line) => void) => {
  const { options, dice } = rounds
  const [moment, isTwice, share] = [dice.roll(longestRun), dice.once(3), dice.roll(1_000) / 1_000]
  const before = performance.now()
  const first = start(options, options.seed * 1_000 + round, clients, hear)
  await first.opened
  const open = performance.now()
  rounds.opening = open - before
  await pause(moment)
  told.violations.push(...(await endOf(first)))
  const killedAfter = Math.round(performance.now() - open)
  if (!isTwice) return { killedAfter, killedOpening: false }
  const heard = { ...told, opened: false }
  const second = start(options, 0, 0, (line) => (heard.opened ||= line.type === 'opened'))
  await Promise.race([second.opened, pause(rounds.opening * (0.4 + share * 0.8))])
  told.violations.push(...(await endOf(second)))
  return { killedAfter, killedOpening: !heard.opened }
}

/** Opens what the killed left, compares, cleans up, compares the directories. */
const judge = async ({ options, model, ids }: Rounds, told: Told) => {
  const place = placeIn(options.directory)
  const parts = partsOf(place, options.broken)
  const snapshotter = await openSnapshotter(parts)
  try {
    const found = await look(snapshotter, true)
    const tookEffect = settle(model, told, found)
    await snapshotter.cleanup()
    const owed = (await snapshotter.outstanding()).map(({ intent }) => `${intent.type} is outstanding after cleanup`)
    const records = await follow(parts.store, ids)
    const violations = [...violationsOf(model, found), ...owed, ...records, ...strayIn(place.layers, ids)]
    let files = 0
    for (const one of found.values()) files += one.files?.size ?? 0
    return { tookEffect, recovered: snapshotter.recovered.length, snapshots: found.size, files, violations }
  } finally {
    await snapshotter.close()
  }
}

/**
 * Kills processes at moments that come from the seed and compares what each left with what it had told. One round after
 * the other over the same log and layers; after one with violations the lines of its process lie in `DIRECTORY/told.ndjson`,
 * and the rounds end.
 */
export async function* crashRounds({ broken = '', ...rest }: RoundsOptions): AsyncGenerator<Round> {
  const options = { broken, ...rest }
  const ids = { seq: 0, highest: 0, living: new Set<number>() }
  const rounds: Rounds = { options, model: new Map(), ids, dice: diceFrom(options.seed), opening: 0 }
  for (let round = 1; round <= options.rounds; round++) {
    const { told, hear } = listen(rounds.model)
    const lines: Line[] = []
    const killed = await kill(rounds, round, told, (line) => {
      lines.push(line)
      hear(line)
    })
    const { done, refused, unanswered } = told
    const judged = await judge(rounds, told)
    const violations = [...told.violations, ...judged.violations]
    yield { round, ...killed, done, refused, unanswered: unanswered.size, ...judged, violations }
    if (violations.length === 0) continue
    writeFileSync(join(options.directory, 'told.ndjson'), lines.map((line) => `${JSON.stringify(line)}\n`).join(''))
    return
  }
}

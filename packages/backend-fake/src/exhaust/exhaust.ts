import { alphabet, beginnings, type Letter } from './alphabet.js'
import type { Explored, Explorer, Path } from './explore.js'

export type ExhaustOptions = {
  /** Letters of a sequence. */
  readonly length: number
  /** Most crashes in one letter and in the recoveries from them. Default: 1. */
  readonly crashes?: number
  /** Default: `alphabet`. */
  readonly letters?: readonly Letter[]
  /** Each runs one path at a time. */
  readonly explorers: readonly Explorer[]
  /** Told after every run. */
  readonly onProgress?: (sofar: Exhausted) => void
}

export type Exhausted = {
  /** Letters of the sequences that are under way. */
  readonly length: number
  /** Sequences whose ends are among the states. */
  readonly sequences: number
  /** Different states in which everything is at rest after a command. */
  readonly states: number
  /** Different states that a crash or a loss of power leaves. */
  readonly crashStates: number
  /** Moments at which the process could end. */
  readonly moments: number
  /** In how many ways the power could go at those. */
  readonly losses: number
  readonly runs: number
  readonly commands: number
  readonly violations: readonly NonNullable<Explored['violation']>[]
}

/** So many violations end it. */
const mostViolations = 10

type Mutable<T> = { -readonly [K in keyof T]: T[K] }

const beginning = (actions: Letter, crashes: number): Path => ({
  actions,
  crashes,
  faults: [],
  settled: [],
  past: 0,
  fresh: -1,
  isEnd: false,
})

const followedBy = ({ actions, ...path }: Path, letter: Letter): Path => ({ ...path, actions: [...actions, ...letter] })

/** Performs every path of a list that grows meanwhile, in its order, as many at once as there are explorers. */
const exhaustList = async (
  paths: Path[],
  explorers: ExhaustOptions['explorers'],
  take: (explored: Explored) => void,
): Promise<void> => {
  let [running, at] = [0, 0]
  await new Promise<void>((resolve, reject) => {
    const go = (explore: Explorer, idle: Explorer[]): void => {
      const path = paths[at++]
      if (path === undefined) {
        at--
        idle.push(explore)
        if (running === 0) resolve()
        return
      }
      running++
      explore(path).then((explored) => {
        running--
        take(explored)
        for (const one of idle.splice(0)) go(one, idle)
        go(explore, idle)
      }, reject)
    }
    const idle: Explorer[] = []
    for (const explore of explorers) go(explore, idle)
  })
}

/**
 * Every sequence of letters up to a length, every crash between two steps of it and of what follows a crash, and every way in which
 * unsynced writes can be lost there. What follows equal states is looked at once.
 */
export const exhaust = async ({
  length,
  crashes: mostCrashes = 1,
  letters = alphabet,
  explorers,
  onProgress = () => undefined,
}: ExhaustOptions): Promise<Exhausted> => {
  const seen = new Set<string>()
  const isNew = (state: string): boolean => !seen.has(state) && seen.add(state) !== undefined
  const violations: NonNullable<Explored['violation']>[] = []
  const sofar: Mutable<Exhausted> = {
    length: 0,
    sequences: beginnings.length,
    states: 0,
    crashStates: 0,
    moments: 0,
    losses: 0,
    runs: 0,
    commands: 0,
    violations,
  }
  let paths = beginnings.map((actions) => beginning(actions, mostCrashes))
  for (;;) {
    const next: Path[] = []
    await exhaustList(paths, explorers, ({ crashes, others, reached, moments, losses, commands, violation }) => {
      sofar.runs++
      sofar.moments += moments
      sofar.losses += losses
      sofar.commands += commands
      if (violation !== undefined && violations.push(violation) === mostViolations) paths.length = 0
      if (violations.length >= mostViolations) return
      for (const crash of crashes)
        if (isNew(crash.state)) {
          sofar.crashStates++
          paths.push(crash.path)
        }
      paths.push(...others)
      if (reached !== undefined && violation === undefined && isNew(reached.state)) {
        sofar.states++
        next.push(reached.path)
      }
      onProgress(sofar)
    })
    if (sofar.length === length || violations.length >= mostViolations) return sofar
    sofar.length++
    sofar.sequences += beginnings.length * letters.length ** sofar.length
    paths = next.flatMap((path) => letters.map((letter) => followedBy(path, letter)))
  }
}

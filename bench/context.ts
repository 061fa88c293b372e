import { mkdtemp } from 'node:fs/promises'
import { rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Figure } from './figure.js'
import { writePopulation } from './support/population-store.js'
import type { Watched } from './support/watch.js'

/** The longest slices of our own code, and the longest pause for garbage collection, in the runs of one figure, in milliseconds. */
export type Slices = {
  readonly figure: string
  /** Of the run where it was shortest: what is our own comes back in every run, what the host does to us does not. */
  readonly leastMs: number
  readonly mostMs: number
  readonly gcMs: number
}

/** What the figures share. */
export type Context = {
  readonly quick: boolean
  /** Snapshots, events or rows where the budgets speak of a million. */
  readonly large: number
  /** Gathered for the figure that comes last. */
  readonly slices: Slices[]
  /** A directory that does not exist yet; all of them are removed at the end. */
  readonly newDirectory: (name: string) => string
  /** The directory of a log whose checkpoint holds that many snapshots; made once, shared by those who ask again. */
  readonly population: (size: number) => Promise<string>
}

/** A group of figures that is run as one. */
export type Group = (context: Context) => AsyncIterable<Figure>

/** A budget in seconds that is given for a million, for the size that is run. */
export const scaled = (context: Context, limit: number): number => (limit * context.large) / 1e6

type Sliced = Pick<Watched<unknown>, 'blockMs' | 'gcMs'>

/** Keeps the longest slices of a figure's runs for the figure that comes last. */
export const noteSlices = (context: Context, figure: string, runs: readonly Sliced[]): void => {
  const blocks = runs.map(({ blockMs }) => blockMs)
  const gcMs = Math.max(...runs.map((run) => run.gcMs))
  context.slices.push({ figure, leastMs: Math.min(...blocks), mostMs: Math.max(...blocks), gcMs })
}

/** Runs with a context whose directories are removed when it ends, also when the process is told to. */
export const withContext = async <A>(quick: boolean, run: (context: Context) => Promise<A>): Promise<A> => {
  const root = await mkdtemp(join(tmpdir(), 'varve-bench-'))
  const clean = (): void => rmSync(root, { recursive: true, force: true })
  process.once('exit', clean)
  let made = 0
  const newDirectory = (name: string): string => join(root, `${name}-${++made}`)
  const populations = new Map<number, Promise<string>>()
  const population = (size: number): Promise<string> => {
    const known = populations.get(size) ?? writePopulation(newDirectory(`population-${size}`), size)
    populations.set(size, known)
    return known
  }
  try {
    return await run({ quick, large: quick ? 1e5 : 1e6, slices: [], newDirectory, population })
  } finally {
    process.off('exit', clean)
    clean()
  }
}

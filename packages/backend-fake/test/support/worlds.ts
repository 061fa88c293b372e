import * as fs from 'node:fs'
import * as os from 'node:os'
import * as path from 'node:path'
import * as E from 'fp-ts/lib/Either.js'
import type { FilesError, Layout } from '@varve/core/ports'
import { nodeDisk } from '../../src/disk/node-disk.js'
import { memoryDisk } from '../../src/memory/disk.js'
import { simulatedDisk, type SimulatedDisk } from '../../src/simulate/disk.js'
import type { Disk } from '../../src/world/disk.js'
import { claim } from '../../src/world/open.js'
import { startJob, type Work } from '../../src/world/work.js'
import { makeWorld, type World } from '../../src/world/world.js'

export const thisLog = 'a1e5c0de-0000-4000-8000-000000000001'

/** A clock that nobody turns, so that two runs make the same bytes. */
export const now = (): bigint => 1_700_000_000_123_456_700n

/** Runs work to its end, or for some steps. */
export const outcomeOf = <T>(work: Work<T>, cutAfter?: number): E.Either<FilesError, T> => {
  const job = startJob('the work', work, cutAfter)
  for (;;) {
    const outcome = job.outcome()
    if (outcome !== undefined) return outcome
    job.advance()
  }
}

/** Runs work that has to succeed. */
export const run = <T>(work: Work<T>): T => {
  const outcome = outcomeOf(work)
  if (E.isLeft(outcome)) throw new Error(`${outcome.left._tag}: ${outcome.left.message}`)
  return outcome.right
}

/** Runs work that has to fail. */
export const failure = (work: Work<unknown>): FilesError => {
  const outcome = outcomeOf(work)
  if (E.isRight(outcome)) throw new Error('the work was expected to fail and succeeded')
  return outcome.left
}

/** A disk of either kind, with as many worlds over it, one after another, as there are openings. */
export type Ground = {
  readonly disk: Disk
  readonly layout: Layout
  /** Opens it: nothing is attached any more. */
  readonly open: () => World
  readonly remove: () => void
}

const groundOf = (layout: Layout, disk: Disk, remove: () => void): Ground => ({
  disk,
  layout,
  open: () => {
    const world = makeWorld(layout, disk, now)
    run(claim(world, thisLog))
    return world
  },
  remove,
})

/** Whether this host has symlinks: not everybody may make them on Windows, and under Wine one that was made is not there. */
export const hasSymlinks = ((): boolean => {
  const directory = fs.mkdtempSync(path.join(os.tmpdir(), 'varve-symlink-'))
  try {
    fs.symlinkSync('target', path.join(directory, 'link'))
    return fs.readdirSync(directory).length > 0
  } catch {
    return false
  } finally {
    fs.rmSync(directory, { recursive: true })
  }
})()

const separator = path.sep === '\\' ? '\\' : '/'

/** Both worlds, by name. */
export const grounds: Readonly<Record<'memory' | 'disk', () => Ground>> = {
  memory: () => groundOf({ root: 'C:\\varve', separator: '\\' }, memoryDisk(now), () => undefined),
  disk: () => {
    const root = fs.mkdtempSync(path.join(os.tmpdir(), 'varve-world-'))
    const layout: Layout = { root, separator }
    return groundOf(layout, nodeDisk(layout), () => fs.rmSync(root, { recursive: true }))
  },
}

/** A ground whose power can go. */
export type PoweredGround = Ground & Pick<SimulatedDisk, 'unsynced' | 'lose' | 'losePower'>

export const poweredGround = (): PoweredGround => {
  const { disk, ...power } = simulatedDisk(now)
  return { ...groundOf({ root: 'C:\\varve', separator: '\\' }, disk, () => undefined), ...power }
}

export const onGround = (make: () => Ground, body: (ground: Ground) => void): void => {
  const ground = make()
  try {
    body(ground)
  } finally {
    ground.remove()
  }
}

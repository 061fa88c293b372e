import { existsSync, statfsSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fakeBackend, memoryStore } from '@varve/backend-fake'
import { systemClock, type Backend, type EventStore, type Profile } from '@varve/core'
import type { SnapshotterSubject } from '@varve/core/conformance'
import { openSnapshotter } from '@varve/core/promise'
import { levelStore } from '@varve/store-level'

export type Stores = 'memory' | 'level'
export type Worlds = 'memory' | 'disk'

const isWindows = process.platform === 'win32'

/** Of cases over a world every one, but on Windows, where files take their time, one of twelve over that on disk. */
export const casesOver = <T>(world: Worlds, cases: readonly T[], first = 0): readonly T[] =>
  world === 'disk' && isWindows ? cases.filter((_, at) => at % 12 === first) : cases

/** Where flushing costs nothing: cases flush thousands of times, and none takes the power away. */
const inMemory = '/dev/shm'

const hasRoomInMemory = (): boolean => {
  if (process.platform !== 'linux' || process.env['TMPDIR'] !== undefined || !existsSync(inMemory)) return false
  const { bavail, bsize } = statfsSync(inMemory)
  return bavail * bsize >= 512 * 1024 * 1024
}

/** A directory that is removed with all it holds. */
export const temporary = async (): Promise<{ readonly path: string; readonly remove: () => Promise<void> }> => {
  const path = await mkdtemp(join(hasRoomInMemory() ? inMemory : tmpdir(), 'varve-conformance-'))
  return { path, remove: () => rm(path, { recursive: true, force: true, maxRetries: 3 }) }
}

const storeOf = (kind: Stores, path: string): EventStore =>
  kind === 'level' ? levelStore(join(path, 'log')) : memoryStore()

const backendOf = (kind: Worlds, path: string): Backend =>
  kind === 'disk' ? fakeBackend({ root: join(path, 'layers') }) : fakeBackend()

/** Opens fresh snapshotters over one pair of adapters. */
export const snapshotters =
  (store: Stores, world: Worlds, profile: Profile) => async (): Promise<SnapshotterSubject> => {
    const directory = await temporary()
    const backend = backendOf(world, directory.path)
    const clock = systemClock()
    const snapshotter = await openSnapshotter({ store: storeOf(store, directory.path), backend, profile, clock })
    return {
      snapshotter,
      profile,
      layout: backend.layout,
      supports: backend.supports,
      now: clock.now,
      close: async () => {
        await snapshotter.close()
        await directory.remove()
      },
    }
  }

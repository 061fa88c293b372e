import * as E from 'fp-ts/lib/Either.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { Level } from 'level'
import { fakeBackend } from '@varve/backend-fake'
import type { Backend, EventStore } from '@varve/core'
import { levelStore } from '../../src/index.js'

/** Where a log and its layers are. */
export type Place = { readonly log: string; readonly layers: string }

export const placeIn = (directory: string): Place => ({
  log: join(directory, 'log'),
  layers: join(directory, 'layers'),
})

export type Parts = { readonly store: EventStore; readonly backend: Backend }

/** Answers before it has written. */
const hasty = (store: EventStore): EventStore => {
  let written: Promise<unknown> = Promise.resolve()
  const later = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 50))
  return {
    ...store,
    append: (expected, records, rows) => async () => {
      written = written.then(later).then(store.append(expected, records, rows))
      return E.right(undefined)
    },
    close: () => async () => {
      await written
      return store.close()()
    },
  }
}

/** Does not sync what it writes. */
const unsynced = (store: EventStore): EventStore => {
  const { batch } = Level.prototype
  Level.prototype.batch = function batchUnsynced(this: Level, ...args: []) {
    const made = batch.apply(this, args)
    const write = made.write.bind(made)
    made.write = () => write()
    return made
  } as typeof batch
  return store
}

/** Says that it has destroyed what it has not. */
const idle = (backend: Backend): Backend => ({
  ...backend,
  execute: (intent, options) =>
    intent.type === 'DestroyLayer' ? TE.right({ type: 'LayerDestroyed' }) : backend.execute(intent, options),
})

/** Throws away what was attached when the process ended. */
const forgetful = (backend: Backend, { layers }: Place): Backend => ({
  ...backend,
  open: (owner) => () => {
    rmSync(join(layers, 'mounts'), { recursive: true, force: true })
    return backend.open(owner)()
  },
})

type Breakage = (parts: Parts, place: Place) => Parts

/** Ways to break the log or the layers, each of which the rounds must notice. */
export const breakages: ReadonlyMap<string, Breakage> = new Map<string, Breakage>([
  ['hasty-store', ({ store, backend }) => ({ store: hasty(store), backend })],
  ['unsynced-store', ({ store, backend }) => ({ store: unsynced(store), backend })],
  ['idle-destroy', ({ store, backend }) => ({ store, backend: idle(backend) })],
  ['forgetful-open', ({ store, backend }, place) => ({ store, backend: forgetful(backend, place) })],
])

/** A log in LevelDB and layers on disk, broken where a breakage is named. */
export const partsOf = (place: Place, broken: string): Parts => {
  const parts = { store: levelStore(place.log), backend: fakeBackend({ root: place.layers }) }
  return breakages.get(broken)?.(parts, place) ?? parts
}

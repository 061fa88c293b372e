import { openSnapshotter, type Snapshotter } from '@varve/core'
import { levelStore } from '@varve/store-level'
import { instantBackend } from './backend.js'
import { counted } from './counting.js'
import { must } from './must.js'
import { isLayer, labels, nameOf, someLayer } from './population.js'
import { watched, type Watched } from './watch.js'

/** A run of clients over one log. */
export type Load = {
  readonly directory: string
  /** Snapshots in the state when the run begins; it stays about that large. */
  readonly size: number
  readonly clients: number
  readonly commands: number
  /** Distinguishes the keys of this run from those of others on the same log. */
  readonly run: string
  /** Keys of Active snapshots, oldest first. The run removes as many as it adds. */
  readonly oldest: string[]
}

/** What a run came to. */
export type Throughput = Watched<unknown> & {
  readonly commandsPerSecond: number
  readonly eventsPerSecond: number
  readonly meanGroup: number
  /** The records written, as the store got them. */
  readonly texts: readonly string[]
}

const windowSize = 900

/** The keys that the clients of the first run on a population remove. */
export const firstActive = (size: number): string[] => {
  const keys: string[] = []
  for (let index = 0; index < size && keys.length < windowSize; index++) if (!isLayer(index)) keys.push(nameOf(index))
  return keys
}

/** Each client prepares a snapshot on some layer, then removes the oldest Active one, one command after the other. */
const runClients = async (snapshotter: Snapshotter, load: Load): Promise<void> => {
  let turns = 0
  const client = async (): Promise<void> => {
    while (2 * turns < load.commands) {
      const key = `${load.run} ${++turns}`.padEnd(64, '.')
      must(await snapshotter.prepare(key, { parent: someLayer(turns, load.size), labels })())
      load.oldest.push(key)
      must(await snapshotter.remove(load.oldest.shift() as string)())
    }
  }
  await Promise.all(Array.from({ length: load.clients }, client))
}

const warmUp = 500

/** Opens the log in the directory and lets the clients work on it. */
export const throughput = async (load: Load): Promise<Throughput> => {
  const counts = counted(levelStore(load.directory))
  const snapshotter = must(await openSnapshotter({ store: counts.store, backend: instantBackend() })())
  await runClients(snapshotter, { ...load, run: `${load.run} warm-up`, commands: warmUp })
  must(await snapshotter.cleanup()())
  counts.reset()
  const run = await watched(() => runClients(snapshotter, load))
  const { groups } = counts
  const texts = counts.texts.slice()
  must(await snapshotter.close()())
  const seconds = run.wallMs / 1_000
  return {
    ...run,
    commandsPerSecond: load.commands / seconds,
    eventsPerSecond: texts.length / seconds,
    meanGroup: texts.length / groups,
    texts,
  }
}

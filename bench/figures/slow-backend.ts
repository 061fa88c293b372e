import { cp } from 'node:fs/promises'
import { setTimeout } from 'node:timers/promises'
import { openSnapshotter, type Snapshotter } from '@varve/core'
import { levelStore } from '@varve/store-level'
import type { Context } from '../context.js'
import { figureOf, median, percentile, type Figure } from '../figure.js'
import { instantBackend } from '../support/backend.js'
import { blockedThreads } from '../support/blocked-threads.js'
import { firstActive } from '../support/clients.js'
import { must } from '../support/must.js'
import { labels, someLayer } from '../support/population.js'

const size = 1_000
const slowCalls = 16
const callMs = 500
const updaters = 8
const seconds = 2
const limit = 2

/** Keeps `slowCalls` intents waiting in the backend until `isOver`. */
const prepareSlowly = (snapshotter: Snapshotter, round: number, isOver: () => boolean): Promise<unknown> =>
  Promise.all(
    Array.from({ length: slowCalls }, async (_, lane) => {
      for (let count = 0; !isOver(); count++) {
        const key = `slow ${round} ${lane} ${count}`
        must(await snapshotter.prepare(key, { parent: someLayer(lane, size) })())
      }
    }),
  )

/** How long each Update took, in milliseconds, from clients that ask for one after the other until `isOver`. */
const updateLatencies = async (snapshotter: Snapshotter, isOver: () => boolean): Promise<readonly number[]> => {
  const taken: number[] = []
  const client = async (name: string): Promise<void> => {
    while (!isOver()) {
      const start = performance.now()
      must(await snapshotter.update({ name, labels })())
      taken.push(performance.now() - start)
    }
  }
  await Promise.all(firstActive(size).slice(0, updaters).map(client))
  return taken
}

/**
 * How long appends take while every intent that may run waits for a slow backend whose threads are all blocked, in turns with
 * an idle backend.
 */
export async function* slowBackend(context: Context): AsyncGenerator<Figure> {
  const directory = context.newDirectory('slow')
  await cp(await context.population(size), directory, { recursive: true })
  const store = levelStore(directory)
  let waiting = 0
  const threads = blockedThreads()
  const backend = instantBackend(async () => {
    waiting++
    await threads.block(callMs)
    waiting--
  })
  const snapshotter = must(await openSnapshotter({ store, backend })())
  const rounds: { readonly idle: readonly number[]; readonly slow: readonly number[]; readonly waiting: number }[] = []
  const until = (): (() => boolean) => {
    const end = performance.now() + (context.quick ? seconds / 2 : seconds) * 1_000
    return () => performance.now() >= end
  }
  await updateLatencies(snapshotter, until())
  for (let round = 0; round < 3; round++) {
    const idle = await updateLatencies(snapshotter, until())
    const isOver = until()
    const preparing = prepareSlowly(snapshotter, round, isOver)
    await setTimeout(callMs / 5)
    const seen = waiting
    const slow = await updateLatencies(snapshotter, isOver)
    await preparing
    rounds.push({ idle, slow, waiting: seen })
  }
  must(await snapshotter.close()())
  await threads.end()
  const p99 = (taken: readonly number[]): number => percentile(taken, 0.99)
  yield figureOf({
    name: `append beside ${slowCalls} backend calls of ${callMs} ms, p99`,
    value: median(rounds.map(({ slow }) => p99(slow))),
    unit: 'ms',
    peer: { name: 'beside none', value: median(rounds.map(({ idle }) => p99(idle))) },
    ratio: median(rounds.map(({ slow, idle }) => p99(slow) / p99(idle))),
    budget: { of: 'ratio', sign: '<=', limit },
    details: {
      callsWaiting: Math.min(...rounds.map((round) => round.waiting)),
      appends: rounds.reduce((sum, { slow }) => sum + slow.length, 0),
      longestMs: Math.round(Math.max(...rounds.map(({ slow }) => percentile(slow, 1)))),
    },
  })
}

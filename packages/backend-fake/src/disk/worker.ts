import { parentPort, workerData } from 'node:worker_threads'
import * as E from 'fp-ts/lib/Either.js'
import type { Layout } from '@varve/core/ports'
import { clock } from '../clock.js'
import { begin, describe, type Arguments, type Operation } from '../world/operations.js'
import { startJob, stoppedFault, type Job } from '../world/work.js'
import { makeWorld } from '../world/world.js'
import type { FromWorker, ToWorker } from './messages.js'
import { nodeDisk } from './node-disk.js'

/** Milliseconds that one call may work before the next has its turn. */
const sliceLength = 4
/** Milliseconds between two reports of one call's progress. */
const reportEvery = 50

type Running = { readonly what: string; readonly job: Job<unknown>; reportedAt: number }

const layout = workerData as Layout
const world = makeWorld(layout, nodeDisk(layout), clock.now)
const running = new Map<number, Running>()
let isTurning = false

const post = (message: FromWorker, moved: ArrayBuffer[] = []): void => parentPort?.postMessage(message, moved)

const report = (call: number, entry: Running): void => {
  const done = entry.job.done()
  const outcome = entry.job.outcome()
  const isDue = outcome !== undefined || clock.elapsed() - entry.reportedAt >= reportEvery
  if (done.files + done.bytes > 0 && isDue) {
    post({ type: 'progress', call, done })
    entry.reportedAt = clock.elapsed()
  }
  if (outcome === undefined) return
  running.delete(call)
  const bytes = E.isRight(outcome) && outcome.right instanceof Uint8Array ? outcome.right : undefined
  const buffer = bytes?.buffer
  post({ type: 'done', call, outcome }, buffer instanceof ArrayBuffer ? [buffer] : [])
}

/** One slice of every call, so that a long one does not hold up a short one. Answers whether all of them wait for time to pass. */
const slices = (): boolean => {
  let isWaiting = true
  for (const [call, entry] of running) {
    const until = clock.elapsed() + sliceLength
    let isPaused = false
    while (!isPaused && entry.job.outcome() === undefined && clock.elapsed() < until) isPaused = entry.job.advance()
    isWaiting &&= isPaused
    report(call, entry)
  }
  return isWaiting
}

const turn = (): void => {
  const isWaiting = slices()
  isTurning = running.size > 0
  if (!isTurning) return
  if (isWaiting) setTimeout(turn, 1)
  else setImmediate(turn)
}

const start = <K extends Operation>(call: number, name: K, args: Arguments<K>, cutAfter: number | undefined): void => {
  const what = describe(name, args)
  const job = startJob(what, begin(world, name, args), cutAfter)
  running.set(call, { what, job, reportedAt: clock.elapsed() })
}

parentPort?.on('message', (message: ToWorker) => {
  if (message.type === 'stop') {
    const entry = running.get(message.call)
    entry?.job.stop(stoppedFault(entry.what))
    return
  }
  start(message.call, message.name, message.args as Arguments<Operation>, message.cutAfter)
  if (!isTurning) turn()
})

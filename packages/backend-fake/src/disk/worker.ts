import { parentPort, workerData } from 'node:worker_threads'
import * as E from 'fp-ts/lib/Either.js'
import { chunksInFlight, type Arguments, type Operation } from '@varve/core/adapter'
import type { Layout } from '@varve/core/ports'
import { clock } from '../clock.js'
import type { Outlet } from '../world/control.js'
import { startSession, type Session } from '../world/session.js'
import type { Pause } from '../world/work.js'
import { makeWorld } from '../world/world.js'
import type { FromWorker, ToWorker } from './messages.js'
import { nodeDisk } from './node-disk.js'

/** Milliseconds that one call may work before the next has its turn. */
const sliceLength = 4
/** Milliseconds between two reports of one call's progress. */
const reportEvery = 50

/** `room`: chunks that may still be put out before one is taken. `spares`: buffers for them. */
type Running = {
  readonly session: Session<unknown>
  readonly spares: ArrayBuffer[]
  reportedAt: number
  room: number
}

const layout = workerData as Layout
const world = makeWorld(layout, nodeDisk(layout), clock.now)
const running = new Map<number, Running>()
let isTurning = false

const post = (message: FromWorker, moved: ArrayBuffer[] = []): void => parentPort?.postMessage(message, moved)

/** The buffer of bytes that have it to themselves. */
const bufferOf = (bytes: unknown): ArrayBuffer[] =>
  bytes instanceof Uint8Array && bytes.buffer instanceof ArrayBuffer ? [bytes.buffer] : []

const report = (call: number, entry: Running): void => {
  const { job } = entry.session
  const done = job.done()
  const outcome = job.outcome()
  const isDue = outcome !== undefined || clock.elapsed() - entry.reportedAt >= reportEvery
  if (done.files + done.bytes > 0 && isDue) {
    post({ type: 'progress', call, done })
    entry.reportedAt = clock.elapsed()
  }
  if (outcome === undefined) return
  running.delete(call)
  post({ type: 'done', call, outcome }, E.isRight(outcome) ? bufferOf(outcome.right) : [])
}

/** One slice of every call, so that a long one does not hold up a short one. Answers what all of them wait for. */
const slices = (): Pause | undefined => {
  let isWaiting = true
  let isTimed = false
  for (const [call, entry] of running) {
    const { job } = entry.session
    const until = clock.elapsed() + sliceLength
    let pause: Pause | undefined
    while (pause === undefined && job.outcome() === undefined && clock.elapsed() < until) pause = job.advance()
    isWaiting &&= pause !== undefined
    isTimed ||= pause === 'time'
    report(call, entry)
  }
  if (!isWaiting) return undefined
  return isTimed ? 'time' : 'event'
}

const turn = (): void => {
  const pause = slices()
  // What waits for an event is woken by the message that brings it.
  isTurning = running.size > 0 && pause !== 'event'
  if (!isTurning) return
  if (pause === 'time') setTimeout(turn, 1)
  else setImmediate(turn)
}

const start = (asked: Extract<ToWorker, { readonly type: 'call' }>): void => {
  const { call, name, args, cutAfter, hasTar, isStopped } = asked
  const outlet: Outlet = {
    hasRoom: () => entry.room > 0,
    put: (bytes) => {
      entry.room--
      post({ type: 'chunk', call, bytes }, bufferOf(bytes))
    },
    spare: () => entry.spares.pop(),
  }
  const taken = ({ buffer }: Uint8Array): void => {
    if (buffer instanceof ArrayBuffer) post({ type: 'taken', call, buffer }, [buffer])
  }
  const session = startSession(world, {
    name: name as Operation,
    args: args as Arguments<Operation>,
    cutAfter,
    outlet,
    ...(hasTar ? { taken } : {}),
  })
  const entry: Running = { session, spares: [], reportedAt: clock.elapsed(), room: chunksInFlight }
  running.set(call, entry)
  if (isStopped) session.stop()
}

const receive = (message: ToWorker): void => {
  if (message.type === 'call') return start(message)
  const entry = running.get(message.call)
  if (entry === undefined) return
  if (message.type === 'stop') entry.session.stop()
  else if (message.type === 'arrival') entry.session.arrive(message.arrival)
  else {
    entry.room++
    if (message.spare !== undefined) entry.spares.push(message.spare)
  }
}

parentPort?.on('message', (message: ToWorker) => {
  receive(message)
  if (!isTurning) turn()
})

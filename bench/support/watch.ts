import { closeSync, openSync, readSync } from 'node:fs'
import { PerformanceObserver } from 'node:perf_hooks'
import { setTimeout } from 'node:timers/promises'

type Span = { readonly start: number; readonly end: number }
type Gap = Span & { readonly queuedMs: number }

/** What a run took, in milliseconds. */
export type Watched<A> = {
  readonly result: A
  readonly wallMs: number
  /** Of the whole process: LevelDB's threads and the garbage collector's are in it. */
  readonly userMs: number
  /** The longest time in which the event loop did not turn, without pauses for garbage collection and without queueing. */
  readonly blockMs: number
  /** The longest pause for garbage collection. */
  readonly gcMs: number
  /** For how long the main thread was ready to run but the host ran another one; 0 where the host doesn't say. */
  readonly queuedMs: number
}

const tickMs = 1
const noticedMs = 5

/** How long the main thread has waited for a processor so far, in milliseconds. Only Linux tells. */
export type QueueClock = { readonly read: () => number; readonly close: () => void }

export const openQueueClock = (): QueueClock => {
  try {
    const file = openSync(`/proc/${process.pid}/schedstat`, 'r')
    const buffer = Buffer.alloc(64)
    const read = (): number => {
      const text = buffer.toString('latin1', 0, readSync(file, buffer, 0, buffer.length, 0))
      return Number(text.split(' ')[1]) / 1e6
    }
    return { read, close: () => closeSync(file) }
  } catch {
    return { read: () => 0, close: () => undefined }
  }
}

const overlap = (a: Span, b: Span): number => Math.max(0, Math.min(a.end, b.end) - Math.max(a.start, b.start))

const ownMs = (gap: Gap, pauses: readonly Span[]): number =>
  gap.end - gap.start - gap.queuedMs - pauses.reduce((sum, pause) => sum + overlap(gap, pause), 0)

const longest = (lengths: readonly number[]): number => lengths.reduce((most, length) => Math.max(most, length), 0)

/** Runs and tells how long it took, and for how long at most it kept the event loop from turning. */
export const watched = async <A>(run: () => Promise<A>): Promise<Watched<A>> => {
  const pauses: Span[] = []
  const note = (entries: readonly { readonly startTime: number; readonly duration: number }[]): void => {
    for (const { startTime, duration } of entries) pauses.push({ start: startTime, end: startTime + duration })
  }
  const observer = new PerformanceObserver((list) => note(list.getEntries()))
  observer.observe({ entryTypes: ['gc'] })
  const clock = openQueueClock()
  const queuedBefore = clock.read()
  const gaps: Gap[] = []
  let last = performance.now()
  let lastQueued = queuedBefore
  const timer = setInterval(() => {
    const [now, queued] = [performance.now(), clock.read()]
    if (now - last > noticedMs) gaps.push({ start: last, end: now, queuedMs: queued - lastQueued })
    last = now
    lastQueued = queued
  }, tickMs)
  const [start, cpu] = [performance.now(), process.cpuUsage()]
  try {
    const result = await run()
    const wallMs = performance.now() - start
    const userMs = process.cpuUsage(cpu).user / 1_000
    const queuedMs = clock.read() - queuedBefore
    await setTimeout(5 * tickMs)
    note(observer.takeRecords())
    const blockMs = longest(gaps.map((gap) => ownMs(gap, pauses)))
    const gcMs = longest(pauses.map((pause) => pause.end - pause.start))
    return { result, wallMs, userMs, blockMs, gcMs, queuedMs }
  } finally {
    clearInterval(timer)
    observer.disconnect()
    clock.close()
  }
}

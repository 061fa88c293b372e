import * as E from 'fp-ts/lib/Either.js'
import {
  chunksInFlight,
  describe,
  gate,
  pump,
  stoppedFault,
  type Arguments,
  type Gate,
  type StreamOptions,
} from '@varve/core/adapter'
import type { FilesError, Layout } from '@varve/core/ports'
import { clock } from '../clock.js'
import type { WorldDriver } from '../world/operations.js'
import { startSession, type Session } from '../world/session.js'
import { makeWorld, type World } from '../world/world.js'
import { memoryDisk } from './disk.js'

/** Milliseconds of work after which the rest of the process gets a turn. */
const sliceLength = 8

/** Where layers in memory pretend to be. */
export const memoryLayout: Layout = { root: 'C:\\varve', separator: '\\' }

/** A world that lasts as long as its backend is held, through any number of openings. */
export const memoryWorld = (): World => makeWorld(memoryLayout, memoryDisk(clock.now), clock.now)

/** When others get their turn, which work waits for. */
export type Turns = { readonly isDue: () => boolean; readonly wait: () => Promise<void> }

const timedTurns = (): Turns => {
  let turned = clock.elapsed()
  return {
    isDue: () => clock.elapsed() - turned > sliceLength,
    wait: async () => {
      await clock.turn()
      turned = clock.elapsed()
    },
  }
}

/** Work in slices, so that the rest of the process gets its turn. */
const slicer = (turns: Turns) => {
  const advance = async <T>({ job }: Session<T>, event: Gate, isDone: () => boolean, report: () => void) => {
    while (job.outcome() === undefined && !isDone()) {
      if (turns.isDue()) {
        report()
        await turns.wait()
        if (job.outcome() !== undefined || isDone()) break
      }
      const pause = job.advance()
      if (pause === 'time') await turns.wait()
      else if (pause === 'event') await event.wait()
    }
  }
  /** Goes on until the operation has ended, or `isDone`. `event` opens when something has been done for it. */
  return async <T>(session: Session<T>, event: Gate, options: StreamOptions, isDone = () => false) => {
    const { progress, signal } = options
    let reported = 0
    const report = (): void => {
      const done = session.job.done()
      if (done.files + done.bytes > reported) progress?.(done)
      reported = done.files + done.bytes
    }
    const stop = (): void => {
      session.stop()
      event.open()
    }
    if (signal?.aborted === true) stop()
    signal?.addEventListener('abort', stop)
    await advance(session, event, isDone, report)
    signal?.removeEventListener('abort', stop)
    report()
  }
}

/** Runs operations on the caller's own event loop, in slices. */
export const memoryDriver = (world: World, turns = timedTurns()): WorldDriver => {
  const run = slicer(turns)

  async function* stream(
    args: Arguments<'exportLayer'>,
    options: StreamOptions,
  ): AsyncGenerator<E.Either<FilesError, Uint8Array>, void> {
    const chunks: Uint8Array[] = []
    const outlet = { hasRoom: () => chunks.length < chunksInFlight, put: (bytes: Uint8Array) => chunks.push(bytes) }
    const session = startSession(world, { name: 'exportLayer', args, cutAfter: undefined, outlet })
    try {
      for (;;) {
        await run(session, gate(), options, () => chunks.length > 0)
        const chunk = chunks.shift()
        if (chunk === undefined) break
        yield E.right(chunk)
      }
      const outcome = session.job.outcome()
      if (outcome !== undefined && E.isLeft(outcome)) yield outcome
    } finally {
      session.stop()
    }
  }
  return {
    call: async (name, args, options = {}) => {
      const { cutAfter, tar } = options
      const [event, room] = [gate(), gate()]
      const session = startSession(world, { name, args, cutAfter, ...(tar === undefined ? {} : { taken: room.open }) })
      const isOver = (): boolean => session.job.outcome() !== undefined
      if (tar !== undefined)
        void pump(tar, {
          give: async (arrival) => {
            session.arrive(arrival)
            event.open()
            while (session.waiting() >= chunksInFlight && !isOver()) await room.wait()
          },
          isOver,
        })
      await run(session, event, options)
      // Lets the pump see that it is over.
      room.open()
      return session.job.outcome() ?? E.left(stoppedFault(describe({ name, args })))
    },
    stream,
    end: async () => undefined,
  }
}

import * as E from 'fp-ts/lib/Either.js'
import type { FilesError, Layout } from '@varve/core/ports'
import { clock } from '../clock.js'
import { begin, describe, type CallOptions, type Driver } from '../world/operations.js'
import { startJob, stoppedFault, type Job } from '../world/work.js'
import { makeWorld, type World } from '../world/world.js'
import { memoryDisk } from './disk.js'

/** Milliseconds of work after which the rest of the process gets a turn. */
const sliceLength = 8

/** Where layers in memory pretend to be. */
export const memoryLayout: Layout = { root: 'C:\\varve', separator: '\\' }

/** A world that lasts as long as its backend is held, through any number of openings. */
export const memoryWorld = (): World => makeWorld(memoryLayout, memoryDisk(clock.now), clock.now)

/** Runs operations on the caller's own event loop, in slices. */
export const memoryDriver = (world: World): Driver => {
  let turned = clock.elapsed()

  const finish = async <T>(what: string, job: Job<T>, options: CallOptions): Promise<E.Either<FilesError, T>> => {
    let reported = 0
    const report = (): void => {
      const done = job.done()
      if (done.files + done.bytes > reported) options.progress?.(done)
      reported = done.files + done.bytes
    }
    for (;;) {
      const outcome = job.outcome()
      if (outcome !== undefined) {
        report()
        return outcome
      }
      if (clock.elapsed() - turned > sliceLength) {
        report()
        await clock.turn()
        turned = clock.elapsed()
      }
      if (options.signal?.aborted === true) job.stop(stoppedFault(what))
      else if (job.advance()) await clock.turn()
    }
  }

  return {
    call: async (name, args, options = {}) => {
      const what = describe(name, args)
      return finish(what, startJob(what, begin(world, name, args), options.cutAfter), options)
    },
    end: async () => undefined,
  }
}

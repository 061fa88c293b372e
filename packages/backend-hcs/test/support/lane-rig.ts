import * as E from 'fp-ts/lib/Either.js'
import type { CallOptions } from '@varve/core/adapter'
import type { FilesError } from '@varve/core/ports'
import { openLanes, type Job, type Lanes } from '../../src/lanes/lanes.js'
import { makeWords, type Words } from '../../src/lanes/words.js'

export const program = new URL('./lane-program.js', import.meta.url)
/** What the program is given: see there. */
export const [gate, running, mostRunning, chunkCount] = [0, 1, 2, 3]

export const job = (name: string, args: readonly unknown[] = [], more: Partial<Job> = {}): Job => ({
  name,
  args,
  what: `the call ${name}`,
  turn: undefined,
  isUndone: false,
  ...more,
})

export type Call = (
  name: string,
  args?: readonly unknown[],
  more?: Partial<Job>,
  options?: CallOptions,
) => Promise<unknown>

/** Lanes, what they answer, and what a call of them fails with; they are ended whatever happens. */
export const withLanes = async (
  use: (tools: {
    readonly lanes: Lanes
    readonly shared: Words
    readonly answer: Call
    readonly failure: (...asked: Parameters<Call>) => Promise<FilesError>
  }) => Promise<void>,
): Promise<void> => {
  const shared = makeWords(4)
  const lanes = openLanes(program, shared)
  const call: (...asked: Parameters<Call>) => ReturnType<Lanes['call']> = (name, args, more, options) =>
    lanes.call(job(name, args, more), options)
  try {
    await use({
      lanes,
      shared,
      answer: async (...asked) => {
        const outcome = await call(...asked)
        if (E.isLeft(outcome)) throw new Error(`${asked[0]}: ${outcome.left.message}`)
        return outcome.right
      },
      failure: async (...asked) => {
        const outcome = await call(...asked)
        if (E.isRight(outcome)) throw new Error(`${asked[0]} answered ${JSON.stringify(outcome.right)}`)
        return outcome.left
      },
    })
  } finally {
    openGate(shared)
    await lanes.end()
  }
}

export const openGate = (shared: Words): void => {
  Atomics.store(shared, gate, 1)
  Atomics.notify(shared, gate)
}

export const until = async (holds: () => boolean): Promise<void> => {
  for (let turn = 0; !holds(); turn++) {
    if (turn > 5_000) throw new Error('it did not come to that')
    await new Promise((resolve) => setTimeout(resolve, 1))
  }
}

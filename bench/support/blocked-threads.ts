import { once } from 'node:events'
import { Worker } from 'node:worker_threads'

export type BlockedThreads = {
  /** Blocks a thread, once one is free, for so many milliseconds. */
  readonly block: (ms: number) => Promise<void>
  readonly end: () => Promise<void>
}

/** As many threads as the HCS backend has lanes. */
export const blockedThreads = (count = 4): BlockedThreads => {
  const all = Array.from({ length: count }, () => new Worker(new URL('./blocked-thread.js', import.meta.url)))
  const free = [...all]
  const waiting: (() => void)[] = []
  const take = async (): Promise<Worker> => {
    for (;;) {
      const thread = free.pop()
      if (thread !== undefined) return thread
      await new Promise<void>((resolve) => waiting.push(resolve))
    }
  }
  return {
    block: async (ms) => {
      const thread = await take()
      const done = once(thread, 'message')
      thread.postMessage(ms)
      await done
      free.push(thread)
      waiting.shift()?.()
    },
    end: async () => {
      await Promise.all(all.map((thread) => thread.terminate()))
    },
  }
}

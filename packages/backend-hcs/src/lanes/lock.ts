import { makeWords, type Words } from './words.js'

/** Is held by at most one lane. Its one word is 0 when it is free, else one more than the lane's number. */
export const makeLock = (): Words => makeWords(1)

/** Frees the lock if that lane has it: also one that died. */
export const release = (lock: Words, lane: number): void => {
  if (Atomics.compareExchange(lock, 0, lane + 1, 0) === lane + 1) Atomics.notify(lock, 0, 1)
}

const acquire = (lock: Words, lane: number): void => {
  for (;;) {
    const holder = Atomics.compareExchange(lock, 0, 0, lane + 1)
    if (holder === 0) return
    Atomics.wait(lock, 0, holder)
  }
}

/** Runs something in a lane while no other lane runs anything under this lock. */
export const withLock = <T>(lock: Words, lane: number, run: () => T): T => {
  acquire(lock, lane)
  try {
    return run()
  } finally {
    release(lock, lane)
  }
}

/** Numbers that two threads share, and wait on. */
export type Words = Int32Array<SharedArrayBuffer>

/** What a lane and the main thread share about the call that runs. */
export const word = {
  /** Counts up with everything that a lane may wait for. */
  wake: 0,
  /** 1: the call's caller wants it undone. */
  cancelled: 1,
  /** 1: nobody waits for the call any more. */
  stopped: 2,
  /** Chunks that the call put out and that nobody has taken yet. */
  inFlight: 3,
} as const

export type Flag = typeof word.cancelled | typeof word.stopped

export const makeWords = (count: number = Object.keys(word).length): Words =>
  new Int32Array(new SharedArrayBuffer(count * Int32Array.BYTES_PER_ELEMENT))

/** Before a call of its own a lane knows nothing of the one before. */
export const clearWords = (words: Words): void => {
  for (const at of [word.cancelled, word.stopped, word.inFlight]) Atomics.store(words, at, 0)
}

/** Lets the lane look again. */
export const wake = (words: Words): void => {
  Atomics.add(words, word.wake, 1)
  Atomics.notify(words, word.wake)
}

export const raiseFlag = (words: Words, flag: Flag): void => {
  Atomics.store(words, flag, 1)
  wake(words)
}

export const isRaisedFlag = (words: Words, flag: Flag): boolean => Atomics.load(words, flag) === 1

/** Looks, and blocks the thread until the main thread wakes it to look again, for as long as nothing is found. */
export const waitFor = <T>(words: Words, look: () => T | undefined): T => {
  for (;;) {
    const seen = Atomics.load(words, word.wake)
    const found = look()
    if (found !== undefined) return found
    Atomics.wait(words, word.wake, seen)
  }
}

/** Blocks the thread for a while. */
export const pause = (milliseconds: number): void => {
  Atomics.wait(makeWords(1), 0, 0, milliseconds)
}

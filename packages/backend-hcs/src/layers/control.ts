import type { Arrival, Done } from '@varve/core/adapter'

/** What reaches an operation while it runs, and what it tells. */
export type Control = {
  /** Whether its caller wants it undone. */
  readonly isCancelled: () => boolean
  /** Whether nobody waits for it any more: it ends where it is. */
  readonly isStopped: () => boolean
  readonly progress: (done: Done) => void
  /** Blocks until a part of the tar has come, which is its own until it takes again. */
  readonly take: () => Arrival
  /** Takes a copy of the bytes; blocks until there is room for it. */
  readonly put: (bytes: Uint8Array) => void
}

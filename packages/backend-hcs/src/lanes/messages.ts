import type { Either } from 'fp-ts/lib/Either.js'
import type { MessagePort } from 'node:worker_threads'
import type { Done } from '@varve/core/adapter'
import type { FilesError } from '@varve/core/ports'
import type { Words } from './words.js'

export type Outcome = Either<FilesError, unknown>

/** What a lane is started with. `data` is for what is performed in it. */
export type LaneData<Data> = {
  /** From 0 on. */
  readonly lane: number
  readonly words: Words
  /** Shared by all lanes. */
  readonly lock: Words
  readonly data: Data
}

/** A call: a lane runs one at a time. The parts of its tar come over a port of their own, and used buffers go back there. */
export type Call = {
  readonly name: string
  readonly args: readonly unknown[]
  readonly tar: MessagePort | undefined
}

/** What a lane tells of its call. Nothing follows `done`. */
export type FromLane =
  | { readonly type: 'progress'; readonly done: Done }
  | { readonly type: 'chunk'; readonly bytes: Uint8Array }
  | { readonly type: 'done'; readonly outcome: Outcome }

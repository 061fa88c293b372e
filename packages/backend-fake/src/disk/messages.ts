import type { Either } from 'fp-ts/lib/Either.js'
import type { Arrival, Done } from '@varve/core/adapter'
import type { FilesError } from '@varve/core/ports'

/** What the main thread tells the worker. `call` numbers the calls. */
export type ToWorker =
  | {
      readonly type: 'call'
      readonly call: number
      readonly name: string
      readonly args: readonly unknown[]
      readonly cutAfter: number | undefined
      readonly hasTar: boolean
      /** Its signal had fired before; a `stop` behind it would come when it has done a slice. */
      readonly isStopped: boolean
    }
  | { readonly type: 'stop'; readonly call: number }
  /** A part of the call's tar. */
  | { readonly type: 'arrival'; readonly call: number; readonly arrival: Arrival }
  /** A chunk that the call put out was taken, so there is room for another; and the buffer of one that is needed no more. */
  | { readonly type: 'room'; readonly call: number; readonly spare: ArrayBuffer | undefined }

/** What the worker tells the main thread. */
export type FromWorker =
  | { readonly type: 'done'; readonly call: number; readonly outcome: Either<FilesError, unknown> }
  | { readonly type: 'progress'; readonly call: number; readonly done: Done }
  /** The call has used bytes of its tar, whose buffer comes back. */
  | { readonly type: 'taken'; readonly call: number; readonly buffer: ArrayBuffer }
  /** The call put out a chunk. */
  | { readonly type: 'chunk'; readonly call: number; readonly bytes: Uint8Array }

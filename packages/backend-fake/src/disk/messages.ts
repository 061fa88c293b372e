import type { Either } from 'fp-ts/lib/Either.js'
import type { FilesError } from '@varve/core/ports'
import type { Operation } from '../world/operations.js'
import type { Done } from '../world/work.js'

/** What the main thread tells the worker. `call` numbers the calls. */
export type ToWorker =
  | {
      readonly type: 'call'
      readonly call: number
      readonly name: Operation
      readonly args: readonly unknown[]
      readonly cutAfter: number | undefined
    }
  | { readonly type: 'stop'; readonly call: number }

/** What the worker tells the main thread. */
export type FromWorker =
  | { readonly type: 'done'; readonly call: number; readonly outcome: Either<FilesError, unknown> }
  | { readonly type: 'progress'; readonly call: number; readonly done: Done }

import type { Either } from 'fp-ts/lib/Either.js'
import type { Failure } from '../model/fault.js'
import type { ByteStream, FilesError } from '../runtime/ports.js'
import type { Answer, Arguments, Operation } from './operations.js'

/** Files and bytes that were worked on so far. */
export type Done = { readonly files: number; readonly bytes: number }

type CommonOptions = { readonly signal?: AbortSignal; readonly progress?: (done: Done) => void }

/** What goes with a call. `signal` ends it; `progress` is told what was worked on so far. */
export type CallOptions = CommonOptions & {
  /** Of ImportLayer: the uncompressed tar. */
  readonly tar?: ByteStream<Failure>
  /** Takes chunks of the tar that are needed no more. */
  readonly spend?: (chunk: Uint8Array) => void
}

/** What goes with an export. */
export type StreamOptions = CommonOptions & {
  /** Chunks of the stream that are needed no more, one at a call. */
  readonly spent?: () => Uint8Array | undefined
}

/**
 * Has operations done where they are done: in threads, or in slices of this one. No call rejects. A call whose signal has fired
 * ends: undone where `isUndone` says so, else stopped (`stoppedFault`).
 */
export type Driver = {
  readonly call: <K extends Operation>(
    name: K,
    args: Arguments<K>,
    options?: CallOptions,
  ) => Promise<Either<FilesError, Answer<K>>>
  /** The bytes that an export puts out. It begins at the first `next()`; leaving the loop ends it. */
  readonly stream: (args: Arguments<'exportLayer'>, options: StreamOptions) => ByteStream<FilesError>
  /** Ends the driver once nothing of it runs any more. */
  readonly end: () => Promise<void>
}

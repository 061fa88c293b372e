import type { Failure } from '@varve/core/ports'

/** What comes out of a stream of bytes: some of them, its failure, or its end. */
export type Arrival =
  | { readonly type: 'bytes'; readonly bytes: Uint8Array }
  | { readonly type: 'failed'; readonly failure: Failure }
  | { readonly type: 'end' }

/** Where work takes bytes from, which are its own until it takes again. Undefined: nothing has come yet, or everything was taken. */
export type Inlet = { readonly take: () => Arrival | undefined }

/** Where work puts bytes, which are not its own any more then. */
export type Outlet = {
  readonly hasRoom: () => boolean
  readonly put: (bytes: Uint8Array) => void
  /** The buffer of a chunk that was put out and came back. */
  readonly spare?: () => ArrayBuffer | undefined
}

/** What reaches a piece of work while it runs. */
export type Control = {
  /** Whether its caller wants it undone. */
  readonly isCancelled: () => boolean
  readonly inlet?: Inlet
  readonly outlet?: Outlet
}

/** Work that nobody speaks to. */
export const alone: Control = { isCancelled: () => false }

/** Bytes in a chunk of a tar. */
export const chunkLength = 256 * 1024
/** Chunks on their way between two threads. */
export const chunksInFlight = 8

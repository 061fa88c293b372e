import type { Arrival } from '@varve/core/adapter'

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

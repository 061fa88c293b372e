import type { Either } from 'fp-ts/lib/Either.js'
import type { ByteStream, FilesError, Layout } from '@varve/core/ports'
import { openLanes, type CallOptions, type Job, type StreamOptions } from './lanes/lanes.js'
import { describe, isUndone, turnOf } from './layers/asked.js'
import type { Answer, Arguments, Operation } from './layers/operations.js'

/**
 * Where the functions of Windows come from when it is not Windows itself: the paths of its DLLs by their names, and a module
 * that exports `adapt`. Plain data, as each lane loads them for itself.
 */
export type NativeSource = { readonly module?: URL; readonly dlls?: Readonly<Record<string, string>> }

/** Runs operations in lanes. No call rejects. */
export type Driver = {
  readonly call: <K extends Operation>(
    name: K,
    args: Arguments<K>,
    options?: CallOptions,
  ) => Promise<Either<FilesError, Answer<K>>>
  /** The bytes that an export puts out. It begins at the first `next()`; leaving the loop ends it. */
  readonly stream: (args: Arguments<'exportLayer'>, options: StreamOptions) => ByteStream<FilesError>
  /** Ends the lanes, each when nothing runs in it any more. */
  readonly end: () => Promise<void>
}

/** What a lane is given to make its world of. */
export type LaneWorld = {
  readonly layout: Layout
  readonly module: string | undefined
  readonly dlls: Readonly<Record<string, string>>
}

const jobOf = (name: Operation, args: readonly unknown[]): Job => {
  const asked = { name, args }
  return { ...asked, what: describe(asked), turn: turnOf(asked), isUndone: isUndone(asked) }
}

/** Nothing is started, and no native code is loaded, before the first call. */
export const openDriver = (layout: Layout, { module, dlls = {} }: NativeSource = {}): Driver => {
  const world: LaneWorld = { layout, module: module?.href, dlls }
  const { call, stream, end } = openLanes(new URL('./lanes/worker.js', import.meta.url), world)
  return {
    call: (name, args, options) => call(jobOf(name, args), options) as Promise<Either<FilesError, never>>,
    stream: (args, options) => stream(jobOf('exportLayer', args), options),
    end,
  }
}

import type { BackendMend, ByteStream, ExportedLayer, Failure, FilesError, Intent, Result } from '@varve/core/ports'
import type { Either } from 'fp-ts/lib/Either.js'
import { attachLayer } from './attach.js'
import { alone, type Control } from './control.js'
import { createLayer } from './create.js'
import { detachLayer } from './detach.js'
import { exportLayer } from './export.js'
import * as files from './files.js'
import { importLayer } from './import.js'
import { claim, quarantine } from './open.js'
import { destroyLayer, retireLayer } from './retire.js'
import { mend } from './mend.js'
import { sealLayer } from './seal.js'
import { partsOf, sidecarTextOf, survey } from './survey.js'
import { usageOf } from './usage.js'
import type { Done, Work } from './work.js'
import type { World } from './world.js'

function* perform(world: World, intent: Intent, control: Control = alone): Work<Result> {
  switch (intent.type) {
    case 'CreateLayer':
      return yield* createLayer(world, intent)
    case 'SealLayer':
      return yield* sealLayer(world, intent, control)
    case 'ImportLayer':
      return yield* importLayer(world, intent, control)
    case 'AttachLayer':
      return yield* attachLayer(world, intent)
    case 'DetachLayer':
      return yield* detachLayer(world, intent)
    case 'RetireLayer':
      return yield* retireLayer(world, intent)
    case 'DestroyLayer':
      return yield* destroyLayer(world, intent)
  }
}

/**
 * Everything a world can be asked to do, by name. Arguments and results are plain data, so that they can cross threads; what
 * takes a `Control` takes it last.
 */
export const operations = {
  claim,
  quarantine,
  perform,
  exportLayer,
  usage: usageOf,
  survey,
  partsOf,
  sidecarTextOf,
  mend,
  ...files,
}

type Operations = typeof operations
export type Operation = keyof Operations

type WithoutControl<A extends readonly unknown[]> = Required<A> extends readonly [...infer Data, Control] ? Data : A
type Tail<F> = F extends (world: World, ...args: infer A) => unknown ? WithoutControl<A> : never
export type Arguments<K extends Operation> = Tail<Operations[K]>
export type Answer<K extends Operation> = Operations[K] extends (...args: never) => Work<infer T> ? T : never

/** Starts an operation whose name and arguments come as data. */
export const begin = <K extends Operation>(
  world: World,
  name: K,
  args: Arguments<K>,
  control: Control,
): Work<Answer<K>> => {
  const operation = operations[name] as unknown as (world: World, ...args: unknown[]) => Work<Answer<K>>
  return operation(world, ...args, control)
}

/** What was asked, for messages. */
export const describe = (name: Operation, args: readonly unknown[]): string => {
  if (name === 'claim' || name === 'quarantine') return 'open'
  if (name === 'survey') return 'looking into the root'
  if (name === 'mend') return `mending (${(args[0] as BackendMend).type})`
  if (name === 'exportLayer') return `export of layer ${(args[0] as ExportedLayer).id}`
  if (name !== 'perform') return `${name} of layer ${String(args[0])}`
  const { type, layer } = args[0] as Intent
  return `${type} of layer ${layer}`
}

/** Whether it undoes what it has done when its signal fires. What does not just stops. */
export const isUndone = (name: Operation, args: readonly unknown[]): boolean =>
  name === 'perform' && ['SealLayer', 'ImportLayer'].includes((args[0] as Intent).type)

type CommonOptions = {
  readonly signal?: AbortSignal
  readonly progress?: (done: Done) => void
}

export type StreamOptions = CommonOptions & {
  /** Chunks of the stream that are needed no more, one at a call. */
  readonly spent?: (() => Uint8Array | undefined) | undefined
}

export type CallOptions = CommonOptions & {
  /** Steps after which the work is cut. */
  readonly cutAfter?: number
  readonly tar?: ByteStream<Failure>
  /** Takes chunks of the tar that are needed no more. */
  readonly spend?: (chunk: Uint8Array) => void
}

/** Runs operations of one world. No call rejects. */
export type Driver = {
  readonly call: <K extends Operation>(
    name: K,
    args: Arguments<K>,
    options?: CallOptions,
  ) => Promise<Either<FilesError, Answer<K>>>
  /** The bytes that an operation puts out. It begins at the first `next()`; leaving the loop ends it. */
  readonly stream: (args: Arguments<'exportLayer'>, options: StreamOptions) => ByteStream<FilesError>
  /** Ends the driver; nothing is running any more. */
  readonly end: () => Promise<void>
}

import {
  layersNeeded,
  type Answer,
  type Arguments,
  type CallOptions,
  type Driver,
  type Operation,
} from '@varve/core/adapter'
import type { FilesError, Intent, Result } from '@varve/core/ports'
import type { Either } from 'fp-ts/lib/Either.js'
import { attachLayer } from './attach.js'
import { alone, type Control } from './control.js'
import { createLayer } from './create.js'
import { detachLayer } from './detach.js'
import { exportLayer } from './export.js'
import * as files from './files.js'
import { importLayer } from './import.js'
import { mend } from './mend.js'
import { claim, quarantine } from './open.js'
import { bringBack, destroyLayer, retireLayer } from './retire.js'
import { sealLayer } from './seal.js'
import { look, survey } from './survey.js'
import { usageOf } from './usage.js'
import { step, type Work } from './work.js'
import type { World } from './world.js'

function* performOne(world: World, intent: Intent, control: Control): Work<Result> {
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
 * What is answered survives loss of power, but for an attachment, which is made anew. A seal sees to it itself, as long as it can be
 * undone.
 */
function* perform(world: World, intent: Intent, control: Control = alone): Work<Result> {
  yield* bringBack(world, layersNeeded(intent))
  const result = yield* performOne(world, intent, control)
  if (intent.type === 'AttachLayer' || intent.type === 'SealLayer') return result
  yield step
  // Whoever had a parentless layer attached wrote into the layer itself.
  world.disk.sync(intent.type === 'DetachLayer' && intent.parents.length === 0)
  return result
}

/** Everything a world can be asked to do; what takes a `Control` takes it last. */
export const operations = {
  claim,
  quarantine,
  perform,
  exportLayer,
  usage: usageOf,
  survey,
  look,
  mend,
  ...files,
} satisfies {
  [K in Operation]: (world: World, ...args: [...Arguments<K>, Control]) => Work<Answer<K>>
}

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

/** A driver whose work can be cut on demand. */
export type WorldDriver = Omit<Driver, 'call'> & {
  readonly call: <K extends Operation>(
    name: K,
    args: Arguments<K>,
    /** `cutAfter`: steps after which the work is cut. */
    options?: CallOptions & { readonly cutAfter?: number },
  ) => Promise<Either<FilesError, Answer<K>>>
}

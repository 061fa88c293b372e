import { layersNeeded, type Answer, type Arguments, type Operation } from '@varve/core/adapter'
import type { Intent, Result } from '@varve/core/ports'
import { attachLayer } from './attach.js'
import type { Control } from './control.js'
import * as content from './content.js'
import { createLayer } from './create.js'
import { detachLayer } from './detach.js'
import { exportLayer } from './export.js'
import { importLayer } from './import.js'
import { claim, quarantine } from './open.js'
import { bringBack, destroyLayer, retireLayer } from './retire.js'
import { mend } from './mend.js'
import { sealLayer } from './seal.js'
import { look, survey } from './survey.js'
import { usageOf } from './usage.js'
import { lasting } from './volume.js'
import type { World } from './world.js'

/** What was done is durable before it is answered; a seal and an import see to it themselves, as long as they can be undone. */
const perform = (world: World, intent: Intent, control: Control): Result => {
  bringBack(world, layersNeeded(intent))
  switch (intent.type) {
    case 'CreateLayer':
      return lasting(world, createLayer(world, intent))
    case 'SealLayer':
      return sealLayer(world, intent, control)
    case 'ImportLayer':
      return importLayer(world, intent, control)
    case 'AttachLayer':
      return attachLayer(world, intent)
    case 'DetachLayer':
      return lasting(world, detachLayer(world, intent))
    case 'RetireLayer':
      return lasting(world, retireLayer(world, intent))
    case 'DestroyLayer':
      return destroyLayer(world, intent)
  }
}

/** Everything a world can be asked to do; what takes a `Control` takes it last. A failure is raised. */
export const operations = {
  claim,
  quarantine,
  perform,
  exportLayer,
  usage: usageOf,
  survey,
  look,
  mend,
  ...content,
} satisfies {
  [K in Operation]: (world: World, ...args: [...Arguments<K>, Control]) => Answer<K>
}

/** Runs an operation whose name and arguments come as data. */
export const run = <K extends Operation>(world: World, name: K, args: Arguments<K>, control: Control): Answer<K> => {
  const operation = operations[name] as unknown as (world: World, ...args: unknown[]) => Answer<K>
  return operation(world, ...args, control)
}

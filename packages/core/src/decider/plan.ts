import * as E from 'fp-ts/lib/Either.js'
import type { Command } from '../model/command.js'
import type { Decided } from '../model/event.js'
import type { Rejection } from '../model/fault.js'
import type { Intent, Outcome, Result } from '../model/intent.js'
import type { State } from '../state/state.js'
import { step } from './step.js'

const nothingUsed = { size: 0, inodes: 0, onDisk: 0, scratch: 0 }

const success = (intent: Intent): Result => {
  switch (intent.type) {
    case 'CreateLayer':
      return { type: 'LayerCreated', usage: nothingUsed, effective: null }
    case 'SealLayer':
      return { type: 'LayerSealed', usage: nothingUsed }
    case 'ImportLayer':
      return { type: 'LayerImported', usage: nothingUsed, entries: 0 }
    case 'AttachLayer':
      return { type: 'LayerAttached' }
    case 'DetachLayer':
      return { type: 'LayerDetached', usage: nothingUsed }
    case 'RetireLayer':
      return { type: 'LayerRetired' }
    case 'DestroyLayer':
      return { type: 'LayerDestroyed' }
  }
}

const succeeded = (intent: Intent): Outcome => {
  const outcome = { type: 'Succeeded', intent: intent.id, result: success(intent) } as const
  return intent.type === 'ImportLayer' ? { ...outcome, tar: { diffId: intent.descriptor.digest, size: 0 } } : outcome
}

const fromOutcomes: ReadonlySet<string> = new Set(['usage', 'effective', 'failure', 'diffId', 'size', 'entries'])

type PlannedEvent = { readonly type: Decided['type']; readonly data: Readonly<Record<string, unknown>> }

const planned = ({ type, data }: Decided): PlannedEvent => ({
  type,
  data: Object.fromEntries(Object.entries(data).filter(([field]) => !fromOutcomes.has(field))),
})

/**
 * The events and intents of a command and of what follows when every intent succeeds, without the data that only outcomes
 * know. Nothing is executed.
 */
export const foresee = (
  state: State,
  command: Command,
  now: bigint,
): E.Either<Rejection, { readonly events: readonly PlannedEvent[]; readonly intents: readonly Intent[] }> => {
  const events: PlannedEvent[] = []
  const intents: Intent[] = []
  const waiting: Intent[] = []
  let stepped = step(state, command, now)
  for (;;) {
    if (E.isLeft(stepped)) return stepped
    events.push(...stepped.right.recorded.map(planned))
    intents.push(...stepped.right.intents)
    waiting.push(...stepped.right.intents)
    const intent = waiting.shift()
    if (intent === undefined) return E.right({ events, intents })
    stepped = step(stepped.right.state, succeeded(intent), now)
  }
}

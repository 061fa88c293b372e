import type { Event } from '../model/event.js'
import type { Failure } from '../model/fault.js'
import type { Outcome } from '../model/intent.js'
import { get } from '../state/table.js'
import type { Asking, State } from '../state/state.js'

const succeeded = (asking: Asking, { result, tar }: Extract<Outcome, { type: 'Succeeded' }>): readonly Event[] => {
  const { data } = asking
  switch (asking.type) {
    case 'PrepareAccepted':
      if (result.type !== 'LayerCreated') break
      return [
        {
          type: 'Prepared',
          data: { id: data.id, key: asking.data.key, effective: result.effective, usage: result.usage },
        },
      ]
    case 'CommitAccepted': {
      if (result.type !== 'LayerSealed') break
      const { id, key, name } = asking.data
      return [{ type: 'Committed', data: { id, key, name, usage: result.usage } }]
    }
    case 'ApplyAccepted': {
      if (result.type !== 'LayerImported' || tar === undefined) break
      const { id, key } = asking.data
      return [{ type: 'Applied', data: { id, key, ...tar, entries: result.entries, usage: result.usage } }]
    }
    case 'RemoveAccepted':
      if (result.type !== 'LayerRetired') break
      return [{ type: 'Removed', data: asking.data }]
    case 'AttachAccepted':
      if (result.type !== 'LayerAttached') break
      return [{ type: 'Attached', data: asking.data }]
    case 'DetachAccepted':
      if (result.type !== 'LayerDetached') break
      return [{ type: 'Detached', data: { ...asking.data, usage: result.usage } }]
    case 'PrepareFailed':
    case 'Removed':
      if (result.type !== 'LayerDestroyed') break
      return [{ type: 'Destroyed', data: { id: data.id } }]
  }
  throw new Error(`intent ${asking.seq} of ${asking.type} can't end with ${result.type}`)
}

/** An owed intent that fails is not over: it gives no events and is tried again. */
const failed = (asking: Asking, failure: Failure): readonly Event[] => {
  switch (asking.type) {
    case 'PrepareAccepted':
      return [{ type: 'PrepareFailed', data: { id: asking.data.id, key: asking.data.key, failure } }]
    case 'CommitAccepted': {
      const { id, key, name } = asking.data
      return [{ type: 'CommitFailed', data: { id, key, name, failure } }]
    }
    case 'ApplyAccepted':
      return [{ type: 'ApplyFailed', data: { id: asking.data.id, key: asking.data.key, failure } }]
    case 'RemoveAccepted':
      return [{ type: 'RemoveFailed', data: { ...asking.data, failure } }]
    case 'AttachAccepted':
      return [{ type: 'AttachFailed', data: { ...asking.data, failure } }]
    case 'DetachAccepted':
      return [{ type: 'DetachFailed', data: { ...asking.data, failure } }]
    case 'PrepareFailed':
    case 'Removed':
      return []
  }
}

/** The events of an intent's end; none when the intent is not outstanding. */
export const decideOutcome = (state: State, outcome: Outcome): readonly Event[] => {
  const asking = get(state.outstanding, outcome.intent)
  if (asking === undefined) return []
  return outcome.type === 'Succeeded' ? succeeded(asking, outcome) : failed(asking, outcome.failure)
}

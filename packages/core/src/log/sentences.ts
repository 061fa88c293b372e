import type { Recorded } from '../model/event.js'
import { shown } from '../model/fault.js'

/** ` on "parent"`, or nothing. */
export const onParent = (parent: string): string => (parent === '' ? '' : ` on ${shown(parent)}`)

/** An event of a snapshot's life, told in a sentence. */
export const sentenceOf = ({ type, data }: Recorded): string => {
  switch (type) {
    case 'PrepareAccepted':
      return `${data.kind === 'View' ? 'view' : 'prepare'} ${shown(data.key)}${onParent(data.parent)} was accepted`
    case 'Prepared':
      return 'its layer was made'
    case 'PrepareFailed':
      return `its layer could not be made: ${data.failure.message}`
    case 'CommitAccepted':
      return `commit of ${shown(data.key)} as ${shown(data.name)}${onParent(data.parent)} was accepted`
    case 'Committed':
      return `it became the Committed snapshot ${shown(data.name)}`
    case 'CommitFailed':
      return `it was not committed as ${shown(data.name)}: ${data.failure.message}`
    case 'ApplyAccepted':
      return `apply of ${data.descriptor.digest} was accepted`
    case 'Applied':
      return `${data.entries} entries of a tar were applied, whose digest is ${data.diffId}`
    case 'ApplyFailed':
      return `nothing was applied: ${data.failure.message}`
    case 'CancelAccepted':
      return `intent ${data.intent} was told to undo what it had done`
    case 'RemoveAccepted':
      return `removal of ${shown(data.key)} was accepted`
    case 'Removed':
      return `its record was removed; what is left of it, rm-${data.id}, is to be destroyed`
    case 'RemoveFailed':
      return `it was not removed: ${data.failure.message}`
    case 'Destroyed':
      return 'what was left of it was destroyed'
    case 'Updated':
      return `its labels became ${JSON.stringify(data.labels)}`
    case 'AttachAccepted':
      return 'attach was accepted'
    case 'Attached':
      return 'it was attached'
    case 'AttachFailed':
      return `it was not attached: ${data.failure.message}`
    case 'DetachAccepted':
      return 'detach was accepted'
    case 'Detached':
      return 'it was detached'
    case 'DetachFailed':
      return `it was not detached: ${data.failure.message}`
    case 'Rescued':
      return `it was rescued without its records, as the ${data.kind} snapshot ${shown(data.name)}${onParent(data.parent)}`
    case 'GivenUp':
      return `it was given up: ${data.reason}`
    case 'IdsBurnt':
    case 'LogCreated':
    case 'Quarantined':
    case 'LossAccepted':
      return 'the log was opened'
  }
}

import * as E from 'fp-ts/lib/Either.js'
import type { Command } from '../model/command.js'
import type { Event } from '../model/event.js'
import { unavailable, type Rejection } from '../model/fault.js'
import type { Outcome } from '../model/intent.js'
import type { State } from '../state/state.js'
import { decideOutcome } from './outcome.js'
import { decideApply, decideCancel } from './apply-rules.js'
import { decideAttach, decideCommit, decideCreate, decideDetach, decideRemove, decideUpdate } from './rules.js'
import { blockersOf } from './touches.js'

/** What the decider is told: what a caller asks, or how an intent ended. */
export type Input = Command | Outcome

const decideCommand = (state: State, command: Command): E.Either<Rejection, readonly Event[]> => {
  switch (command.type) {
    case 'Prepare':
    case 'View':
      return decideCreate(state, command)
    case 'Commit':
      return decideCommit(state, command)
    case 'Remove':
      return decideRemove(state, command)
    case 'Update':
      return decideUpdate(state, command)
    case 'Attach':
      return decideAttach(state, command)
    case 'Detach':
      return decideDetach(state, command)
    case 'Apply':
      return decideApply(state, command)
    case 'Cancel':
      return decideCancel(state, command)
  }
}

/**
 * The events that an input leads to, or the refusal. Pure. A command on a pending key, name or parent is Unavailable with the
 * intent to wait for. Commands are taken as decoded (`decodeCommand`).
 */
export const decide = (state: State, input: Input): E.Either<Rejection, readonly Event[]> => {
  if (input.type === 'Succeeded' || input.type === 'Failed') return E.right(decideOutcome(state, input))
  const [blocker] = blockersOf(state, input)
  if (blocker !== undefined) return E.left(unavailable(`snapshot ${blocker.name}`, blocker.intent))
  return decideCommand(state, input)
}

import * as E from 'fp-ts/lib/Either.js'
import { find } from '@varve/core'
import type { Checker } from './checkers.js'
import type { Machine } from './machine.js'
import { childrenOf, type Asking } from './model.js'

/** How many names are blocked while such an intent runs. */
const blocked: Readonly<Record<Asking['type'], number>> = {
  PrepareAccepted: 1,
  CommitAccepted: 2,
  ApplyAccepted: 1,
  RemoveAccepted: 1,
  AttachAccepted: 1,
  DetachAccepted: 1,
  PrepareFailed: 0,
  Removed: 0,
}

/** No name is blocked without an intent that is under way, none is free that one works on. */
const marksAgree = ({ model, state }: Machine): string | undefined => {
  const asking = [...model.asking.values()]
  const names = asking.reduce((sum, { type }) => sum + blocked[type], 0)
  if (state.outstanding.size !== asking.length)
    return `${state.outstanding.size} intents are outstanding, and ${asking.length} have not ended`
  return state.pending.size === names ? undefined : `${state.pending.size} names are pending, and ${names} should be`
}

const countsAgree = ({ model, state }: Machine): string | undefined => {
  for (const layer of model.layers.values()) {
    const found = find(state, layer.name)
    const counted = E.isRight(found) ? found.right.children : 'no record'
    if (counted !== childrenOf(model, layer))
      return `${layer.name} counts ${counted}, and ${childrenOf(model, layer)} stand on it`
  }
  return undefined
}

export const markCheckers: readonly Checker[] = [
  { name: 'pending marks and intents agree', answer: marksAgree, opened: marksAgree, rest: marksAgree },
  { name: 'child counts are right', answer: countsAgree, opened: countsAgree, rest: countsAgree },
]

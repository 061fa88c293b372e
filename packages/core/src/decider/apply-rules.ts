import * as E from 'fp-ts/lib/Either.js'
import type { Apply, Cancel } from '../model/command.js'
import { defaultApplyLimits } from '../model/descriptor.js'
import type { Event } from '../model/event.js'
import { failedPrecondition, invalidArgument, notFound, type Rejection } from '../model/fault.js'
import { get } from '../state/table.js'
import type { State } from '../state/state.js'

type Decision = E.Either<Rejection, readonly Event[]>

/**
 * Into the empty layer of an Active unpack snapshot. What was applied already is done; a View would be filled for its parent
 * (a hole of containerd's differ) and is refused.
 */
export const decideApply = (state: State, { key, descriptor, limits }: Apply): Decision => {
  const snapshot = get(state.snapshots, key)
  if (snapshot === undefined) return E.left(notFound(`apply: snapshot ${key}`))
  const { id, kind, purpose, unpacked } = snapshot
  if (kind === 'View') return E.left(invalidArgument('key', key, 'must name an Active snapshot, and this is a View'))
  if (kind !== 'Active' || purpose !== 'unpack') {
    const found = `snapshot ${key} is ${kind}, made with the purpose ${purpose}`
    return E.left(failedPrecondition(`apply: ${found}; prepare one with purpose: 'unpack' for it`))
  }
  if (unpacked !== undefined) {
    if (unpacked.descriptor.digest === descriptor.digest) return E.right([])
    const found = `snapshot ${key} holds ${unpacked.descriptor.digest} already`
    return E.left(
      failedPrecondition(`apply ${descriptor.digest}: ${found}; prepare another with purpose: 'unpack' for it`),
    )
  }
  return E.right([
    {
      type: 'ApplyAccepted',
      data: { id, key, descriptor: { ...descriptor }, limits: { ...defaultApplyLimits, ...limits } },
    },
  ])
}

/** Of a commit or an apply that has not ended. Asked twice it is cancelled once. */
export const decideCancel = (state: State, { key }: Cancel): Decision => {
  const snapshot = get(state.snapshots, key)
  if (snapshot === undefined) return E.left(notFound(`cancel: snapshot ${key}`))
  const pending = get(state.pending, key)
  const asking = pending === undefined ? undefined : get(state.outstanding, pending.intent)
  if (asking?.type !== 'CommitAccepted' && asking?.type !== 'ApplyAccepted')
    return E.left(failedPrecondition(`cancel: no commit and no apply of snapshot ${key} is under way`))
  if (asking.cancelled === true) return E.right([])
  return E.right([{ type: 'CancelAccepted', data: { id: snapshot.id, key, intent: String(asking.seq) } }])
}

import * as E from 'fp-ts/lib/Either.js'
import type { Attach, Commit, Detach, Prepare, Remove, Update, View } from '../model/command.js'
import type { Event } from '../model/event.js'
import { alreadyExists, failedPrecondition, invalidArgument, notFound, type Rejection } from '../model/fault.js'
import { labelsFault } from '../model/labels.js'
import { profileRow } from '../model/profile.js'
import { labelOf, storedLabels, type Labels, type Snapshot } from '../model/snapshot.js'
import { get } from '../state/table.js'
import { isAttached, type State } from '../state/state.js'
import { scratchRequest } from './size-labels.js'

type Decision = E.Either<Rejection, readonly Event[]>

const find = (state: State, name: string): Snapshot | undefined => get(state.snapshots, name)

/** Unpack keys of containerd look like `extract-<nanoseconds>-<random> <chain id>`; its own test is for `extract` anywhere. */
const purposeOf = (command: Prepare | View): 'scratch' | 'unpack' =>
  command.purpose ?? (command.key.includes('extract-') ? 'unpack' : 'scratch')

/** containerd metastore: the parent is checked before the key; the size labels after both. */
export const decideCreate = (state: State, command: Prepare | View): Decision => {
  const { key, parent = '', labels = {} } = command
  const asked = `${command.type === 'Prepare' ? 'prepare' : 'view'} ${key}`
  const parentFound = find(state, parent)
  if (parent !== '' && parentFound === undefined) return E.left(notFound(`${asked}: parent snapshot ${parent}`))
  if (parentFound !== undefined && parentFound.kind !== 'Committed') {
    const advice = parentFound.kind === 'Active' ? 'commit it first' : "it can't become one"
    const rule = `must name a Committed snapshot (${parent} is ${parentFound.kind}: ${advice})`
    return E.left(invalidArgument('parent', parent, rule))
  }
  const taken = find(state, key)
  if (taken !== undefined) return E.left(alreadyExists(`${asked}: ${taken.kind} snapshot ${key}`))
  const kind = command.type === 'Prepare' ? 'Active' : 'View'
  const purpose = purposeOf(command)
  const row = profileRow(state.profile, kind, parentFound !== undefined, purpose)
  const scratch = row.start === 'scratch' ? scratchRequest(labels, row.sizedBy) : E.right(null)
  if (E.isLeft(scratch)) return scratch
  const id = state.lastId + 1
  const data = { id, key, kind, parent, purpose, labels: storedLabels(labels), profile: state.profile } as const
  return E.right([{ type: 'PrepareAccepted', data: { ...data, scratch: scratch.right } }])
}

/** What the parent is after a commit. containerd >= 2.2: a parentless snapshot may gain a parent, no other change. */
const parentAfterCommit = (state: State, command: Commit, snapshot: Snapshot): E.Either<Rejection, string> => {
  const { parent = '', key, name } = command
  if (parent === '' || parent === snapshot.parent) return E.right(snapshot.parent)
  if (snapshot.parent !== '') {
    return E.left(
      invalidArgument('parent', parent, `must be ${snapshot.parent}, the parent that ${key} has, or absent`),
    )
  }
  if (parent === name) return E.left(invalidArgument('parent', parent, 'must not be the name being committed'))
  const found = parent === key ? undefined : find(state, parent)
  if (found === undefined) return E.left(notFound(`commit ${key}: parent snapshot ${parent}`))
  if (found.kind !== 'Committed') {
    return E.left(failedPrecondition(`commit ${key}: parent snapshot ${parent} is ${found.kind}, not Committed`))
  }
  return E.right(parent)
}

/** The key first, then the name, then the parent, all of it before any conversion starts. */
export const decideCommit = (state: State, command: Commit): Decision => {
  const { key, name, labels = {} } = command
  const snapshot = find(state, key)
  if (snapshot === undefined) return E.left(notFound(`commit ${key}: snapshot ${key}`))
  if (snapshot.kind !== 'Active') {
    return E.left(
      failedPrecondition(`commit ${key}: snapshot ${key} is ${snapshot.kind}, only an Active one can be committed`),
    )
  }
  if (isAttached(state, key)) {
    return E.left(failedPrecondition(`commit ${key}: snapshot ${key} is attached, detach it first`))
  }
  const taken = find(state, name)
  if (taken !== undefined) return E.left(alreadyExists(`commit ${key}: ${taken.kind} snapshot ${name}`))
  const parent = parentAfterCommit(state, command, snapshot)
  if (E.isLeft(parent)) return parent
  const { id } = snapshot
  const data = { id, key, name, parent: parent.right, labels: storedLabels(labels), profile: state.profile }
  return E.right([{ type: 'CommitAccepted', data }])
}

/** Every kind may be removed, an attached one too, but none that others stand on. */
export const decideRemove = (state: State, { key }: Remove): Decision => {
  const snapshot = find(state, key)
  if (snapshot === undefined) return E.left(notFound(`remove snapshot ${key}`))
  if (snapshot.children > 0) {
    const count = snapshot.children === 1 ? '1 snapshot stands' : `${snapshot.children} snapshots stand`
    return E.left(failedPrecondition(`remove snapshot ${key}: ${count} on it, remove those first`))
  }
  return E.right([{ type: 'RemoveAccepted', data: { id: snapshot.id, key } }])
}

const withPath = (labels: Labels, given: Labels, path: string): Labels | undefined => {
  if (path === 'labels') return given
  if (!path.startsWith('labels.')) return undefined
  const key = path.slice('labels.'.length)
  const value = labelOf(given, key) ?? ''
  return { ...labels, [key]: value }
}

/** containerd metastore: a missing record wins over a bad path; paths are applied left to right, all or none. */
export const decideUpdate = (state: State, command: Update): Decision => {
  const { name, labels: given = {}, paths = [] } = command
  const snapshot = find(state, name)
  if (snapshot === undefined) return E.left(notFound(`update ${name}: snapshot ${name}`))
  let labels: Labels = snapshot.labels
  for (const [index, path] of (paths.length === 0 ? ['labels'] : paths).entries()) {
    const next = withPath(labels, given, path)
    if (next === undefined) {
      return E.left(
        invalidArgument(`paths[${index}]`, path, 'must be labels or labels.<key>; nothing else can be updated'),
      )
    }
    labels = next
  }
  const stored = storedLabels(labels)
  const fault = labelsFault(stored)
  if (fault !== undefined) return E.left(fault)
  return E.right([{ type: 'Updated', data: { key: name, labels: stored } }])
}

const attachable = (state: State, verb: string, key: string): E.Either<Rejection, Snapshot> => {
  const snapshot = find(state, key)
  if (snapshot === undefined) return E.left(notFound(`${verb} ${key}: snapshot ${key}`))
  if (snapshot.kind === 'Committed') {
    return E.left(failedPrecondition(`${verb} ${key}: snapshot ${key} is Committed, make a view of it to read it`))
  }
  if (snapshot.purpose === 'unpack') {
    return E.left(failedPrecondition(`${verb} ${key}: snapshot ${key} was made to be unpacked into and has no scratch`))
  }
  return E.right(snapshot)
}

/** Attaching what is attached records nothing. */
export const decideAttach = (state: State, { key }: Attach): Decision => {
  const snapshot = attachable(state, 'attach', key)
  if (E.isLeft(snapshot)) return snapshot
  const { id } = snapshot.right
  return E.right(isAttached(state, key) ? [] : [{ type: 'AttachAccepted', data: { id, key } }])
}

/** Detaching what is not attached records nothing. */
export const decideDetach = (state: State, { key }: Detach): Decision => {
  const snapshot = attachable(state, 'detach', key)
  if (E.isLeft(snapshot)) return snapshot
  const { id } = snapshot.right
  return E.right(isAttached(state, key) ? [{ type: 'DetachAccepted', data: { id, key } }] : [])
}

import type { Info, Labels } from '@varve/core'
import { bytesOf, type Call, type Content, type Ending, type Line } from './calls.js'

/** A snapshot as it has to be. `isDetached`: nothing was written since it was made or last detached. */
export type Expected = Pick<Info, 'kind' | 'parent' | 'labels'> & {
  readonly files: ReadonlyMap<string, Content>
  readonly isDetached: boolean
}

/** Every snapshot by key or name. */
export type Model = Map<string, Expected>

/** A snapshot as it is. */
export type Found = Pick<Info, 'kind' | 'parent' | 'labels'> & { readonly files: ReadonlyMap<string, Buffer> }

export type Told = {
  done: number
  refused: number
  /** By client. */
  readonly unanswered: Map<number, { readonly call: Call; readonly ending: Ending }>
  readonly violations: string[]
}

const nothing: ReadonlyMap<string, Content> = new Map()

const change = (model: Model, key: string, changed: (one: Expected) => Expected): void => {
  const one = model.get(key)
  if (one !== undefined) model.set(key, changed(one))
}

/** The call has been done. */
const take = (model: Model, call: Call): void => {
  switch (call.type) {
    case 'prepare':
    case 'view': {
      const { key, parent, labels } = call
      const files = model.get(parent)?.files ?? nothing
      return void model.set(key, {
        kind: call.type === 'view' ? 'View' : 'Active',
        parent,
        labels,
        files,
        isDetached: true,
      })
    }
    case 'commit': {
      const { parent = '', files = nothing } = model.get(call.key) ?? {}
      model.delete(call.key)
      return void model.set(call.name, { kind: 'Committed', parent, labels: call.labels, files, isDetached: true })
    }
    case 'update':
      return change(model, call.key, (one) => ({ ...one, labels: call.labels }))
    case 'remove':
      return void model.delete(call.key)
    case 'write':
      return change(model, call.key, (one) => {
        return { ...one, files: new Map(one.files).set(call.path, call.content), isDetached: false }
      })
    case 'delete':
      return change(model, call.key, (one) => {
        return { ...one, files: new Map([...one.files].filter(([path]) => path !== call.path)), isDetached: false }
      })
    case 'detach':
      return change(model, call.key, (one) => ({ ...one, isDetached: true }))
    case 'attach':
    case 'cleanup':
  }
}

const rejections: ReadonlySet<string> = new Set(['NotFound', 'AlreadyExists', 'FailedPrecondition'])

const end = (model: Model, told: Told, { client, tag, message }: Extract<Line, { type: 'end' }>): void => {
  const asked = told.unanswered.get(client)
  if (asked === undefined) return
  told.unanswered.delete(client)
  const ended = tag === 'done' ? 'done' : 'refused'
  told[ended]++
  if (ended === 'done') take(model, asked.call)
  if ((ended === 'done' || rejections.has(tag)) && [ended, 'either'].includes(asked.ending)) return
  told.violations.push(`${JSON.stringify(asked.call)} should be ${asked.ending}, ended as ${tag} ${message}`)
}

/** Takes what a process told into the model. */
export const listen = (model: Model, lines: readonly Line[]): Told => {
  const told: Told = { done: 0, refused: 0, unanswered: new Map(), violations: [] }
  for (const line of lines) {
    if (line.type === 'call') told.unanswered.set(line.client, line)
    else if (line.type === 'end') end(model, told, line)
  }
  return told
}

const sameLabels = (a: Labels, b: Labels): boolean => {
  const keys = new Set([...Object.keys(a), ...Object.keys(b)])
  return [...keys].every((key) => a[key] === b[key])
}

/** How many bytes of an unanswered write are there, when it is what the file holds. */
const beginningOf = (content: Content, found: Buffer): number | undefined =>
  found.equals(bytesOf(content).subarray(0, found.length)) ? found.length : undefined

/** Whether a call that was not answered has taken effect, or for a write how much of it has. */
const effectOf = (model: Model, call: Call, found: ReadonlyMap<string, Found>): Call | undefined => {
  switch (call.type) {
    case 'prepare':
    case 'view': {
      const one = model.has(call.key) ? undefined : found.get(call.key)
      return one !== undefined && sameLabels(one.labels, call.labels) ? call : undefined
    }
    case 'commit':
      return found.has(call.name) && !model.has(call.name) ? call : undefined
    case 'remove': {
      // Another client may have got the key since, in the very write that the removal is in.
      const one = found.get(call.key)
      return one !== undefined && sameLabels(one.labels, model.get(call.key)?.labels ?? {}) ? undefined : call
    }
    case 'update':
      return sameLabels(found.get(call.key)?.labels ?? {}, call.labels) ? call : undefined
    case 'write': {
      const file = found.get(call.key)?.files.get(call.path)
      const before = model.get(call.key)?.files.get(call.path)
      if (file === undefined || (before !== undefined && file.equals(bytesOf(before)))) return undefined
      const bytes = beginningOf(call.content, file)
      return bytes === undefined ? undefined : { ...call, content: { ...call.content, bytes } }
    }
    case 'delete':
      return found.get(call.key)?.files.has(call.path) === false ? call : undefined
    case 'attach':
    case 'detach':
    case 'cleanup':
      return undefined
  }
}

/** Settles the unanswered calls by what was found; how many have taken effect. One may be refused as if never made. */
export const settle = (model: Model, told: Told, found: ReadonlyMap<string, Found>): number => {
  let settled = 0
  for (const { call, ending } of told.unanswered.values()) {
    const effect = ending === 'refused' ? undefined : effectOf(model, call, found)
    if (effect === undefined) continue
    take(model, effect)
    settled++
  }
  return settled
}

const filesDiffer = (
  expected: ReadonlyMap<string, Content>,
  found: ReadonlyMap<string, Buffer>,
): string | undefined => {
  for (const path of new Set([...expected.keys(), ...found.keys()])) {
    const [content, bytes] = [expected.get(path), found.get(path)]
    if (content === undefined) return `has the file ${path}, which nobody wrote`
    if (bytes === undefined) return `has lost the file ${path}`
    if (!bytes.equals(bytesOf(content)))
      return `has ${bytes.length} bytes in ${path} that are not the ${content.bytes} of ${content.tag}`
  }
  return undefined
}

/** Of which files the content is compared. */
export type Promised = 'what was written' | 'what was detached'

const differ = (expected: Expected | undefined, found: Found | undefined, promised: Promised): string | undefined => {
  if (expected === undefined) return 'is there, and was never acknowledged, or refused, or removed'
  if (found === undefined) return `is gone; it was a ${expected.kind}`
  if (expected.kind !== found.kind) return `is ${found.kind}, not ${expected.kind}`
  if (expected.parent !== found.parent) return `stands on '${found.parent}', not on '${expected.parent}'`
  if (!sameLabels(expected.labels, found.labels))
    return `has labels ${JSON.stringify(found.labels)}, not ${JSON.stringify(expected.labels)}`
  return promised === 'what was detached' && !expected.isDetached ? undefined : filesDiffer(expected.files, found.files)
}

/** In what the snapshots found are not those expected. */
export const violationsOf = (
  model: Model,
  found: ReadonlyMap<string, Found>,
  promised: Promised,
): readonly string[] => {
  const violations: string[] = []
  for (const name of new Set([...model.keys(), ...found.keys()])) {
    const violation = differ(model.get(name), found.get(name), promised)
    if (violation !== undefined) violations.push(`${name} ${violation}`)
  }
  for (const [name, { parent }] of found)
    if (parent !== '' && found.get(parent)?.kind !== 'Committed')
      violations.push(`${name} stands on ${parent}, which is no layer`)
  return violations
}

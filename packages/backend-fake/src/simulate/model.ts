import type { Labels, SnapshotId } from '@varve/core/ports'
import type { EventOf, Recorded } from '@varve/core'

/** What a file may hold now; undefined: it may be missing. */
export type Possible = readonly (string | undefined)[] | 'anything'

/** A snapshot as the records tell it, and what was written in it as its clients were told. */
export type Layer = {
  readonly id: SnapshotId
  name: string
  kind: 'Active' | 'View' | 'Committed'
  /** Nearest first. */
  parents: readonly SnapshotId[]
  readonly purpose: 'scratch' | 'unpack'
  labels: Labels
  /** The intent that attached it. */
  attachedBy: string | undefined
  /** A detach failed, which may have been done: until the next one nobody can say where the content is. */
  isHalfDetached: boolean
  /** What it shows, its parents' content included, by path. A path that is not here is missing. */
  readonly content: Map<string, Possible>
  /** Paths written since the disk was last synced. */
  readonly unsynced: Set<string>
}

/** Records whose intent has not ended. */
export type Asking =
  | EventOf<'PrepareAccepted'>
  | EventOf<'PrepareFailed'>
  | EventOf<'CommitAccepted'>
  | EventOf<'ApplyAccepted'>
  | EventOf<'RemoveAccepted'>
  | EventOf<'Removed'>
  | EventOf<'AttachAccepted'>
  | EventOf<'DetachAccepted'>

/**
 * What has to be so, by the records and the answers alone: a second reading of the rules, which shares no code with the first.
 */
export type Model = {
  seq: number
  at: string
  lastId: SnapshotId
  /** By key or name. */
  readonly layers: Map<string, Layer>
  /** By id of the intent. */
  readonly asking: Map<string, Asking>
  /** What each command led to, by who asked it. */
  readonly led: Map<string, Recorded[]>
  /** The record with which each intent ended, and who had asked for it. */
  readonly ended: Map<string, Recorded>
  /** The last record that had to do with a name. */
  readonly touched: Map<string, number>
}

export const newModel = (): Model => ({
  seq: 0,
  at: '',
  lastId: 0,
  layers: new Map(),
  asking: new Map(),
  led: new Map(),
  ended: new Map(),
  touched: new Map(),
})

export const layerWithId = ({ layers }: Model, id: SnapshotId): Layer | undefined =>
  [...layers.values()].find((layer) => layer.id === id)

/** Snapshots that stand on one, those that are being made included. */
export const childrenOf = ({ layers, asking }: Model, { id, name }: Layer): number =>
  [...layers.values()].filter(({ parents }) => parents[0] === id).length +
  [...asking.values()].filter(
    (one) =>
      (one.type === 'PrepareAccepted' && one.data.parent === name) ||
      (one.type === 'CommitAccepted' && one.data.parent === name && layers.get(one.data.key)?.parents[0] !== id),
  ).length

const parentsOf = ({ layers }: Model, parent: string): readonly SnapshotId[] => {
  const found = layers.get(parent)
  return found === undefined ? [] : [found.id, ...found.parents]
}

const prepared = (model: Model, { data }: EventOf<'PrepareAccepted'>): void => {
  const { id, key, kind, parent, purpose, labels } = data
  model.layers.set(key, {
    id,
    name: key,
    kind,
    parents: parentsOf(model, parent),
    purpose,
    labels,
    attachedBy: undefined,
    isHalfDetached: false,
    content: new Map(model.layers.get(parent)?.content),
    unsynced: new Set(),
  })
}

const committed = (model: Model, { data }: EventOf<'CommitAccepted'>): void => {
  const { key, name, parent, labels } = data
  const layer = model.layers.get(key)
  if (layer === undefined) return
  model.layers.delete(key)
  // A parentless one that gains a parent shows its own content over it.
  if (layer.parents.length === 0)
    for (const [path, possible] of model.layers.get(parent)?.content ?? [])
      if (!layer.content.has(path)) layer.content.set(path, possible)
  Object.assign(layer, { name, kind: 'Committed', parents: parentsOf(model, parent), labels })
  model.layers.set(name, layer)
}

const asks: ReadonlySet<string> = new Set<Asking['type']>([
  'PrepareAccepted',
  'PrepareFailed',
  'CommitAccepted',
  'ApplyAccepted',
  'RemoveAccepted',
  'Removed',
  'AttachAccepted',
  'DetachAccepted',
])

/** Takes a record that is durable. */
export const follow = (model: Model, record: Recorded): void => {
  const { seq, at, cause } = record
  Object.assign(model, { seq, at })
  for (const field of ['key', 'name', 'parent'] as const) {
    const name = (record.data as Readonly<Record<string, unknown>>)[field]
    if (typeof name === 'string') model.touched.set(name, seq)
  }
  const before = model.asking.get(cause.id)
  if (before !== undefined) {
    model.asking.delete(cause.id)
    model.ended.set(cause.id, record)
  }
  if (cause.by !== undefined) model.led.set(cause.by, [...(model.led.get(cause.by) ?? []), record])
  if (record.type === 'PrepareAccepted') model.lastId = record.data.id
  else if (record.type === 'Prepared' && before?.type === 'PrepareAccepted') prepared(model, before)
  else if (record.type === 'Committed' && before?.type === 'CommitAccepted') committed(model, before)
  else if (record.type === 'Removed') model.layers.delete(record.data.key)
  else if (record.type === 'Updated') set(model, record.data.key, { labels: record.data.labels })
  else if (record.type === 'Attached') set(model, record.data.key, { attachedBy: cause.id, isHalfDetached: false })
  else if (record.type === 'Detached') set(model, record.data.key, { attachedBy: undefined, isHalfDetached: false })
  else if (record.type === 'DetachFailed') set(model, record.data.key, { isHalfDetached: true })
  if (asks.has(record.type)) model.asking.set(String(seq), record as Asking)
}

const set = ({ layers }: Model, key: string, fields: Partial<Layer>): void => {
  const layer = layers.get(key)
  if (layer !== undefined) Object.assign(layer, fields)
}

import type { Info, SnapshotId } from '@varve/core/ports'
import type { Directory } from '../memory/nodes.js'
import { layerOf, retiredOf } from '../world/world.js'
import type { Checker, Rested } from './checkers.js'
import { allows } from './content.js'
import type { SimulatedDisk } from './disk.js'
import { strangersOf, type Machine } from './machine.js'
import { childrenOf, type Layer } from './model.js'
import { shownAt } from './shown.js'

const listed = (names: readonly string[]): string => (names.length === 0 ? 'nothing' : names.join(', '))

/** What is only in one of two lists. */
const onlyIn = (one: readonly string[], other: readonly string[]): readonly string[] =>
  one.filter((name) => !other.includes(name))

const compared = (what: string, found: readonly string[], expected: readonly string[]): string | undefined => {
  const [more, less] = [onlyIn(found, expected), onlyIn(expected, found)]
  return more.length + less.length === 0 ? undefined : `${what}: ${listed(more)} too much, ${listed(less)} missing`
}

const walkAgrees = ({ model }: Machine, { infos }: Rested): string | undefined => {
  const shape = (name: string, kind: string, parent: string): string => `${name} (${kind}, on ${parent || 'nothing'})`
  const nameOf = (id: SnapshotId | undefined): string =>
    id === undefined
      ? ''
      : ([...model.layers.values()].find((layer) => layer.id === id)?.name ?? `a missing layer ${id}`)
  return compared(
    'walk',
    infos.map(({ name, kind, parent }: Info) => shape(name, kind, parent)),
    Array.from(model.layers.values(), ({ name, kind, parents }) => shape(name, kind, nameOf(parents[0]))),
  )
}

const childrenCounted = ({ model }: Machine, { removable }: Rested): string | undefined => {
  for (const layer of model.layers.values()) {
    const children = childrenOf(model, layer)
    if ((children === 0) !== removable.has(layer.name))
      return `${layer.name} has ${children} on it and ${removable.has(layer.name) ? 'could' : 'could not'} be removed`
  }
  return undefined
}

/** A layer whose removal failed may bear the name that it was given for it. */
const idIn = /^(?:rm-)?(?<id>\d+)/

const idOf = (name: string): number => Number(idIn.exec(name)?.groups?.['id'])

/** What a failed run may leave of a layer that is still there; its next run or the next opening removes it. */
const leftovers = /^\d+\.(?:tmp|part|gone|probe|ndjson|seal)$/

/** Folders of things that belong to one layer each, and which layers may have one there. */
const places: Readonly<Record<string, (layer: Layer) => 'must' | 'may' | 'never'>> = {
  snapshots: () => 'must',
  meta: () => 'must',
  scratch: ({ kind }) => (kind === 'Committed' ? 'never' : 'may'),
  // An attach that failed may have been done.
  mounts: ({ kind, attachedBy, parents, isHalfDetached }) => {
    if (parents.length === 0 || kind === 'Committed') return 'never'
    return attachedBy === undefined || isHalfDetached ? 'may' : 'must'
  },
  tables: () => 'may',
}

const diskIsLog = (machine: Machine): string | undefined => {
  const { model, disk } = machine
  const strangers = strangersOf(machine)
  for (const [folder, rule] of Object.entries(places)) {
    const names = disk.disk.readdir(folder).map(({ name }) => name)
    const own = names.filter((name) => !strangers.includes(`${folder}/${name}`))
    const layers = [...model.layers.values()]
    for (const name of own) {
      const id = idOf(name)
      const layer = layers.find((one) => one.id === id)
      const isLeftover = layer !== undefined && leftovers.test(name)
      if (layer === undefined || (rule(layer) === 'never' && !isLeftover))
        return `${folder}/${name} is there, and no layer has it`
    }
    const missing = layers.find((layer) => rule(layer) === 'must' && !own.some((name) => idOf(name) === layer.id))
    if (missing !== undefined) return `${folder}/${missing.id} is missing, and ${missing.name} has it`
  }
  return undefined
}

/** What was acknowledged is there, byte for byte. Where several contents were possible, the one found is the one from now on. */
const contentsAreThere = (machine: Machine): string | undefined => {
  for (const layer of machine.model.layers.values())
    for (const [path, possible] of layer.content) {
      const found = shownAt(machine.disk.disk, layer, path)
      if (!allows(possible, found))
        return `${layer.name} (layer ${layer.id}) shows ${JSON.stringify(found)} at ${path}, not ${JSON.stringify(possible)}`
      layer.content.set(path, [found])
    }
  return undefined
}

type Listing = ReadonlyMap<string, unknown>

const listingOf = (directory: Directory, at = '', into = new Map<string, unknown>()): Listing => {
  for (const [name, node] of directory.entries) {
    const path = `${at}/${name}`
    if (node.type === 'directory') listingOf(node, path, into)
    into.set(path, node.type === 'file' ? node.content : node.type === 'symlink' ? node.target : 'directory')
  }
  return into
}

const directoryAt = (root: Directory, path: string): Directory | undefined => {
  let at: Directory | undefined = root
  for (const name of path.split('/')) {
    const next: unknown = at?.entries.get(name)
    at = (next as Directory | undefined)?.type === 'directory' ? (next as Directory) : undefined
  }
  return at
}

const differs = (before: Listing, now: Listing): string | undefined => {
  for (const [path, content] of before) if (now.get(path) !== content) return path
  for (const path of now.keys()) if (!before.has(path)) return path
  return undefined
}

/** A layer that is committed is never changed, whatever is done with what stands on it. */
const committedStay = ({ model, disk, committed }: Machine): string | undefined => {
  for (const { id, kind, name } of model.layers.values()) {
    const directory = directoryAt(disk.root, layerOf(id)) ?? directoryAt(disk.root, retiredOf(id))
    if (kind !== 'Committed' || directory === undefined) continue
    const now = listingOf(directory)
    const before = committed.get(id)
    committed.set(id, now)
    const path = before && differs(before, now)
    if (path !== undefined) return `${name} is committed, and its ${path} has changed`
  }
  return undefined
}

const sidecarOf = ({ disk }: SimulatedDisk, path: string): unknown => {
  try {
    return JSON.parse(new TextDecoder().decode(disk.read(path, 0, disk.lstat(path)?.size ?? 0)))
  } catch {
    return undefined
  }
}

/** What is left of a layer when its log is lost. */
const sidecarsAgree = ({ model, disk, unmended }: Machine): string | undefined => {
  for (const { id, kind, name, parents } of model.layers.values()) {
    const found = sidecarOf(disk, `meta/${id}.json`)
    const fields = typeof found === 'object' && found !== null ? (found as Readonly<Record<string, unknown>>) : {}
    const [is, should] = [
      [fields['id'], fields['kind'], fields['name'], fields['parents']],
      [id, kind, name, parents],
    ]
    const isUnmended = unmended.has(id) && fields['kind'] === 'Committed'
    if (!isUnmended && JSON.stringify(is) !== JSON.stringify(should))
      return `meta/${id}.json says ${JSON.stringify(is)}, and the records ${JSON.stringify(should)}`
  }
  return undefined
}

export const restCheckers: readonly Checker[] = [
  { name: 'walk shows what is recorded', rest: walkAgrees },
  { name: 'child counts agree', rest: childrenCounted },
  { name: 'the disk is what the log says', rest: diskIsLog },
  { name: 'nothing acknowledged is missing', rest: contentsAreThere },
  { name: 'committed layers never change', rest: committedStay },
  { name: 'sidecars say what is recorded', rest: sidecarsAgree },
]

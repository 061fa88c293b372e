import type { Intent, Kind, Purpose, Result, Scratch, SnapshotId, Usage } from '@varve/core/ports'
import * as files from '../../src/world/files.js'
import { operations } from '../../src/world/operations.js'
import type { World } from '../../src/world/world.js'
import { run } from './worlds.js'

type Below = { readonly parents?: readonly SnapshotId[] }
type Making = Below & {
  readonly kind?: Exclude<Kind, 'Committed'>
  readonly purpose?: Purpose
  readonly scratch?: Partial<Scratch>
}

const common = { labels: { a: '1' }, profile: 'bind' } as const

export const create = (
  layer: SnapshotId,
  { kind = 'Active', parents = [], purpose = 'scratch', scratch }: Making = {},
): Intent => ({
  ...common,
  type: 'CreateLayer',
  id: `${layer}01`,
  layer,
  key: `key-${layer}`,
  kind,
  parents,
  purpose,
  scratch:
    parents.length === 0 || purpose === 'unpack'
      ? null
      : { requested: null, requestedBy: null, utilityVm: false, note: null, ...scratch },
})

type Sealing = Below & { readonly madeParentless?: boolean; readonly purpose?: Purpose; readonly applied?: boolean }

export const seal = (
  layer: SnapshotId,
  { parents = [], madeParentless, purpose = 'scratch', applied = false }: Sealing = {},
): Intent => ({
  ...common,
  type: 'SealLayer',
  id: `${layer}02`,
  layer,
  key: `key-${layer}`,
  name: `name-${layer}`,
  parents,
  madeParentless: madeParentless ?? parents.length === 0,
  purpose,
  applied,
})

export const attach = (layer: SnapshotId, parents: readonly SnapshotId[] = []): Intent => ({
  type: 'AttachLayer',
  id: `${layer}03`,
  layer,
  kind: 'Active',
  parents,
})

export const detach = (layer: SnapshotId, parents: readonly SnapshotId[] = []): Intent => ({
  type: 'DetachLayer',
  id: `${layer}04`,
  layer,
  parents,
})

export const retire = (layer: SnapshotId): Intent => ({ type: 'RetireLayer', id: `${layer}05`, layer })
export const destroy = (layer: SnapshotId): Intent => ({ type: 'DestroyLayer', id: `${layer}06`, layer })

export const perform = (world: World, intent: Intent): Result => run(operations.perform(world, intent))

export const usage = (world: World, layer: SnapshotId): Usage => run(operations.usage(world, layer))

/** Content of an attached layer, with calls that have to succeed. */
export const contentOf = (world: World, layer: SnapshotId) => ({
  read: (path: string): string => new TextDecoder().decode(run(files.read(world, layer, path))),
  write: (path: string, content: string): void => run(files.write(world, layer, path, content)),
  list: (path: string): readonly string[] => run(files.list(world, layer, path)),
  remove: (path: string): void => run(files.remove(world, layer, path)),
  rename: (from: string, to: string): void => run(files.rename(world, layer, from, to)),
  link: (existing: string, path: string): void => run(files.link(world, layer, existing, path)),
  symlink: (target: string, path: string): void => run(files.symlink(world, layer, target, path)),
})

export type Content = ReturnType<typeof contentOf>

/** Attaches, changes, detaches. */
export const change = (
  world: World,
  layer: SnapshotId,
  parents: readonly SnapshotId[],
  body: (content: Content) => void,
): Result => {
  perform(world, attach(layer, parents))
  body(contentOf(world, layer))
  return perform(world, detach(layer, parents))
}

/** Makes, fills and seals a layer. */
export const addLayer = (
  world: World,
  layer: SnapshotId,
  parents: readonly SnapshotId[],
  body: (content: Content) => void = () => undefined,
): void => {
  perform(world, create(layer, { parents }))
  change(world, layer, parents, body)
  perform(world, seal(layer, { parents }))
}

export const namesIn = ({ disk }: World, path: string): readonly string[] =>
  disk
    .readdir(path)
    .map(({ name }) => name)
    .toSorted()

export const textIn = ({ disk }: World, path: string): string =>
  new TextDecoder().decode(disk.read(path, 0, disk.lstat(path)?.size ?? 0))

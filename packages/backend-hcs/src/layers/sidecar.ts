import { pathOf, type Kind, type Labels, type Profile, type Purpose, type SnapshotId } from '@varve/core/ports'
import { isRecord, readFields, type Fields } from './fields.js'
import { sidecarOf, type World } from './world.js'

/** What is known of a layer without its log: what a rescue goes by. `name` is a key until the commit. */
export type Sidecar = {
  readonly id: SnapshotId
  readonly kind: Kind
  readonly name: string
  /** Nearest first. */
  readonly parents: readonly SnapshotId[]
  readonly purpose: Purpose
  readonly profile: Profile
  readonly labels: Labels
  /** By disk of the layer, the disk that it was copied from or stands on: paths below the layer and below the root. */
  readonly templates: Readonly<Record<string, string>>
}

export const ownerFileOf = ({ layout }: World): string => pathOf(layout, 'varve.json')

/** UUID of the log that the root was claimed for; undefined where nothing says it. */
export const ownerOf = (world: World): string | undefined => {
  const { log } = readFields(world, ownerFileOf(world))
  return typeof log === 'string' ? log : undefined
}

const write = (world: World, id: SnapshotId, fields: Fields): void => {
  const text = `${JSON.stringify({ log: ownerOf(world) ?? '', ...fields }, null, 2)}\n`
  world.machine.files.writeFile(sidecarOf(world, id), new TextEncoder().encode(text))
}

export const writeSidecar = (world: World, sidecar: Sidecar): void => write(world, sidecar.id, sidecar)

/** Whether the layer was sealed to the end. */
export const isNotedCommitted = (world: World, id: SnapshotId): boolean =>
  readFields(world, sidecarOf(world, id))['kind'] === 'Committed'

/** Takes back that it was sealed: the seal failed after all. */
export const noteActive = (world: World, id: SnapshotId, isParentless: boolean): void => {
  if (!isNotedCommitted(world, id)) return
  const fields = readFields(world, sidecarOf(world, id))
  write(world, id, { ...fields, kind: 'Active', ...(isParentless ? { parents: [] } : {}) })
}

/** The templates noted when the layer was made; none where the sidecar is lost or damaged. */
export const notedTemplates = (world: World, id: SnapshotId): Readonly<Record<string, string>> => {
  const { templates } = readFields(world, sidecarOf(world, id))
  const entries = isRecord(templates) ? Object.entries(templates) : []
  return Object.fromEntries(entries.filter((entry): entry is [string, string] => typeof entry[1] === 'string'))
}

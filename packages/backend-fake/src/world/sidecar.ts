import type { Kind, Labels, Profile, Purpose, SnapshotId } from '@varve/core/ports'
import { placeBytes } from './tree.js'
import type { Work } from './work.js'
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

export function* writeSidecar(world: World, sidecar: Sidecar): Work<void> {
  yield* writeSidecarOf(world, world.log, sidecar)
}

/** Of a layer of that log. */
export function* writeSidecarOf({ disk }: World, log: string, sidecar: Sidecar): Work<void> {
  const text = `${JSON.stringify({ log, ...sidecar }, null, 2)}\n`
  yield* placeBytes(disk, sidecar.id, sidecarOf(sidecar.id), new TextEncoder().encode(text))
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null

const readSidecar = ({ disk }: World, id: SnapshotId): Readonly<Record<string, unknown>> => {
  const size = disk.lstat(sidecarOf(id))?.size ?? 0
  try {
    const found: unknown = JSON.parse(new TextDecoder().decode(disk.read(sidecarOf(id), 0, size)))
    return isRecord(found) ? found : {}
  } catch {
    return {}
  }
}

/** Whether the layer was sealed to the end. */
export const isNotedCommitted = (world: World, id: SnapshotId): boolean =>
  readSidecar(world, id)['kind'] === 'Committed'

/** The templates noted when the layer was made; none where the sidecar is lost or damaged. */
export const notedTemplates = (world: World, id: SnapshotId): Readonly<Record<string, string>> => {
  const { templates } = readSidecar(world, id)
  const entries = isRecord(templates) ? Object.entries(templates) : []
  return Object.fromEntries(entries.filter((entry): entry is [string, string] => typeof entry[1] === 'string'))
}

import { isFields } from '@varve/core/adapter'
import type { SnapshotId } from '@varve/core/ports'
import type { BasicInfo } from '../native/native.js'
import { readFields } from './fields.js'
import { sealNoteOf, type World } from './world.js'

/** What a seal makes in `Files` of a layer. Paths are below the layer. */
export type SealNote = {
  /** What was not there before, a folder before what is in it. */
  readonly missing: readonly string[]
  /** The folder that the first of it is made in, and what that looked like. */
  readonly above: { readonly path: string; readonly info: BasicInfo } | undefined
  /** Whether what is beside `Files` is being made. */
  readonly isProcessing: boolean
}

const nothing: SealNote = { missing: [], above: undefined, isProcessing: false }

const aboveIn = (found: unknown): SealNote['above'] => {
  if (!isFields(found) || typeof found['path'] !== 'string') return undefined
  const times = ['created', 'accessed', 'modified', 'changed'].map((name) => found[name])
  if (!times.every((time) => typeof time === 'string' && /^\d+$/.test(time))) return undefined
  const [created = 0n, accessed = 0n, modified = 0n, changed = 0n] = times.map((time) => BigInt(String(time)))
  return {
    path: found['path'],
    info: { created, accessed, modified, changed, attributes: Number(found['attributes']) },
  }
}

export const readNote = (world: World, layer: SnapshotId): SealNote => {
  const { missing, above, isProcessing } = readFields(world, sealNoteOf(world, layer))
  if (!Array.isArray(missing)) return nothing
  return {
    missing: missing.filter((path) => typeof path === 'string'),
    above: aboveIn(above),
    isProcessing: isProcessing === true,
  }
}

export const writeNote = (world: World, layer: SnapshotId, { missing, above, isProcessing }: SealNote): void => {
  const plain = above && {
    path: above.path,
    created: String(above.info.created),
    accessed: String(above.info.accessed),
    modified: String(above.info.modified),
    changed: String(above.info.changed),
    attributes: above.info.attributes,
  }
  const text = `${JSON.stringify({ missing, above: plain, isProcessing })}\n`
  world.machine.files.writeFile(sealNoteOf(world, layer), new TextEncoder().encode(text))
}

export const removeNote = (world: World, layer: SnapshotId): void =>
  world.machine.files.removeFile(sealNoteOf(world, layer))

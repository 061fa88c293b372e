import type { Purpose, SnapshotId } from '@varve/core/ports'
import { isFolderOfFiles, readNote, removeNote } from './seal-note.js'
import { noteActive } from './sidecar.js'
import { wipe } from './wipe.js'
import { filesBeforeOf, filesOf, layerOf, tempOf, type World } from './world.js'

/** What processing puts beside `Files`. */
export const processedNames = [
  'Hives',
  'layout',
  'blank-base.vhdx',
  'blank.vhdx',
  'UtilityVM\\SystemTemplateBase.vhdx',
  'UtilityVM\\SystemTemplate.vhdx',
] as const

/** Hives and their folders in `Files` go when nothing else is there; what is beside `Files` goes whole. */
const removeAdditions = (world: World, layer: SnapshotId): void => {
  const { files } = world.machine
  for (const addition of readNote(world, layer).toReversed()) {
    const path = `${layerOf(world, layer)}\\${addition}`
    if (!isFolderOfFiles(addition)) wipe(world, path)
    else if (files.kindOf(path) === 'file') files.removeFile(path)
    else if (files.kindOf(path) === 'directory' && files.list(path).length === 0) files.removeFolder(path)
  }
  removeNote(world, layer)
}

/** `Files` as it was before the layer was built anew from it. */
const putBackFiles = (world: World, layer: SnapshotId): void => {
  const { files } = world.machine
  if (!files.exists(filesBeforeOf(world, layer))) return
  wipe(world, filesOf(world, layer))
  files.rename(filesBeforeOf(world, layer), filesOf(world, layer))
}

const keptNames = { parentless: ['Files', 'UtilityVM'], others: ['sandbox.vhdx', 'vm'] } as const

const removeBuilt = (world: World, layer: SnapshotId, kept: readonly string[]): void => {
  const path = layerOf(world, layer)
  for (const name of world.machine.files.list(path)) if (!kept.includes(name)) wipe(world, `${path}\\${name}`)
}

export type Sealed = {
  readonly layer: SnapshotId
  /** As it was made. */
  readonly isParentless: boolean
  readonly purpose: Purpose
}

/** The layer as it was before a seal that failed, or was cut. */
export const undoSeal = (world: World, { layer, isParentless, purpose }: Sealed): void => {
  wipe(world, tempOf(world, layer))
  removeAdditions(world, layer)
  if (purpose === 'scratch') {
    putBackFiles(world, layer)
    removeBuilt(world, layer, isParentless ? keptNames.parentless : keptNames.others)
    if (isParentless) for (const name of processedNames.slice(-2)) wipe(world, `${layerOf(world, layer)}\\${name}`)
  }
  noteActive(world, layer, isParentless)
}

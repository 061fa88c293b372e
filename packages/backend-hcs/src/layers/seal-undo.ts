import type { Purpose, SnapshotId } from '@varve/core/ports'
import * as below from '../transport/below.js'
import { putBackBootFiles } from './boot-files.js'
import { withRoot } from './root.js'
import { readNote, removeNote } from './seal-note.js'
import { noteActive } from './sidecar.js'
import { wipe, wipeTemporary } from './wipe.js'
import { filesBeforeOf, filesOf, layerOf, replacedFilesOf, type World } from './world.js'

/** What processing puts beside `Files`. */
const processedNames = [
  'Hives',
  'layout',
  'blank-base.vhdx',
  'blank.vhdx',
  'UtilityVM\\SystemTemplateBase.vhdx',
  'UtilityVM\\SystemTemplate.vhdx',
] as const

/** Removes what processing has put beside `Files`, which it does not replace. */
export const removeProcessed = (world: World, layer: SnapshotId): void => {
  for (const name of processedNames) wipe(world, `${layerOf(world, layer)}\\${name}`)
}

/** Folders go when nothing else is in them. */
const removeNoted = (world: World, layer: SnapshotId): void => {
  const { files } = world.machine
  const { missing, above, isProcessing } = readNote(world, layer)
  if (isProcessing) removeProcessed(world, layer)
  for (const noted of missing.toReversed()) {
    const path = `${layerOf(world, layer)}\\${noted}`
    const kind = files.kindOf(path)
    if (kind === 'file') files.removeFile(path)
    else if (kind === 'directory' && files.list(path).length === 0) files.removeFolder(path)
  }
  if (above !== undefined)
    withRoot(world.machine, layerOf(world, layer), (root) => {
      if (below.look(root, above.path) !== undefined) below.restoreFolder(root, above.path, above.info)
    })
  removeNote(world, layer)
}

/** `Files` as it was before the layer was built anew from it. */
const putBackFiles = (world: World, layer: SnapshotId): void => {
  const { files } = world.machine
  const before = filesBeforeOf(world, layer)
  // First: where it is, it goes when the root is opened.
  if (files.exists(replacedFilesOf(world, layer))) files.rename(replacedFilesOf(world, layer), before)
  if (!files.exists(before)) return
  wipe(world, filesOf(world, layer))
  files.rename(before, filesOf(world, layer))
}

const keptNames = { parentless: ['Files', 'UtilityVM'], others: ['sandbox.vhdx', 'vm'] } as const

/** What a layer has besides what it was made with, and what was written in it. */
const removeBuilt = (world: World, layer: SnapshotId, kept: readonly string[]): void => {
  const path = layerOf(world, layer)
  for (const name of world.machine.files.list(path)) if (!kept.includes(name)) wipe(world, `${path}\\${name}`)
}

export type Sealed = {
  readonly layer: SnapshotId
  /** As it was made. */
  readonly isParentless: boolean
  readonly purpose: Purpose
  /** Whether a tar was applied to it. */
  readonly applied: boolean
}

/** The layer as it was before a seal that failed, or was cut. */
export const undoSeal = (world: World, { layer, isParentless, purpose, applied }: Sealed): void => {
  // First: what is half undone must not be taken for sealed.
  noteActive(world, layer)
  removeNoted(world, layer)
  if (isParentless) {
    putBackFiles(world, layer)
    putBackBootFiles(world, layer)
  }
  if (purpose === 'scratch') removeBuilt(world, layer, isParentless ? keptNames.parentless : keptNames.others)
  else if (!applied) removeBuilt(world, layer, [])
  wipeTemporary(world, layer)
}

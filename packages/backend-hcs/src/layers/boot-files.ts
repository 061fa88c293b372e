import type { SnapshotId } from '@varve/core/ports'
import { ifPossible } from './cancel.js'
import { bootFilesOf, layerOf, type World } from './world.js'

/** Files of a utility VM that its processing rewrites in place. */
const bootNames = ['BCD', 'BCD.LOG', 'BCD.LOG1', 'BCD.LOG2'] as const

const bootFolderOf = (world: World, layer: SnapshotId): string =>
  `${layerOf(world, layer)}\\UtilityVM\\Files\\EFI\\Microsoft\\Boot`

/** Keeps copies of the boot files as they are before their processing. */
export const keepBootFiles = (world: World, layer: SnapshotId): void => {
  const { native, files } = world.machine
  const kept = bootFilesOf(world, layer)
  const part = `${kept}.part`
  files.removeTree(part)
  files.makeFolder(part)
  for (const name of bootNames) {
    const path = `${bootFolderOf(world, layer)}\\${name}`
    if (files.kindOf(path) === 'file') native.CopyFileW(path, `${part}\\${name}`, true)
  }
  files.rename(part, kept)
}

/** The copies are of no use any more: from one moment to the next, so that there are never some of them. */
export const dropBootFiles = (world: World, layer: SnapshotId): void => {
  const { files } = world.machine
  const kept = bootFilesOf(world, layer)
  files.removeTree(`${kept}.part`)
  if (!files.exists(kept)) return
  files.rename(kept, `${kept}.part`)
  ifPossible(() => files.removeTree(`${kept}.part`))
}

/** Puts the boot files back that were kept. */
export const putBackBootFiles = (world: World, layer: SnapshotId): void => {
  const { native, files } = world.machine
  const kept = bootFilesOf(world, layer)
  if (files.exists(kept))
    for (const name of files.list(kept))
      native.CopyFileW(`${kept}\\${name}`, `${bootFolderOf(world, layer)}\\${name}`, false)
  dropBootFiles(world, layer)
}

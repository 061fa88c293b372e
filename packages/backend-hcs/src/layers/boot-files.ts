import type { SnapshotId } from '@varve/core/ports'
import { isFolder } from '../formats/filetime.js'
import * as below from '../transport/below.js'
import { copyTo } from '../transport/copy-backup.js'
import { ifPossible } from './cancel.js'
import { withRoot } from './root.js'
import { wipe } from './wipe.js'
import { bootFilesOf, layerOf, type World } from './world.js'

/** Files of a utility VM that its processing rewrites in place. */
const bootNames = ['BCD', 'BCD.LOG', 'BCD.LOG1', 'BCD.LOG2'] as const

const bootFolder = 'UtilityVM\\Files\\EFI\\Microsoft\\Boot'

type Place = { readonly root: below.Root; readonly path: string }

/** Copies one of them, if it is there, over what is there. They may be hidden, and CopyFileW replaces nothing that is. */
const copyOne = (from: Place, to: Place): void => {
  const info = below.look(from.root, from.path)
  if (info === undefined || isFolder(info.attributes)) return
  below.removeTree(to.root, to.path)
  copyTo({ ...from, info }, to.root, to.path)
}

/** Works between the folder where they are kept and the one in the layer. */
const between = (
  { machine }: World,
  { kept, layer }: { readonly kept: string; readonly layer: string },
  work: (kept: below.Root, layer: below.Root) => void,
): void => withRoot(machine, kept, (folder) => withRoot(machine, layer, (root) => work(folder, root)))

const placeIn = (layer: below.Root, name: string): Place => ({ root: layer, path: `${bootFolder}\\${name}` })

/** Keeps copies of the boot files as they are before their processing. */
export const keepBootFiles = (world: World, layer: SnapshotId): void => {
  const { files } = world.machine
  const kept = bootFilesOf(world, layer)
  const part = `${kept}.part`
  wipe(world, part)
  files.makeFolder(part)
  between(world, { kept: part, layer: layerOf(world, layer) }, (root, own) => {
    for (const name of bootNames) copyOne(placeIn(own, name), { root, path: name })
  })
  files.rename(part, kept)
}

/** The copies are of no use any more: from one moment to the next, so that there are never some of them. */
export const dropBootFiles = (world: World, layer: SnapshotId): void => {
  const { files } = world.machine
  const kept = bootFilesOf(world, layer)
  wipe(world, `${kept}.part`)
  if (!files.exists(kept)) return
  files.rename(kept, `${kept}.part`)
  ifPossible(() => wipe(world, `${kept}.part`))
}

/** Puts the boot files back that were kept. */
export const putBackBootFiles = (world: World, layer: SnapshotId): void => {
  const { files } = world.machine
  const kept = bootFilesOf(world, layer)
  if (files.exists(kept))
    between(world, { kept, layer: layerOf(world, layer) }, (root, own) => {
      const info = below.look(own, bootFolder)
      for (const name of bootNames) copyOne({ root, path: name }, placeIn(own, name))
      if (info !== undefined) below.restoreFolder(own, bootFolder, info)
    })
  dropBootFiles(world, layer)
}

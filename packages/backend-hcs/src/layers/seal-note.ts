import type { SnapshotId } from '@varve/core/ports'
import { layerOf, sealNoteOf, type World } from './world.js'

/** Paths below the layer that its seal makes and that were not there before, a folder before what is in it. */
export const readNote = (world: World, layer: SnapshotId): readonly string[] => {
  const { files } = world.machine
  const path = sealNoteOf(world, layer)
  if (files.kindOf(path) !== 'file') return []
  const lines = new TextDecoder().decode(files.readFile(path)).split('\n')
  return lines.filter((line) => line !== '')
}

/** Notes which of the paths are missing, before they are made. */
export const noteMissing = (world: World, layer: SnapshotId, paths: readonly string[]): void => {
  const { files } = world.machine
  const missing = paths.filter((path) => !files.exists(`${layerOf(world, layer)}\\${path}`))
  files.writeFile(sealNoteOf(world, layer), new TextEncoder().encode(missing.map((path) => `${path}\n`).join('')))
}

export const removeNote = (world: World, layer: SnapshotId): void =>
  world.machine.files.removeFile(sealNoteOf(world, layer))

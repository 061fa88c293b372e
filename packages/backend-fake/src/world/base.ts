import { backendFault, foldName, type SnapshotId } from '@varve/core/ports'
import { hiveNames, minimalHive } from '../artefacts/hive.js'
import { containerDiskSize, utilityVmDiskSize } from '../artefacts/vhdx.js'
import type { Entry } from './disk.js'
import { makeDisk } from './disks.js'
import { codes, raise } from './failure.js'
import { copyFile, placeBytes, placeFile, statOf } from './tree.js'
import { step, type Work } from './work.js'
import { filesOf, layerOf, shownPath, type World } from './world.js'

/** What ProcessBaseImage calls the copies; only DEFAULT's differs. */
const baseHiveOf = (hive: string): string => `${hive === 'DEFAULT' ? 'DEFAULTUSER' : hive}_BASE`

const refuse = (world: World, id: SnapshotId, path: string, expected: string, code: number): never =>
  raise(backendFault(`SealLayer of layer ${id}: ${shownPath(world, path)} is not ${expected}; put that there`, code))

/** An entry as Windows would find it. */
const findEntry = ({ disk }: World, directory: string, name: string): Entry | undefined => {
  if (disk.lstat(directory) === undefined) return undefined
  return disk.readdir(directory).find((entry) => foldName(entry.name) === foldName(name))
}

/** `Files\Windows\System32\config` in the spelling that is there; what is missing of it need not exist. */
const configOf = (world: World, id: SnapshotId): string => {
  let path = filesOf(id)
  for (const name of ['Windows', 'System32', 'config']) {
    const entry = findEntry(world, path, name)
    path = `${path}/${entry?.name ?? name}`
    if (entry !== undefined && entry.type !== 'directory') refuse(world, id, path, 'a directory', codes.notADirectory)
  }
  return path
}

/** The layer's utility VM, if it has one that can be used. */
const machineOf = (world: World, id: SnapshotId): string | undefined => {
  const machine = `${layerOf(id)}/UtilityVM`
  const files = world.disk.lstat(`${machine}/Files`)
  if (files === undefined) return undefined
  if (files.type !== 'directory') refuse(world, id, `${machine}/Files`, 'a directory', codes.notADirectory)
  const store = `${machine}/Files/EFI/Microsoft/Boot/BCD`
  if (world.disk.lstat(store)?.type !== 'file') refuse(world, id, store, 'a regular file', codes.fileNotFound)
  return machine
}

function* makeHives(world: World, id: SnapshotId, config: string): Work<void> {
  const { disk, now } = world
  disk.mkdir(config)
  disk.mkdir(`${layerOf(id)}/Hives`)
  for (const hive of hiveNames) {
    const entry = findEntry(world, config, hive)
    const path = `${config}/${entry?.name ?? hive}`
    if (entry === undefined) yield* placeBytes(disk, id, path, minimalHive(hive, now()))
    yield* placeFile(disk, id, `${layerOf(id)}/Hives/${baseHiveOf(hive)}`, (part) =>
      copyFile(disk, path, part, statOf(disk, path).size),
    )
  }
}

/** Everything that may refuse the conversion, looked at before anything is changed. */
export const checkBase = (world: World, id: SnapshotId): void => {
  if (world.disk.lstat(filesOf(id))?.type !== 'directory')
    refuse(world, id, filesOf(id), 'a directory', codes.fileNotFound)
  const config = configOf(world, id)
  for (const hive of hiveNames) {
    const entry = findEntry(world, config, hive)
    if (entry !== undefined && entry.type !== 'file')
      refuse(world, id, `${config}/${entry.name}`, 'a regular file', codes.alreadyExists)
  }
  machineOf(world, id)
}

/** Converts a parentless scratch in place; answers which disk stands on which. Hives that are there are kept. */
export function* convertToBase(world: World, id: SnapshotId): Work<Readonly<Record<string, string>>> {
  const directory = layerOf(id)
  yield* makeHives(world, id, configOf(world, id))
  yield* placeBytes(world.disk, id, `${directory}/layout`, new TextEncoder().encode('vhd-with-hives\n'))
  yield* makeDisk(world, id, `${directory}/blank-base.vhdx`, containerDiskSize)
  yield* makeDisk(world, id, `${directory}/blank.vhdx`, containerDiskSize)
  yield step
  const templates = { 'blank.vhdx': `${directory}/blank-base.vhdx` }
  const machine = machineOf(world, id)
  if (machine === undefined) return templates
  yield* makeDisk(world, id, `${machine}/SystemTemplateBase.vhdx`, utilityVmDiskSize)
  yield* makeDisk(world, id, `${machine}/SystemTemplate.vhdx`, utilityVmDiskSize)
  return { ...templates, 'UtilityVM/SystemTemplate.vhdx': `${machine}/SystemTemplateBase.vhdx` }
}

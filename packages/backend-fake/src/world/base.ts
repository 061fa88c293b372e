import { backendFault, type SnapshotId } from '@varve/core/ports'
import { hiveNames, minimalHive } from '../artefacts/hive.js'
import { containerDiskSize, utilityVmDiskSize } from '../artefacts/vhdx.js'
import { makeDisk } from './disks.js'
import { codes, raise } from './failure.js'
import { findChild, findPath } from './find.js'
import { noteAdditions } from './seal-note.js'
import { copyFile, placeBytes, placeFile, statOf } from './tree.js'
import { step, type Work } from './work.js'
import { filesOf, layerOf, shownPath, type World } from './world.js'

/** Not the time of the seal: the same content has to make the same layer whenever it is sealed. */
const hiveTime = 0n

/** What ProcessBaseImage calls the copies; only DEFAULT's differs. */
const baseHiveOf = (hive: string): string => `${hive === 'DEFAULT' ? 'DEFAULTUSER' : hive}_BASE`

const refuse = (world: World, id: SnapshotId, path: string, expected: string, code: number): never =>
  raise(backendFault(`SealLayer of layer ${id}: ${shownPath(world, path)} is not ${expected}; put that there`, code))

/** `Files` and the folders down to `Windows\System32\config`, in the spelling that is there; what is missing need not exist. */
const configFolders = (world: World, id: SnapshotId): readonly string[] => {
  const folders = [filesOf(id)]
  const root = world.disk.lstat(filesOf(id))?.type
  if (root !== undefined && root !== 'directory') refuse(world, id, filesOf(id), 'a directory', codes.notADirectory)
  for (const name of ['Windows', 'System32', 'config']) {
    const above = folders.at(-1) ?? ''
    const isThere = world.disk.lstat(above) !== undefined
    const path = (isThere ? findChild(world.disk, above, name) : undefined) ?? `${above}/${name}`
    const type = world.disk.lstat(path)?.type
    if (type !== undefined && type !== 'directory') refuse(world, id, path, 'a directory', codes.notADirectory)
    folders.push(path)
  }
  return folders
}

const hiveIn = ({ disk }: World, config: string, hive: string): string => {
  const found = disk.lstat(config) === undefined ? undefined : findChild(disk, config, hive)
  return found ?? `${config}/${hive}`
}

/** The layer's utility VM, if it has one that can be used. */
const machineOf = (world: World, id: SnapshotId): string | undefined => {
  const machine = `${layerOf(id)}/UtilityVM`
  const files = world.disk.lstat(`${machine}/Files`)
  if (files === undefined) return undefined
  if (files.type !== 'directory') refuse(world, id, `${machine}/Files`, 'a directory', codes.notADirectory)
  const store = 'EFI/Microsoft/Boot/BCD'
  const found = findPath(world.disk, `${machine}/Files`, store)
  if (found.type !== 'there' || found.stat.type !== 'file')
    refuse(world, id, `${machine}/Files/${store}`, 'a regular file', codes.fileNotFound)
  return machine
}

/** Everything that may refuse the conversion, looked at before anything is changed. */
export const checkBase = (world: World, id: SnapshotId): void => {
  const config = configFolders(world, id).at(-1) ?? ''
  for (const hive of hiveNames) {
    const path = hiveIn(world, config, hive)
    const type = world.disk.lstat(path)?.type
    if (type !== undefined && type !== 'file') refuse(world, id, path, 'a regular file', codes.alreadyExists)
  }
  machineOf(world, id)
}

type Addition = { readonly path: string; readonly make: () => Work<void> }

/** What a base layer has and its scratch has not, a folder before what is in it. */
const additionsOf = (world: World, id: SnapshotId): readonly Addition[] => {
  const { disk } = world
  const layer = layerOf(id)
  const folders = configFolders(world, id)
  const config = folders.at(-1) ?? ''
  const machine = machineOf(world, id)
  const folder = (path: string): Addition => ({
    path,
    *make() {
      disk.mkdir(path)
      yield step
    },
  })
  const bytes = (path: string, content: () => Uint8Array): Addition => ({
    path,
    *make() {
      yield* placeBytes(disk, id, path, content())
    },
  })
  const copy = (from: string, path: string): Addition => ({
    path,
    make: () => placeFile(disk, id, path, (part) => copyFile(disk, from, part, statOf(disk, from).size)),
  })
  const vhdx = (path: string, size: bigint): Addition => ({ path, make: () => makeDisk(world, id, path, size) })
  const hives = hiveNames.map((hive) => ({ hive, path: hiveIn(world, config, hive) }))
  return [
    ...folders.map(folder),
    ...hives.map(({ hive, path }) => bytes(path, () => minimalHive(hive, hiveTime))),
    folder(`${layer}/Hives`),
    ...hives.map(({ hive, path }) => copy(path, `${layer}/Hives/${baseHiveOf(hive)}`)),
    bytes(`${layer}/${layoutFile}`, () => new TextEncoder().encode(layoutText)),
    vhdx(`${layer}/blank-base.vhdx`, containerDiskSize),
    vhdx(`${layer}/blank.vhdx`, containerDiskSize),
    ...(machine === undefined
      ? []
      : [
          vhdx(`${machine}/SystemTemplateBase.vhdx`, utilityVmDiskSize),
          vhdx(`${machine}/SystemTemplate.vhdx`, utilityVmDiskSize),
        ]),
  ]
}

const layoutFile = 'layout'
const layoutText = 'vhd-with-hives\n'

/** What only a base layer has, its disks apart: paths below the layer. */
export const baseFiles: readonly string[] = [...hiveNames.map((hive) => `Hives/${baseHiveOf(hive)}`), layoutFile]

/** Makes those of a base layer's files that are missing, from the hives in its `Files`. */
export function* remakeBaseFiles(world: World, id: SnapshotId): Work<void> {
  const { disk } = world
  const layer = layerOf(id)
  const config = configFolders(world, id).at(-1) ?? ''
  disk.mkdir(`${layer}/Hives`)
  for (const hive of hiveNames) {
    const path = `${layer}/Hives/${baseHiveOf(hive)}`
    if (disk.lstat(path) !== undefined) continue
    const from = hiveIn(world, config, hive)
    const size = disk.lstat(from)?.size
    if (size === undefined) yield* placeBytes(disk, id, path, minimalHive(hive, hiveTime))
    else yield* placeFile(disk, id, path, (part) => copyFile(disk, from, part, size))
  }
  if (disk.lstat(`${layer}/${layoutFile}`) === undefined)
    yield* placeBytes(disk, id, `${layer}/${layoutFile}`, new TextEncoder().encode(layoutText))
}

/** The size that a base layer's disk is made with. */
export const templateSize = (path: string): bigint =>
  path.startsWith('UtilityVM/') ? utilityVmDiskSize : containerDiskSize

/**
 * Converts a parentless scratch, or a layer that a tar without parents was applied to, in place; answers which disk stands on
 * which. What is there is kept.
 */
export function* convertToBase(world: World, id: SnapshotId): Work<Readonly<Record<string, string>>> {
  const additions = additionsOf(world, id)
  const noted = yield* noteAdditions(
    world,
    id,
    additions.map(({ path }) => path),
  )
  for (const { path, make } of additions) if (noted.has(path)) yield* make()
  const layer = layerOf(id)
  const templates = { 'blank.vhdx': `${layer}/blank-base.vhdx` }
  const machine = machineOf(world, id)
  if (machine === undefined) return templates
  return { ...templates, 'UtilityVM/SystemTemplate.vhdx': `${machine}/SystemTemplateBase.vhdx` }
}

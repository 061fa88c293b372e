import { backendFault, type SnapshotId } from '@varve/core/ports'
import { codes, raise } from '../failure.js'
import { isFolder, isPlainFolder, isReparsePoint } from '../formats/filetime.js'
import * as below from '../transport/below.js'
import { longPath, parentOf } from '../transport/items.js'
import { keepBootFiles } from './boot-files.js'
import { checkCancelled } from './cancel.js'
import type { Control } from './control.js'
import { withRoot } from './root.js'
import { writeNote, type SealNote } from './seal-note.js'
import { removeProcessed } from './seal-undo.js'
import { layerOf, type World } from './world.js'

const hiveNames = ['DEFAULT', 'SAM', 'SECURITY', 'SOFTWARE', 'SYSTEM'] as const

const config = 'Files\\Windows\\System32\\config'
/** Each folder after the one that it is in. */
const configFolders = ['Files', 'Files\\Windows', 'Files\\Windows\\System32', config] as const
const hivePaths = hiveNames.map((name) => `${config}\\${name}`)
const machineFiles = 'UtilityVM\\Files'
const bootStore = `${machineFiles}\\EFI\\Microsoft\\Boot\\BCD`

/** What ProcessBaseImage calls the copies of the hives. */
const baseNameOf = (hive: string): string => `${hive === 'DEFAULT' ? 'DEFAULTUSER' : hive}_BASE`

/** What only a base layer has, its disks apart: names below the layer, joined by `/`. */
export const baseFiles: readonly string[] = [...hiveNames.map((hive) => `Hives/${baseNameOf(hive)}`), 'layout']

/** Makes those of a base layer's files that are missing, from the hives in its `Files`. */
export const remakeBaseFiles = (world: World, layer: SnapshotId): void => {
  const { native, files } = world.machine
  const path = layerOf(world, layer)
  files.makeFolder(`${path}\\Hives`)
  for (const hive of hiveNames) {
    const copy = `${path}\\Hives\\${baseNameOf(hive)}`
    if (!files.exists(copy)) native.CopyFileW(`${path}\\${config}\\${hive}`, copy, true)
  }
  if (!files.exists(`${path}\\layout`)) files.writeFile(`${path}\\layout`, new TextEncoder().encode('vhd-with-hives\n'))
}

type Checked = {
  /** Hives to be made. */
  readonly missing: readonly string[]
  readonly hasMachine: boolean
}

const isPlainFile = (attributes: number): boolean => !isFolder(attributes) && !isReparsePoint(attributes)

const refuse = (what: string, root: below.Root, path: string, expected: string, code: number): never =>
  raise(backendFault(`${what}: ${root.path}\\${path} is not ${expected}; put that there and try again`, code))

const checkMachine = (what: string, root: below.Root): boolean => {
  const files = below.look(root, machineFiles)
  if (files === undefined) return false
  if (!isPlainFolder(files.attributes)) refuse(what, root, machineFiles, 'a folder', codes.notADirectory)
  const store = below.look(root, bootStore)
  if (store === undefined || !isPlainFile(store.attributes))
    refuse(what, root, bootStore, 'a regular file', codes.fileNotFound)
  return true
}

/** Everything that may refuse the conversion, looked at before anything is changed. */
const check = (what: string, root: below.Root): Checked => {
  for (const folder of configFolders) {
    const found = below.look(root, folder)
    if (found !== undefined && !isPlainFolder(found.attributes))
      refuse(what, root, folder, 'a folder', codes.notADirectory)
  }
  const missing = hivePaths.filter((path) => {
    const found = below.look(root, path)
    if (found !== undefined && !isPlainFile(found.attributes))
      refuse(what, root, path, 'a regular file', codes.alreadyExists)
    return found === undefined
  })
  return { missing, hasMachine: checkMachine(what, root) }
}

/** What making the hives changes in `Files`. */
const noteOf = (root: below.Root): SealNote => {
  const missing = [...configFolders, ...hivePaths].filter((path) => below.look(root, path) === undefined)
  const path = parentOf(missing[0] ?? '')
  const info = path === '' ? undefined : below.look(root, path)
  return { missing, above: info && { path, info }, isProcessing: false }
}

const makeHives = (world: World, root: below.Root, missing: readonly string[]): void => {
  const { native } = world.machine
  const { major, minor } = native.RtlGetVersion()
  below.makeFolders(root, config)
  for (const path of missing) native.SaveEmptyHive(`${root.path}\\${path}`, major, minor)
}

/**
 * Makes a base layer of a folder with `Files`, in place: hives that are there are kept, missing ones made. What it makes is
 * noted first, so that it can be undone until the layer is processed.
 */
export const convertToBase = (world: World, what: string, layer: SnapshotId, control: Control): boolean =>
  withRoot(world.machine, layerOf(world, layer), (root) => {
    const { native } = world.machine
    const { missing, hasMachine } = check(what, root)
    const note = noteOf(root)
    writeNote(world, layer, note)
    makeHives(world, root, missing)
    checkCancelled(what, control)
    writeNote(world, layer, { ...note, isProcessing: true })
    removeProcessed(world, layer)
    native.ProcessBaseImage(root.path)
    if (!hasMachine) return false
    below.assertNoReparsePoint(root, 'UtilityVM')
    keepBootFiles(world, layer)
    native.ProcessUtilityImage(longPath(`${layerOf(world, layer)}\\UtilityVM`))
    return true
  })

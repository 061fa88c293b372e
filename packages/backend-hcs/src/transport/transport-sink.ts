import type { LayerDescriptor } from '@varve/core/ports'
import type { LayerEntry, LinkEntry } from '@varve/core/tar'
import { basicInfoOf, isFolder, isPlainFolder } from '../formats/filetime.js'
import type { Machine } from '../machine.js'
import { afterImport, type AfterImport } from './after-import.js'
import { outputLength } from './backup-output.js'
import { assertNoReparsePoint, look, type Root } from './below.js'
import { currentFile } from './current-file.js'
import { guarded } from './guard.js'
import { longPath, parentOf, refuse, windowsPath, type LayerSink, type Where } from './items.js'
import { folderTimes } from './restore.js'
import type { OwnEntry } from './restore-entry.js'
import { rootsOn, type Roots } from './roots.js'
import { shownBy } from './shown.js'
import { discard } from './transport-source.js'
import { transportWriter, type TransportWriter } from './transport-writer.js'
import { isOfMachine, utilityVm, type UtilityVm } from './utility-vm.js'

/** A layer with parents that is to be built. */
export type Imported = {
  /** Its folder, which is there. */
  readonly layer: string
  /** Nearest first, the base layer last. */
  readonly parents: readonly LayerDescriptor[]
  /** Where its transport folder can be, which is made and removed. */
  readonly folder: string
  /** Called when the transport folder is complete, right before ImportLayer. */
  readonly beforeImport?: () => void
}

const isInFiles = (path: string): boolean => path.startsWith('Files\\')
const isInMachine = (path: string): boolean => path.startsWith('UtilityVM\\Files\\')
const isOfHives = (path: string): boolean => path === 'Hives' || path.startsWith('Hives\\')
const tops = /^(?:Files|Hives|UtilityVM)(?:\\|$)/

type Parts = {
  readonly writer: TransportWriter
  readonly vm: UtilityVm
  readonly pending: AfterImport
  readonly destination: Root
  readonly parentRoots: () => Iterable<Root>
}

const isTarget = (root: Root, path: string): boolean => {
  const found = look(root, path)
  return found !== undefined && !isFolder(found.attributes)
}

/** The layer that has, or will have, the target of a link. */
const homeOf = ({ writer, pending, destination, parentRoots }: Parts, target: string): Root | undefined => {
  if (pending.isLink(target)) return destination
  if (isInMachine(target)) return isTarget(destination, target) ? destination : undefined
  if (writer.hasFile(target)) return destination
  const shown = shownBy(parentRoots(), target)
  return shown === undefined || isFolder(shown.info.attributes) ? undefined : shown.root
}

const addLink = (parts: Parts, { name, target }: LinkEntry, where: Where): void => {
  const { writer, vm, pending } = parts
  const [path, wanted] = [windowsPath(name), windowsPath(target)]
  for (const one of [path, wanted])
    if (!isInFiles(one) && !isInMachine(one))
      refuse(where, one, 'must link from and to names below Files or UtilityVM/Files')
  if (isInMachine(path) || isInMachine(wanted)) vm.begin(where)
  const rule = 'must link to a file that comes before it or that a parent has'
  const from = homeOf(parts, wanted) ?? refuse(where, target, rule)
  if (isInMachine(path)) vm.enter(parentOf(path), where)
  else writer.enter(parentOf(path), where)
  pending.addLink({ path, target: wanted, from, where })
}

const addDeletion = ({ writer, vm, pending, parentRoots }: Parts, path: string, where: Where): void => {
  if (isInMachine(path)) return vm.remove(path, where)
  if (!isInFiles(path)) refuse(where, path, 'must not delete what is not below Files or UtilityVM/Files')
  const folder = parentOf(path)
  // In a folder that is not of the layer nothing stands for what is deleted.
  const above = shownBy(parentRoots(), folder)
  if (above !== undefined && isPlainFolder(above.info.attributes)) writer.enter(folder, where)
  pending.addDeletion(path, where)
}

const addOpaque = ({ writer, pending }: Parts, path: string, where: Where): void => {
  if (isOfMachine(path)) refuse(where, 'one', 'must not be an opaque whiteout: a utility VM is a copy, not a view')
  if (path !== 'Files' && !isInFiles(path)) refuse(where, path, 'must not delete what is outside of Files')
  writer.enter(path, where)
  pending.addOpaque(path, where)
}

const orElse = <T>(step: () => T, undo: () => void): T => {
  try {
    return step()
  } catch (cause) {
    undo()
    throw cause
  }
}

/** What a sink has open. */
const openParts = (machine: Machine, { layer, parents, folder }: Imported, roots: Roots) => {
  machine.files.removeTree(folder)
  machine.files.makeFolder(folder)
  const buffer = new Uint8Array(outputLength)
  const times = folderTimes()
  const transport = roots.open(folder)
  const destination = roots.open(layer)
  function* parentRoots(): Generator<Root, void, undefined> {
    for (const { path } of parents) yield roots.open(path)
  }
  const writer = transportWriter(transport, parentRoots, times, buffer)
  const vm = utilityVm(destination, parentRoots, buffer)
  return { transport, destination, writer, vm, parentRoots, times, pending: afterImport() }
}

/** Builds a layer with parents: fills a transport folder, and has it imported when everything has come. */
export const transportSink = (machine: Machine, target: Imported): LayerSink => {
  const { native } = machine
  const { layer, parents, folder } = target
  const roots = rootsOn(machine)
  const current = currentFile()
  let isOver = false

  const abort = (): void => {
    if (isOver) return
    isOver = true
    try {
      current.drop()
    } finally {
      try {
        roots.closeAll()
      } finally {
        discard(machine, folder)
      }
    }
  }
  const parts = orElse(() => openParts(machine, target, roots), abort)
  const { transport, destination, writer, vm, times, pending } = parts

  const addOwn = (entry: OwnEntry, where: Where): void => {
    const path = windowsPath(entry.name)
    if (!tops.test(path)) refuse(where, entry.name, 'must lie in Files, Hives or UtilityVM/Files')
    const output = isOfMachine(path) ? vm.add(entry, where) : writer.add(entry, where)
    if (output !== undefined) current.begin(entry, where, output)
    // The hives are made anew by the import.
    if (entry.type === 'directory' && !isOfHives(path)) times.add(path, basicInfoOf(entry.times, entry.attributes))
  }
  const add = (entry: LayerEntry, where: Where): void => {
    if (entry.type === 'stream') return current.beginStream(entry, where)
    current.end()
    if (entry.type === 'link') addLink(parts, entry, where)
    else if (entry.type === 'whiteout') addDeletion(parts, windowsPath(entry.name), where)
    else if (entry.type === 'opaque') addOpaque(parts, windowsPath(entry.name), where)
    else addOwn(entry, where)
  }
  const importIt = (): void => {
    current.end()
    pending.prepare(transport)
    writer.finish()
    roots.close(folder)
    target.beforeImport?.()
    native.ImportLayer(longPath(layer), folder, parents)
    pending.finish(destination)
    times.restore(destination)
    if (!vm.isThere()) return
    assertNoReparsePoint(destination, 'UtilityVM')
    native.ProcessUtilityImage(`${longPath(layer)}\\UtilityVM`)
  }
  return {
    add: (entry, offset) => {
      const where = { name: entry.name, offset }
      guarded(where, () => add(entry, where))
    },
    write: current.write,
    close: () => {
      try {
        importIt()
      } finally {
        abort()
      }
    },
    abort,
  }
}

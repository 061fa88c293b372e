import { layerDescriptors, type LayerDescriptor, type SnapshotId } from '@varve/core/ports'
import { codeOf, codes, unless } from '../failure.js'
import { mountOf, type World } from './world.js'

/** How often something is tried that may pass, and milliseconds between two tries. */
export const attempts = 5
export const pauseBetween = 100

/** What Windows Server 2019 says under load of a layer that comes up a moment later. */
const passing: readonly number[] = [codes.notReady, codes.notConnected]

const isMissing: readonly number[] = [codes.fileNotFound, codes.pathNotFound]
/** Of a path that nothing is bound to. */
const notBound: readonly number[] = [...isMissing, codes.invalidParameter, codes.notFound]
/** Of a layer that is not prepared. */
const notPrepared: readonly number[] = [...isMissing, codes.noSuchDevice, codes.noFilterInstance]
/** Of a layer that is not activated. */
const notActive: readonly number[] = [...isMissing, codes.noSuchDevice, codes.notReady, codes.notFound]

/** Runs every step, whatever fails; raises the first failure then. */
export const runAll = (steps: readonly (() => void)[]): void => {
  const failures: unknown[] = []
  for (const step of steps) {
    try {
      step()
    } catch (cause) {
      failures.push(cause)
    }
  }
  if (failures.length > 0) throw failures[0]
}

/** Does `work`; when that fails, `undo` too, whose own failure is not reported. */
export const orUndo = <T>(work: () => T, undo: () => void): T => {
  try {
    return work()
  } catch (cause) {
    try {
      undo()
    } catch {
      // What failed first is what has to be set right.
    }
    throw cause
  }
}

/** Whether the layer may be up, or bound: its mount folder is made before and removed after. */
export const mayBeUp = (world: World, id: SnapshotId): boolean => world.machine.files.exists(mountOf(world, id))

/** Shows `target` at the layer's mount folder. */
export const bind = (world: World, id: SnapshotId, target: string, isReadOnly: boolean): void => {
  const whole = target.includes('Volume{') && !target.endsWith('\\') ? `${target}\\` : target
  world.machine.native.BfSetupFilter(mountOf(world, id), whole, isReadOnly ? 0x41 : 0x40)
}

export const unbind = (world: World, id: SnapshotId): void =>
  unless(notBound, () => world.machine.native.BfRemoveMapping(mountOf(world, id)))

/** Takes a layer down that is not bound, as far as it is up. */
export const takeDown = (world: World, id: SnapshotId, path: string): void => {
  const { native, files } = world.machine
  runAll([
    () => unless(notPrepared, () => native.UnprepareLayer(path)),
    () => unless(notActive, () => native.DeactivateLayer(path)),
  ])
  files.removeFolder(mountOf(world, id))
}

/** Takes down what a crash has left up; nothing where nothing is. */
export const putDown = (world: World, id: SnapshotId, path: string): void => {
  if (!mayBeUp(world, id)) return
  unbind(world, id)
  takeDown(world, id, path)
}

/** Answers what it failed with, and whether that has left the layer active. */
const tryUp = (world: World, path: string, parents: readonly LayerDescriptor[]): Failed | undefined => {
  const { native } = world.machine
  let isActive = false
  try {
    native.ActivateLayer(path)
    isActive = true
    world.prepareLock(() => native.PrepareLayer(path, parents))
    return undefined
  } catch (cause) {
    try {
      if (isActive) native.DeactivateLayer(path)
      return { cause, isActive: false }
    } catch {
      return { cause, isActive }
    }
  }
}

type Failed = { readonly cause: unknown; readonly isActive: boolean }

/** Activates and prepares a layer. */
export const bringUp = (world: World, id: SnapshotId, path: string, parents: readonly SnapshotId[]): void => {
  putDown(world, id, path)
  world.machine.files.makeFolder(mountOf(world, id))
  const descriptors = layerDescriptors(world.layout, parents)
  for (let attempt = 1; ; attempt++) {
    const failed = tryUp(world, path, descriptors)
    if (failed === undefined) return
    const isOver = attempt === attempts || failed.isActive || !passing.includes(codeOf(failed.cause) ?? 0)
    if (!isOver) world.pause(pauseBetween)
    else if (failed.isActive) throw failed.cause
    else
      orUndo(
        () => {
          throw failed.cause
        },
        () => world.machine.files.removeFolder(mountOf(world, id)),
      )
  }
}

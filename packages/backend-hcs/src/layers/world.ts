import { layerPath, pathOf, retiredPath, type Layout, type SnapshotId } from '@varve/core/ports'
import type { Machine } from '../machine.js'

/** Where the layers are and how to reach the machine. What is attached is told by the disk, as several lanes serve one root. */
export type World = {
  readonly layout: Layout
  readonly machine: Machine
  /** One PrepareLayer runs at a time in the process: several at once time out. */
  readonly prepareLock: <T>(run: () => T) => T
  /** Blocks for a while. */
  readonly pause: (milliseconds: number) => void
}

export const layerOf = ({ layout }: World, id: SnapshotId): string => layerPath(layout, id)
export const retiredOf = ({ layout }: World, id: SnapshotId): string => retiredPath(layout, id)
/** Content of a parentless layer and of a sealed one. */
export const filesOf = (world: World, id: SnapshotId): string => `${layerOf(world, id)}\\Files`
/** What `Files` of a scratch that gained a parent is called while the layer is built anew. */
export const filesBeforeName = 'Files.before'
export const filesBeforeOf = (world: World, id: SnapshotId): string => `${layerOf(world, id)}\\${filesBeforeName}`
export const scratchOf = (world: World, id: SnapshotId): string => `${layerOf(world, id)}\\sandbox.vhdx`
/** The folder that an attached layer is bound to; not there for a parentless layer that can be written. */
export const mountOf = ({ layout }: World, id: SnapshotId): string => pathOf(layout, 'mounts', String(id))
/** Is there while the layer is attached: made last by attach, removed first by detach. */
export const attachedMarkOf = ({ layout }: World, id: SnapshotId): string => pathOf(layout, 'mounts', `${id}.attached`)
export const sidecarOf = ({ layout }: World, id: SnapshotId): string => pathOf(layout, 'meta', `${id}.json`)
/** What a seal makes in the layer that was not there before. Stays: whether its caller has heard of it nobody here knows. */
export const sealNoteOf = ({ layout }: World, id: SnapshotId): string => pathOf(layout, 'meta', `${id}.seal`)
/** Boot files of the layer's utility VM as they were before its seal. They stay, too. */
export const bootFilesOf = ({ layout }: World, id: SnapshotId): string => pathOf(layout, 'meta', `${id}.boot`)
/** The transport folder that a layer is built from. */
export const incomingOf = ({ layout }: World, id: SnapshotId): string => pathOf(layout, 'temp', `${id}.in`)
/** The transport folder that a layer is read from. */
export const outgoingOf = ({ layout }: World, id: SnapshotId): string => pathOf(layout, 'temp', `${id}.out`)
/** What a layer was sealed from, out of its way: kept while the seal can be undone. */
export const replacedFilesOf = ({ layout }: World, id: SnapshotId): string => pathOf(layout, 'temp', `${id}.files`)

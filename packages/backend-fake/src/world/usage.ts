import { backendFault, type SnapshotId, type Usage } from '@varve/core/ports'
import type { Disk } from './disk.js'
import { codes, raise } from './failure.js'
import { sparingly, step, type Work } from './work.js'
import { deltaFilesOf, layerOf, shownPath, type World } from './world.js'

type Measured = { readonly size: number; readonly onDisk: number }

/** Logical bytes once per name, allocated bytes once per file. As on Windows, directories and symlinks have no size. */
function* measure(disk: Disk, path: string, seen: Set<bigint>, isDue: () => boolean): Work<Measured> {
  const stat = disk.lstat(path)
  if (stat === undefined) return { size: 0, onDisk: 0 }
  let size = stat.type === 'file' ? stat.size : 0
  let onDisk = seen.has(stat.inode) ? 0 : stat.allocated
  if (stat.links > 1) seen.add(stat.inode)
  if (isDue()) yield step
  if (stat.type !== 'directory') return { size, onDisk }
  for (const { name } of disk.readdir(path)) {
    const below = yield* measure(disk, `${path}/${name}`, seen, isDue)
    size += below.size
    onDisk += below.onDisk
  }
  return { size, onDisk }
}

/** Of the layer's directory and of its delta; parents and merged trees are not its own. */
export function* usageOf(world: World, id: SnapshotId): Work<Usage> {
  const { disk } = world
  const directory = layerOf(id)
  if (disk.lstat(directory) === undefined)
    raise(backendFault(`usage of layer ${id}: ${shownPath(world, directory)} is missing`, codes.fileNotFound))
  const seen = new Set<bigint>()
  const isDue = sparingly()
  const layer = yield* measure(disk, directory, seen, isDue)
  const delta = yield* measure(disk, deltaFilesOf(id), seen, isDue)
  const scratch = [`${directory}/sandbox.vhdx`, `${directory}/vm/sandbox.vhdx`]
  return {
    size: layer.size + delta.size,
    inodes: 0,
    onDisk: layer.onDisk + delta.onDisk,
    scratch: scratch.reduce((bytes, path) => bytes + (disk.lstat(path)?.size ?? 0), 0),
  }
}

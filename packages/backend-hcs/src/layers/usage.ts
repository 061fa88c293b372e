import { backendFault, type SnapshotId, type Usage } from '@varve/core/ports'
import type { HostFiles } from '../files.js'
import { codes, raise } from '../failure.js'
import { filesBeforeName, layerOf, scratchOf, type World } from './world.js'

type Measured = { readonly size: number; readonly onDisk: number }

/** Logical bytes once per name, allocated bytes once per file. Folders and links have no size. */
const measure = (files: HostFiles, path: string, seen: Set<string>): Measured => {
  const facts = files.factsOf(path)
  if (facts === undefined) return { size: 0, onDisk: 0 }
  let size = facts.kind === 'file' ? facts.size : 0
  let onDisk = facts.kind === 'file' && !seen.has(facts.identity) ? facts.allocated : 0
  if (facts.links > 1) seen.add(facts.identity)
  if (facts.kind !== 'directory') return { size, onDisk }
  for (const name of files.listPlain(path)) {
    const below = measure(files, `${path}\\${name}`, seen)
    size += below.size
    onDisk += below.onDisk
  }
  return { size, onDisk }
}

/** Of the layer's own directory; its parents are not counted. */
export const usageOf = (world: World, id: SnapshotId): Usage => {
  const { files } = world.machine
  const layer = layerOf(world, id)
  if (!files.exists(layer)) raise(backendFault(`usage of layer ${id}: ${layer} is missing`, codes.fileNotFound))
  const seen = new Set<string>()
  let size = 0
  let onDisk = 0
  for (const name of files.listPlain(layer).filter((found) => found !== filesBeforeName)) {
    const below = measure(files, `${layer}\\${name}`, seen)
    size += below.size
    onDisk += below.onDisk
  }
  const disks = [scratchOf(world, id), `${layer}\\vm\\sandbox.vhdx`]
  const scratch = disks.reduce((bytes, path) => bytes + (files.factsOf(path)?.size ?? 0), 0)
  return { size, inodes: 0, onDisk, scratch }
}

import { backendFault, type SnapshotId } from '@varve/core/ports'
import { codeOf, codes, raise } from '../failure.js'
import type { Handle } from '../native/native.js'
import { using } from '../transport/below.js'
import { withVolume } from './volume.js'
import { layerOf, scratchOf, type World } from './world.js'

const mebibyte = 1n << 20n
const largest = 64n << 40n
const clusterLength = 4096n
const sectorsPerCluster = 8n
/** ATTACH_VIRTUAL_DISK_FLAG_BYPASS_DEFAULT_ENCRYPTION_POLICY */
const bypassEncryption = 0x20

const wholeMebibytes = (bytes: bigint): bigint => ((bytes + mebibyte - 1n) / mebibyte) * mebibyte

const virtualSizeOf = (world: World, path: string): bigint => {
  const { native } = world.machine
  const disk = native.OpenVirtualDisk(path, { isForInfo: true, isReadOnly: true })
  return using(world.machine, disk, (opened) => native.GetVirtualDiskSize(opened).virtual)
}

/** Copies a template that has to be there. What is at `to` is a whole copy. */
export const copyTemplate = (world: World, what: string, template: string, to: string): void => {
  const { native, files } = world.machine
  if (files.kindOf(template) !== 'file')
    raise(
      backendFault(
        `${what}: the template ${template} is missing; the base layer has to be a converted one`,
        codes.fileNotFound,
      ),
    )
  const part = `${to}.part`
  files.removeFile(part)
  native.CopyFileW(template, part, true)
  files.rename(part, to)
}

const attachDisk = ({ machine: { native } }: World, disk: Handle): void => {
  try {
    native.AttachVirtualDisk(disk, bypassEncryption)
  } catch (cause) {
    // Old builds do not know the flag.
    if (codeOf(cause) !== codes.invalidParameter) throw cause
    native.AttachVirtualDisk(disk, 0)
  }
}

/** Lets the file system of an attached disk fill its partition. */
const extendVolume = (world: World, layer: SnapshotId): void => {
  const { native } = world.machine
  const volume = native.GetLayerMountPath(layerOf(world, layer)).replace(/\\$/, '')
  withVolume(world, volume, (handle) => {
    const wanted = native.GetPartitionLength(handle) / clusterLength
    const found = native.GetDiskTotalBytes(`${volume}\\`) / clusterLength
    // NTFS keeps a cluster for itself, and growing by nothing fails.
    if (found + 1n < wanted) native.ExtendVolume(handle, wanted * sectorsPerCluster)
  })
}

/** The platform grows the disk; growing the volume on it is left to whoever asks. */
const expand = (world: World, layer: SnapshotId, bytes: bigint): void => {
  const { native } = world.machine
  native.ExpandSandboxSize(layerOf(world, layer), bytes)
  // The disk is attached until its handle is closed.
  const disk = native.OpenVirtualDisk(scratchOf(world, layer), { isForInfo: false, isReadOnly: false })
  using(world.machine, disk, (opened) => {
    attachDisk(world, opened)
    extendVolume(world, layer)
  })
}

/** Makes the layer's own disk from the template; answers its virtual size. `requested` bytes: 0 asks for nothing. */
export const makeScratch = (
  world: World,
  what: string,
  { layer, template, requested }: { readonly layer: SnapshotId; readonly template: string; readonly requested: bigint },
): bigint => {
  if (requested > largest) {
    const found = `a disk of ${requested} bytes was asked for, the largest has ${largest}`
    raise(backendFault(`${what}: ${found}; ask for less`, codes.invalidParameter))
  }
  const path = scratchOf(world, layer)
  copyTemplate(world, what, template, path)
  const found = virtualSizeOf(world, path)
  if (requested <= found) return found
  expand(world, layer, wholeMebibytes(requested))
  return virtualSizeOf(world, path)
}

import * as E from 'fp-ts/lib/Either.js'
import { diskPaths, layerNamed, ownerFile, sidecarNamed, traceNamed, type Trace } from '@varve/core/adapter'
import { pathOf, readSidecar, type Found, type FoundDisk, type LayerParts, type SnapshotId } from '@varve/core/ports'
import { examineVhdx } from '@varve/core/vhdx'
import { codeOf, codes } from '../failure.js'
import { baseFiles } from './base.js'
import { ownerFileOf, ownerOf } from './sidecar.js'
import { layerOf, retiredOf, sidecarOf, type World } from './world.js'

/** What is beside `snapshots`. A mark only says that the layer is attached. */
const traces: readonly Trace[] = [
  ['mounts', /^(\d+)$/, { role: 'attachment', shows: true }],
  ['mounts', /^(\d+)\.attached$/, { role: 'attachment', shows: false }],
  ['meta', /^(\d+)\.(?:seal|boot)$/, { role: 'content' }],
  ['meta', /^(\d+)\..*\.(?:tmp|part)$/, { role: 'temporary' }],
  ['temp', /^(\d+)\.(?:in|out|files)$/, { role: 'temporary' }],
]

/** What is at a path below `mounts`, `meta` or `temp`. */
const traceAt = (folder: string, name: string): Found =>
  traceNamed(traces, folder, name) ?? { role: 'foreign', path: `${folder}/${name}` }

/** The role of what is at a path below the root. */
export const roleOf = (path: string): Found['role'] => {
  const [folder = '', name = '', ...below] = path.split('/')
  return below.length === 0 ? traceAt(folder, name).role : 'foreign'
}

const namesIn = ({ layout, machine: { files } }: World, folder: string): readonly string[] => {
  const path = pathOf(layout, folder)
  return files.kindOf(path) === 'directory' ? files.list(path) : []
}

/** Everything in the root by its name; what layers and sidecars hold is looked up one by one. */
export const survey = (world: World): readonly Found[] => [
  ...(world.machine.files.exists(ownerFileOf(world))
    ? [{ role: 'owner', path: ownerFile, log: ownerOf(world) } as const]
    : []),
  ...namesIn(world, 'snapshots').map(layerNamed),
  ...namesIn(world, 'meta').map((name) => sidecarNamed(name) ?? traceAt('meta', name)),
  ...['mounts', 'temp'].flatMap((folder) => namesIn(world, folder).map((name) => traceAt(folder, name))),
  ...namesIn(world, 'quarantine').map((name): Found => ({ role: 'quarantined', path: `quarantine/${name}` })),
]

const below = (layer: string, path: string): string => `${layer}\\${path.replaceAll('/', '\\')}`

const diskAt = ({ machine: { files } }: World, layer: string, path: string): readonly FoundDisk[] => {
  const at = below(layer, path)
  const kind = files.kindOf(at)
  if (kind === undefined) return []
  if (kind !== 'file') return [{ path, problem: { kind: 'damaged', message: 'it is no file' } }]
  try {
    const size = examineVhdx((offset, length) => files.readPart(at, offset, length), files.sizeOf(at))
    return [E.isRight(size) ? { path, virtualSize: String(size.right) } : { path, problem: size.left }]
  } catch (cause) {
    // A disk that is attached can't be read by anybody else.
    if (codeOf(cause) === codes.sharingViolation) return [{ path }]
    throw cause
  }
}

const partsOf = (world: World, id: SnapshotId, retired: boolean): LayerParts | undefined => {
  const { files } = world.machine
  const layer = retired ? retiredOf(world, id) : layerOf(world, id)
  if (files.kindOf(layer) !== 'directory') return undefined
  return {
    names: files.list(layer).toSorted(),
    hasFiles: files.kindOf(below(layer, 'Files')) === 'directory',
    hasUtilityVm: files.kindOf(below(layer, 'UtilityVM/Files')) === 'directory',
    missingBaseFiles: baseFiles.filter((path) => files.kindOf(below(layer, path)) !== 'file'),
    disks: diskPaths.flatMap((path) => diskAt(world, layer, path)),
  }
}

/** What was found under a name, with what is in it. */
export const look = (world: World, found: Found): Found => {
  if (found.role === 'layer') return { ...found, parts: partsOf(world, found.id, found.retired) }
  if (found.role !== 'sidecar') return found
  const { files } = world.machine
  const path = sidecarOf(world, found.id)
  const told = files.kindOf(path) === 'file' ? readSidecar(new TextDecoder().decode(files.readFile(path))) : undefined
  return { ...found, log: told?.log, sidecar: told?.sidecar }
}

import { layerNamed } from '@varve/core/adapter'
import { backendFault, pathOf, type FoundLayer } from '@varve/core/ports'
import { codes, raise } from '../failure.js'
import { checkHost, checkRoot } from './host-checks.js'
import { takeAway } from './detach.js'
import { moveLayer } from './retire.js'
import { ownerFileOf, ownerOf } from './sidecar.js'
import { wipe, wipeTemporary } from './wipe.js'
import { bootFilesOf, layerOf, retiredOf, sealNoteOf, sidecarOf, type World } from './world.js'

const folders = ['snapshots', 'meta', 'mounts', 'temp'] as const

const checkOwner = (world: World, log: string): void => {
  const { layout, machine } = world
  const path = ownerFileOf(world)
  if (!machine.files.exists(path)) return
  const owner = ownerOf(world)
  if (owner === undefined)
    raise(
      backendFault(
        `${path} does not say whose layers these are; write {"log":"<UUID>"} into it or give another root`,
        codes.corrupt,
      ),
    )
  if (owner !== log)
    raise(
      backendFault(
        `${layout.root} holds the layers of log ${owner} and was opened for log ${log}; give the log or the root that belongs to it`,
        codes.alreadyExists,
      ),
    )
}

const foundLayers = ({ layout, machine: { files } }: World): readonly FoundLayer[] =>
  files.list(pathOf(layout, 'snapshots')).flatMap((name) => {
    const found = layerNamed(name)
    return found.role === 'layer' ? [{ id: found.id, retired: found.retired }] : []
  })

/** Nobody has anything attached or half-done yet; what a crash left up is taken down with its layer. */
const tidyRoot = (world: World): void => {
  const { layout, machine } = world
  for (const name of machine.files.list(pathOf(layout, 'mounts')))
    if (name.endsWith('.attached')) machine.files.removeFile(pathOf(layout, 'mounts', name))
  for (const name of machine.files.list(pathOf(layout, 'meta')))
    if (/\.(?:tmp|part)$/.test(name)) machine.files.removeTree(pathOf(layout, 'meta', name))
  for (const name of machine.files.list(pathOf(layout, 'temp'))) wipe(world, pathOf(layout, 'temp', name))
}

/** Takes the root for a log and answers which layers it holds. */
export const claim = (world: World, log: string): readonly FoundLayer[] => {
  const { layout, machine } = world
  checkRoot(layout.root)
  checkHost(world)
  checkOwner(world, log)
  for (const name of folders) machine.files.makeFolder(pathOf(layout, name))
  if (ownerOf(world) === undefined)
    machine.files.writeFile(ownerFileOf(world), new TextEncoder().encode(`${JSON.stringify({ log })}\n`))
  tidyRoot(world)
  return foundLayers(world)
}

const freeName = ({ layout, machine: { files } }: World, name: string): string => {
  for (let n = 1; ; n++) if (!files.exists(pathOf(layout, 'quarantine', `${name}-${n}`))) return `${name}-${n}`
}

/**
 * Moves a layer to a name in quarantine, with all that is kept of it elsewhere; a retired one goes alone where its id has another
 * folder, whose that is. The folder moves last, because it is what makes a move that was cut be found and finished.
 */
export const moveAside = (world: World, { id, retired }: FoundLayer, name: string): void => {
  const { layout, machine } = world
  const { files } = machine
  const from = retired ? retiredOf(world, id) : layerOf(world, id)
  const to = pathOf(layout, 'quarantine', name)
  files.makeFolder(pathOf(layout, 'quarantine'))
  if (!retired || !files.exists(layerOf(world, id))) {
    takeAway(world, id)
    wipeTemporary(world, id)
    for (const [path, suffix] of [
      [sealNoteOf(world, id), '.seal'],
      [bootFilesOf(world, id), '.boot'],
      [sidecarOf(world, id), '.json'],
    ] as const)
      if (files.exists(path)) files.rename(path, `${to}${suffix}`)
  }
  if (files.exists(from)) moveLayer(world, id, from, to)
}

/** Moves folders that no record claims out of the way; answers their new names. */
export const quarantine = (world: World, layers: readonly FoundLayer[]): readonly string[] =>
  layers.map((layer) => {
    const { id, retired } = layer
    const name = freeName(world, retired ? `rm-${id}` : String(id))
    moveAside(world, layer, name)
    return name
  })

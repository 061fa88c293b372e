import { checkOwner, layersNamed, ownerBytes } from '@varve/core/adapter'
import { pathOf, type FoundLayer } from '@varve/core/ports'
import { checkHost, checkRoot } from './host-checks.js'
import { takeAway } from './detach.js'
import { makeRoot } from './make-root.js'
import { moveLayer } from './retire.js'
import { ownerFileOf, ownerOf } from './sidecar.js'
import { wipe, wipeTemporary } from './wipe.js'
import { bootFilesOf, layerOf, retiredOf, sealNoteOf, sidecarOf, type World } from './world.js'

const folders = ['snapshots', 'meta', 'mounts', 'temp'] as const

/** Nobody has anything attached or half-done yet; what a crash left up is taken down with its layer. */
const tidyRoot = (world: World): void => {
  const { layout, machine } = world
  for (const name of machine.files.list(pathOf(layout, 'mounts')))
    if (name.endsWith('.attached')) machine.files.removeFile(pathOf(layout, 'mounts', name))
  for (const name of machine.files.list(pathOf(layout, 'meta')))
    if (/\.(?:tmp|part)$/.test(name)) wipe(world, pathOf(layout, 'meta', name))
  for (const name of machine.files.list(pathOf(layout, 'temp'))) wipe(world, pathOf(layout, 'temp', name))
}

/** Takes the root for a log and answers which layers it holds. */
export const claim = (world: World, log: string): readonly FoundLayer[] => {
  const { layout, machine } = world
  checkRoot(layout.root)
  checkHost(world)
  const owner = ownerOf(world)
  checkOwner(layout, { hasFile: machine.files.exists(ownerFileOf(world)), owner }, log)
  makeRoot(world)
  for (const name of folders) machine.files.makeFolder(pathOf(layout, name))
  if (owner === undefined) machine.files.writeFile(ownerFileOf(world), ownerBytes(log))
  tidyRoot(world)
  return layersNamed(machine.files.list(pathOf(layout, 'snapshots')))
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

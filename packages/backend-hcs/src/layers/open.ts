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

const layerName = /^(?<retired>rm-)?(?<id>[1-9]\d{0,15})$/

const foundLayers = ({ layout, machine: { files } }: World): readonly FoundLayer[] =>
  files.list(pathOf(layout, 'snapshots')).flatMap((name) => {
    const groups = layerName.exec(name)?.groups
    return groups === undefined ? [] : [{ id: Number(groups['id']), retired: groups['retired'] !== undefined }]
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

/** Moves folders that no record claims out of the way, with all that belongs to them; answers their new names. */
export const quarantine = (world: World, layers: readonly FoundLayer[]): readonly string[] => {
  const { layout, machine } = world
  return layers.map(({ id, retired }) => {
    const from = retired ? retiredOf(world, id) : layerOf(world, id)
    machine.files.makeFolder(pathOf(layout, 'quarantine'))
    const name = freeName(world, retired ? `rm-${id}` : String(id))
    const to = pathOf(layout, 'quarantine', name)
    takeAway(world, id)
    wipeTemporary(world, id)
    // The folder last, because it is what makes a move that was cut be found and finished.
    for (const [path, suffix] of [
      [sealNoteOf(world, id), '.seal'],
      [bootFilesOf(world, id), '.boot'],
      [sidecarOf(world, id), '.json'],
    ] as const)
      if (machine.files.exists(path)) machine.files.rename(path, `${to}${suffix}`)
    moveLayer(world, id, from, to)
    return name
  })
}

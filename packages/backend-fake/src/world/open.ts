import { backendFault, type FoundLayer } from '@varve/core/ports'
import { codes, raise } from './failure.js'
import { placeSafely, removeTree } from './tree.js'
import { step, type Work } from './work.js'
import {
  deltaOf,
  halfBuilt,
  layerOf,
  manifestOf,
  mountOf,
  newDeltaOf,
  retiredMountOf,
  retiredOf,
  sealNoteOf,
  shownPath,
  sidecarOf,
  streamsOf,
  tableOf,
  type World,
} from './world.js'

const ownerFile = 'varve.json'
const directories = ['snapshots', 'scratch', 'mounts', 'meta', 'tables'] as const

const ownerIn = (world: World): string | undefined => {
  const size = world.disk.lstat(ownerFile)?.size
  if (size === undefined) return undefined
  try {
    const found: unknown = JSON.parse(new TextDecoder().decode(world.disk.read(ownerFile, 0, size)))
    if (typeof found === 'object' && found !== null && 'log' in found && typeof found.log === 'string') return found.log
  } catch (cause) {
    if (!(cause instanceof SyntaxError)) throw cause
  }
  const shown = shownPath(world, ownerFile)
  return raise(
    backendFault(
      `${shown} does not say whose layers these are; write {"log":"<UUID>"} into it or give another root`,
      codes.corrupt,
    ),
  )
}

const layerName = /^(?<retired>rm-)?(?<id>[1-9]\d{0,15})$/

const foundLayers = ({ disk }: World): readonly FoundLayer[] =>
  disk.readdir('snapshots').flatMap(({ name }) => {
    const groups = layerName.exec(name)?.groups
    return groups === undefined ? [] : [{ id: Number(groups['id']), retired: groups['retired'] !== undefined }]
  })

function* removeHalfBuilt({ disk }: World): Work<void> {
  for (const directory of ['scratch', 'mounts'])
    for (const { name } of disk.readdir(directory))
      if (halfBuilt.test(name)) yield* removeTree(disk, `${directory}/${name}`)
}

/** Takes the root for a log and answers which layers it holds. Nobody is attached to anything yet. */
export function* claim(world: World, log: string): Work<readonly FoundLayer[]> {
  const { disk, layout, attached } = world
  const owner = ownerIn(world)
  if (owner !== undefined && owner !== log)
    raise(
      backendFault(
        `${layout.root} holds the layers of log ${owner} and was opened for log ${log}; give the log or the root that belongs to it`,
        codes.alreadyExists,
      ),
    )
  for (const directory of directories) disk.mkdir(directory)
  if (owner === undefined)
    yield* placeSafely(disk, 0, ownerFile, new TextEncoder().encode(`${JSON.stringify({ log })}\n`))
  world.log = log
  attached.clear()
  yield* removeHalfBuilt(world)
  return foundLayers(world)
}

const freeName = ({ disk }: World, name: string): string => {
  for (let n = 1; ; n++) if (disk.lstat(`quarantine/${name}-${n}`) === undefined) return `${name}-${n}`
}

/** Moves directories that no record claims out of the way, with all that belongs to them; answers their new names. */
export function* quarantine(world: World, layers: readonly FoundLayer[]): Work<readonly string[]> {
  const { disk } = world
  const names: string[] = []
  for (const { id, retired } of layers) {
    const from = retired ? retiredOf(id) : layerOf(id)
    disk.mkdir('quarantine')
    const name = freeName(world, from.slice('snapshots/'.length))
    // The directory last, because it is what makes a move that was cut be found and finished.
    const moves = [
      [deltaOf(id), '.scratch'],
      [newDeltaOf(id), '.scratch.new'],
      [mountOf(id), '.mount'],
      [retiredMountOf(id), '.mount'],
      [manifestOf(id), '.mount.ndjson'],
      [tableOf(id), '.deleted.ndjson'],
      [streamsOf(id), '.streams'],
      [sealNoteOf(id), '.seal'],
      [sidecarOf(id), '.json'],
      [from, ''],
    ] as const
    for (const [path, suffix] of moves) {
      if (disk.lstat(path) !== undefined) disk.rename(path, `quarantine/${name}${suffix}`)
      yield step
    }
    names.push(name)
  }
  return names
}

import { backendFault, type LayerDescriptor } from '@varve/core/ports'
import type { EntryTimes, LayerItem } from '@varve/core/tar'
import { codes, raise } from '../failure.js'
import { isPlainFolder, timesOf } from '../formats/filetime.js'
import { decodeAttributes, isSideFileOfFolder, sideFileOfFolder } from '../formats/side-file.js'
import { parseTombstones, tombstonesName } from '../formats/tombstones.js'
import type { Machine } from '../machine.js'
import { sideFileInput } from './backup-input.js'
import { isRecycled, putPlain, puttingOf } from './base-source.js'
import { openAt, share } from './below.js'
import { deletionsOf, type Deletions } from './deletions.js'
import { longPath, type LayerSource } from './items.js'
import { checkNames } from './names-check.js'
import { putFile, type Putting } from './put-file.js'

/** A transport folder that is being read. */
type Reading = {
  readonly machine: Machine
  readonly root: string
  readonly putting: Putting
  readonly deletions: Deletions
}

/**
 * Outside of `Files` only the time of the last write comes from the layer; the others are those of the transport folder, which
 * is made anew each time.
 */
const writtenAt = ({ modified }: EntryTimes): EntryTimes => ({
  created: modified,
  accessed: modified,
  modified,
  changed: modified,
})

const deltaOfSystem = 'Hives\\System_Delta'

/** The times of `Files` and `Hives`, whose own say nothing. */
const timesOfTops = (machine: Machine, root: string): EntryTimes => {
  const handle = openAt(machine, `${root}\\${deltaOfSystem}`, share.all)
  try {
    return writtenAt(timesOf(machine.native.GetFileBasicInfo(handle)))
  } finally {
    machine.native.CloseHandle(handle)
  }
}

/** The entry of which there is a side file; answers its attributes. */
function* putSideFile({ machine, root, putting }: Reading, path: string): Generator<LayerItem, number, undefined> {
  const full = `${root}\\${path}`
  const isFolder = machine.files.kindOf(full) === 'directory'
  const { input, head } = sideFileInput(machine, isFolder ? sideFileOfFolder(full) : full)
  try {
    const attributes = decodeAttributes(head)
    const times = timesOf(machine.native.GetFileBasicInfo(input.handle()))
    yield* putFile(putting, { name: path.replaceAll('\\', '/'), path: full, input, attributes, times })
    return attributes
  } finally {
    input.close()
  }
}

const entry = (name: string, type: 'opaque'): LayerItem => ({
  type: 'entry',
  entry: { type, name: name.replaceAll('\\', '/') },
  offset: 0,
})

function* putTree(reading: Reading, path: string, isOpaque: boolean): Generator<LayerItem, void, undefined> {
  const { machine, root, putting } = reading
  const isTop = path === 'Files' || path === 'Hives'
  const timesFor = isTop ? () => timesOfTops(machine, root) : writtenAt
  const attributes = path.startsWith('Files\\')
    ? yield* putSideFile(reading, path)
    : yield* putPlain(machine, putting, { root, path }, { withSecurity: false, timesFor })
  if (!isPlainFolder(attributes)) return
  if (isOpaque) yield entry(path, 'opaque')
  const names = machine.files
    .list(`${root}\\${path}`)
    .filter((name) => !isSideFileOfFolder(name) && !isRecycled(`${path}\\${name}`))
  checkNames(path, names)
  const isFolder = (name: string): boolean => machine.files.kindOf(`${root}\\${path}\\${name}`) === 'directory'
  const { items, opaque } = reading.deletions.inFolder(path, names, isFolder)
  yield* items
  for (const name of names) yield* putTree(reading, `${path}\\${name}`, opaque.has(name))
}

const readDeletions = ({ files }: Machine, root: string): Deletions => {
  const path = `${root}\\${tombstonesName}`
  const deleted = parseTombstones(files.readFile(path))
  if (deleted !== undefined) return deletionsOf(deleted.map((below) => `Files\\${below}`))
  return raise(backendFault(`${path} is no list of deleted paths; export the layer again`, codes.corrupt))
}

/** The entries of a layer with parents, as a transport folder has them. */
export function* transportSource(machine: Machine, folder: string): LayerSource {
  const root = longPath(folder)
  const deletions = readDeletions(machine, root)
  const reading: Reading = { machine, root, putting: puttingOf(machine), deletions }
  const names = machine.files.list(root).filter((name) => !isSideFileOfFolder(name) && name !== tombstonesName)
  for (const name of names) yield* putTree(reading, name, false)
  yield* deletions.left()
}

/** A layer with parents that is active, and a folder that its transport folder can be, which is made and removed. */
export type Exported = {
  readonly layer: string
  readonly parents: readonly LayerDescriptor[]
  readonly folder: string
}

/** Removes a folder that is of no use any more; what is left of it, the next opening of the root removes. */
export const discard = ({ files }: Machine, folder: string): void => {
  try {
    files.removeTree(folder)
  } catch {
    // What ended the work before is what its caller has to know.
  }
}

/** The entries of a layer with parents: what ExportLayer makes of it. */
export function* exportedSource(machine: Machine, { layer, parents, folder }: Exported): LayerSource {
  const { native, files } = machine
  try {
    files.removeTree(folder)
    files.makeFolder(folder)
    native.ExportLayer(layer, folder, parents)
    yield* transportSource(machine, folder)
  } finally {
    discard(machine, folder)
  }
}

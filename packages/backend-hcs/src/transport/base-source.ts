import { foldName } from '@varve/core/ports'
import type { EntryTimes, LayerItem } from '@varve/core/tar'
import { isPlainFolder, timesOf } from '../formats/filetime.js'
import type { Machine } from '../machine.js'
import { fileInput } from './backup-input.js'
import { longPath, type LayerSource } from './items.js'
import { checkNames } from './names-check.js'
import { putFile, type Putting } from './put-file.js'
import { inputLength } from './read-backup.js'

const recycled = foldName('Files\\$Recycle.Bin')

/** What every volume may have and no layer has. */
export const isRecycled = (path: string): boolean => foldName(path) === recycled

/** What one source keeps from file to file. */
export const puttingOf = ({ native }: Machine): Putting => ({
  native,
  links: new Map(),
  buffer: new Uint8Array(inputLength),
})

export type ReadOptions = { readonly withSecurity: boolean; readonly timesFor: (found: EntryTimes) => EntryTimes }

/** The entry of the file at `path` below `root`, as it is there; answers its attributes. */
export function* putPlain(
  machine: Machine,
  putting: Putting,
  { root, path }: { readonly root: string; readonly path: string },
  { withSecurity, timesFor }: ReadOptions,
): Generator<LayerItem, number, undefined> {
  const full = `${root}\\${path}`
  const input = fileInput(machine, full, withSecurity)
  try {
    const info = machine.native.GetFileBasicInfo(input.handle())
    const { attributes } = info
    const name = path.replaceAll('\\', '/')
    yield* putFile(putting, { name, path: full, input, attributes, times: timesFor(timesOf(info)) })
    return attributes
  } finally {
    input.close()
  }
}

/** The entries of a layer without parents, as they are in its folder: `Files`, and `UtilityVM\Files` where there is one. */
export function* baseSource(machine: Machine, layer: string): LayerSource {
  const root = longPath(layer)
  const putting = puttingOf(machine)
  const asItIs: ReadOptions = { withSecurity: true, timesFor: (found) => found }
  const put = (path: string) => putPlain(machine, putting, { root, path }, asItIs)

  function* putTree(path: string): Generator<LayerItem, void, undefined> {
    if (!isPlainFolder(yield* put(path))) return
    const names = machine.files.list(`${root}\\${path}`)
    const kept = names.filter((name) => !isRecycled(`${path}\\${name}`))
    checkNames(path, kept)
    for (const name of kept) yield* putTree(`${path}\\${name}`)
  }
  yield* putTree('Files')
  if (!machine.files.exists(`${root}\\UtilityVM\\Files`)) return
  yield* put('UtilityVM')
  yield* putTree('UtilityVM\\Files')
}

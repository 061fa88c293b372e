import type { Dice } from './dice.js'
import { item, type Item, tarOf, timesAt } from './layer-tars.js'
import type { TarLine } from './script.js'
import type { MayShow } from './script-changes.js'

/** Owner and group are the administrators, without an access list and with an empty one. */
const descriptors = [
  '01000080140000002400000000000000000000000102000000000005200000002002000001020000000000052000000020020000',
  '010004801400000024000000000000003400000001020000000000052000000020020000010200000000000520000000200200000200080000000000',
]

const bits = [0, 0, 0, 1, 2, 4, 7]
const someTime = 1_000_000_000

type Making = {
  readonly dice: Dice
  readonly isBase: boolean
  readonly symlinks: boolean
  /** What the parents may show. */
  readonly shown: MayShow
  readonly moves: boolean
}

/** Folders are made before what is in them, and no name twice, or the tar is refused: mostly it should not be. */
type Made = {
  readonly lines: TarLine[]
  readonly folders: Set<string>
  readonly files: string[]
  readonly taken: Set<string>
}

const windows = ({ dice }: Making): Partial<TarLine> => ({
  at: someTime + dice.roll(100_000_000),
  ...(dice.once(3) ? { bits: dice.pick(bits) } : {}),
  ...(dice.once(3) ? { security: dice.pick(descriptors) } : {}),
})

const addFile = (making: Making, { lines, files }: Made, name: string): void => {
  const { dice } = making
  lines.push({ type: 'file', name, content: dice.pick(['', 'of a tar', 'of another']), ...windows(making) })
  files.push(name)
  if (dice.once(3))
    lines.push({ type: 'stream', name, stream: dice.pick(['s', 'mark']), content: dice.pick(['', 'x']) })
}

const baseKinds = ['file', 'file', 'file', 'folder', 'folder', 'link', 'symlink', 'junction'] as const
const childKinds = [...baseKinds, 'link', 'whiteout', 'whiteout', 'whiteout', 'opaque'] as const

const addOther = (making: Making, made: Made, name: string): void => {
  const { dice, isBase, symlinks, shown, moves } = making
  const { lines, folders, files } = made
  const kind = dice.pick(isBase ? baseKinds : childKinds)
  if (kind === 'folder') {
    lines.push({ type: kind, name, ...windows(making) })
    folders.add(name)
  } else if (kind === 'link') {
    const ofParents = [...shown.paths].filter(
      ([path, type]) => type === 'file' && !made.taken.has(path) && (moves || !shown.linked.has(path)),
    )
    const targets = [...files, ...files, ...ofParents.map(([path]) => path)]
    lines.push({ type: kind, name, target: targets.length === 0 ? 'nowhere' : dice.pick(targets) })
  } else if (kind === 'whiteout') lines.push({ type: kind, name })
  else if (kind === 'opaque') {
    lines.push({ type: kind, name, ...windows(making) })
    folders.add(name)
  } else if (symlinks && kind === 'symlink')
    lines.push({ type: kind, name, target: dice.pick(['f', '..\\g', 'C:\\x']), ...windows(making) })
  else if (symlinks && kind === 'junction') lines.push({ type: kind, name, target: 'C:\\x', ...windows(making) })
  else addFile(making, made, name)
}

const pool = ['f', 'g', 'd', 'd/f', 'd/g', 'd/d', 'd/d/f', 'e', 'e/f', 'e/層', 'new', 'd/new']

/** A small tar. Rarely one that can't enter a layer. */
export const makeTar = (dice: Dice, options: Omit<Making, 'dice'>): readonly TarLine[] => {
  const making = { dice, ...options }
  const { isBase, shown } = options
  const made: Made = { lines: [], folders: new Set(), files: [], taken: new Set() }
  for (let left = 1 + dice.roll(7); left > 0; left--) {
    const name = dice.pick(shown.paths.size > 0 && dice.once(2) ? [...shown.paths.keys()] : pool)
    if (made.taken.has(name) && !dice.once(20)) continue
    const above = name.split('/').slice(0, -1)
    for (const [depth] of above.entries()) {
      const folder = above.slice(0, depth + 1).join('/')
      if (made.taken.has(folder)) continue
      made.taken.add(folder)
      made.folders.add(folder)
      // The parents may have it.
      if (isBase || dice.once(3)) made.lines.push({ type: 'folder', name: folder, ...windows(making) })
    }
    const parent = above.join('/')
    if (parent !== '' && made.taken.has(parent) && !made.folders.has(parent) && !dice.once(20)) continue
    made.taken.add(name)
    addOther(making, made, name)
  }
  return made.lines
}

const inHex = (hex: string): Uint8Array =>
  Uint8Array.from(hex.match(/../g) ?? [], (digits) => Number.parseInt(digits, 16))

const itemsOf = ({
  type,
  name,
  content = '',
  stream = '',
  target = '',
  at = someTime,
  ...line
}: TarLine): readonly Item[] => {
  const path = `Files/${name}`
  const more = (attributes: number) => ({
    attributes: attributes | (line.bits ?? 0),
    times: timesAt(at),
    ...(line.security === undefined ? {} : { security: { bytes: inHex(line.security) } }),
  })
  switch (type) {
    case 'folder':
      return [item.folder(path, more(0x10))]
    case 'file':
      return [item.file(path, content, more(0x20))]
    case 'stream':
      return [item.stream(path, stream, content)]
    case 'symlink':
      return [{ entry: { type, name: path, target, ...more(0x420) } }]
    case 'junction':
      return [{ entry: { type, name: path, target, ...more(0x410) } }]
    case 'link':
      return [item.link(path, `Files/${target}`)]
    case 'whiteout':
      return [item.whiteout(path)]
    case 'opaque':
      return [item.folder(path, more(0x10)), { entry: { type, name: path } }]
  }
}

/** The bytes of a tar whose first entry is the folder `Files`. */
export const bytesOfTar = (lines: readonly TarLine[]): Uint8Array =>
  tarOf(item.folder('Files'), ...lines.flatMap(itemsOf))

/** What the tar of a layer says, in a form that does not depend on how it says it. */
import type { LayerEntry } from '../src/tar/index.js'
import { isAddedByWindows } from './content.js'
import { type Item, itemsOf } from './layer-tars.js'
import { timeOf } from './script-norms.js'

/** What is said of a file, folder, link or stream. */
type Said = Readonly<Record<string, unknown>>

/** By path, `path:name` for streams. */
export type Shown = Readonly<Record<string, Said>>

export type Contents = {
  readonly own: Shown
  /** Paths of the parents that it hides. */
  readonly gone: readonly string[]
  /** Names of one file, where that is told. */
  readonly links: readonly string[]
}

export type Asked = {
  /** What the layers below show; without it there are none. */
  readonly below?: Shown | undefined
  /** Whether its times are its own. */
  readonly hasTimes: boolean
}

const hex = (bytes: Uint8Array): string => Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')

const isWithin = (above: string, path: string): boolean => path === above || path.startsWith(`${above}/`)

/** Whether a symlink leads to a folder is told when it is made, each time it is looked at, or never. */
const bitsOf = ({ type, attributes }: Extract<LayerEntry, { readonly attributes: number }>): number =>
  type === 'symlink' || type === 'junction' ? attributes & ~0x30 : attributes

const windowsOf = (entry: LayerEntry, hasTimes: boolean): Said => {
  if (!('attributes' in entry)) return {}
  const security = 'security' in entry ? entry.security : undefined
  return {
    attributes: bitsOf(entry),
    ...(hasTimes ? { times: Object.values(entry.times).map(timeOf).join() } : {}),
    ...(security === undefined ? {} : { security: 'bytes' in security ? hex(security.bytes) : security.sddl }),
  }
}

const saidOf = ({ entry, body }: Item, hasTimes: boolean): Said => ({
  type: entry.type,
  ...('target' in entry ? { target: entry.target } : {}),
  ...(entry.type === 'file' || entry.type === 'stream' ? { content: new TextDecoder().decode(body) } : {}),
  ...windowsOf(entry, hasTimes),
})

const pathOf = (name: string): string => name.replace(/^Files(\/|$)/, '')

/** What is left of what was there: every name without the times that it does not have any more. */
const without = ({ times: _times, ...rest }: Said): Said => rest

/** Of the names of a file any may be the first, and where there are parents a second name may also be a file of its own. */
const linked = (
  own: Shown,
  second: ReadonlyMap<string, string>,
  { below = {}, hasTimes }: Asked,
): Readonly<Record<string, Said>> => {
  const all: Record<string, Said> = { ...own }
  for (const [path, target] of second) {
    const from = Object.hasOwn(all, target) ? all : below
    for (const [key, said] of Object.entries(from))
      if (key === target || key.startsWith(`${target}:`))
        all[path + key.slice(target.length)] = hasTimes ? said : without(said)
  }
  return all
}

/** Names of one file, each list sorted. */
const linksOf = (second: ReadonlyMap<string, string>): readonly string[] => {
  const groups = new Map<string, string[]>()
  for (const [path, target] of second) groups.set(target, [...(groups.get(target) ?? [target]), path])
  return [...groups.values()].map((group) => group.sort().join(' = ')).sort()
}

/** What the tar of a layer says, and what the layer shows over those below it. */
export const contentsOfTar = (
  tar: Uint8Array,
  asked: Asked,
): { readonly contents: Contents; readonly shown: Shown } => {
  const { below, hasTimes } = asked
  const said: Record<string, Said> = {}
  const second = new Map<string, string>()
  const hidden: string[] = []
  const emptied: string[] = []
  for (const one of itemsOf(tar, below === undefined)) {
    const { entry } = one
    const path = pathOf(entry.name)
    // Every world puts into Hives what it likes, writes hives into the folder at the top, and need not name that where it is empty.
    if (path === '' || /^Hives(\/|$)/.test(path) || isAddedByWindows(path)) continue
    if (entry.type === 'whiteout') hidden.push(path)
    else if (entry.type === 'opaque') emptied.push(path)
    else if (entry.type === 'link') second.set(path, pathOf(entry.target))
    else said[entry.type === 'stream' ? `${path}:${entry.stream}` : path] = saidOf(one, hasTimes)
  }
  const own = linked(said, second, asked)
  // A folder is emptied by one entry or by one for each name; a whiteout of what is not there may be kept or not.
  const gone = Object.keys(below ?? {}).filter(
    (path) =>
      !path.includes(':') &&
      !Object.hasOwn(own, path) &&
      (hidden.some((name) => isWithin(name, path)) || emptied.some((name) => name !== path && isWithin(name, path))),
  )
  const contents = {
    own: withoutRepeats(withoutFoldersAbove(own, gone), below),
    gone: gone.sort(),
    links: below === undefined ? linksOf(second) : [],
  }
  return { contents, shown: shownOver(below ?? {}, own, gone) }
}

/**
 * A tar need not have the folders above what it has or deletes. A layer has them nevertheless, as its parents have them or as new
 * ones.
 */
const withoutFoldersAbove = (own: Shown, gone: readonly string[]): Shown => {
  const paths = [...Object.keys(own), ...gone]
  return Object.fromEntries(
    Object.entries(own).filter(([path]) => !paths.some((other) => other !== path && isWithin(path, other))),
  )
}

/** A layer may have what its parents show in the same way. */
const withoutRepeats = (own: Shown, below: Shown = {}): Shown =>
  Object.fromEntries(
    Object.entries(own).filter(
      ([path, { times: _times, ...said }]) =>
        JSON.stringify(said) !== JSON.stringify(Object.hasOwn(below, path) ? without(below[path] ?? {}) : undefined),
    ),
  )

const shownOver = (below: Shown, own: Shown, gone: readonly string[]): Shown => {
  const replaced = Object.keys(own).filter((path) => own[path]?.['type'] !== 'directory')
  const isHidden = (path: string): boolean =>
    [...gone, ...replaced].some((name) => isWithin(name, path)) ||
    Object.keys(own).some((name) => path.startsWith(`${name}:`))
  return { ...Object.fromEntries(Object.entries(below).filter(([path]) => !isHidden(path))), ...own }
}

import type { Dice } from './dice.js'
import type { Step, TarLine } from './script.js'

/** What a snapshot may show, by path. It is a guess: what it leads to may be refused, which is compared too. */
export type MayShow = {
  readonly paths: Map<string, 'folder' | 'file' | 'link'>
  /** Of these, those that stay what they are, or go for good. */
  readonly fixed: Set<string>
  /** Fixed ones that went, and what nothing must be written to. */
  readonly gone: Set<string>
  /** Names of files that have several. */
  readonly linked: Set<string>
}

/** Few, so that they meet one another. */
export const scriptPaths: readonly string[] = ['f', 'g', 'd', 'd/f', 'd/g', 'd/d', 'd/d/f', 'e', 'e/f', 'e/層']

type In = MayShow & { readonly dice: Dice; readonly key: string }
type Type = 'folder' | 'file' | 'link'

const above = (path: string): string => path.slice(0, Math.max(0, path.lastIndexOf('/')))

const isAt = (folder: string, path: string): boolean => path === folder || path.startsWith(`${folder}/`)

/** Whether something else would stand where something fixed was. */
const isSpent = ({ gone }: MayShow, path: string): boolean => [...gone].some((one) => isAt(one, path))

const isFixed = ({ fixed }: MayShow, path: string): boolean => [...fixed].some((one) => isAt(path, one))

/** Whether all that is above a path may be folders, or be missing. */
const isOpen = ({ paths }: MayShow, path: string): boolean => {
  for (let at = above(path); at !== ''; at = above(at)) if ((paths.get(at) ?? 'folder') !== 'folder') return false
  return true
}

const put = ({ paths }: MayShow, path: string, type: Type): void => {
  for (let at = above(path); at !== ''; at = above(at)) paths.set(at, paths.get(at) ?? 'folder')
  paths.set(path, type)
}

const drop = ({ paths, fixed, gone }: MayShow, path: string): void => {
  for (const one of paths.keys()) if (isAt(path, one)) paths.delete(one)
  for (const one of fixed) if (isAt(path, one)) gone.add(one)
}

/** Mostly one of a few that will do. Never one that is spent. */
const choice = (where: In, good: (path: string) => boolean): string => {
  const left = scriptPaths.filter((path) => !isSpent(where, path))
  const best = left.filter(good)
  if (left.length === 0) return 'new'
  return where.dice.pick(best.length === 0 || where.dice.once(10) ? left : best)
}

/** Mostly a path that may be there. */
const there = ({ dice, paths }: In, types: readonly Type[] = ['file', 'folder', 'link']): string => {
  const found = [...paths].filter((one) => types.includes(one[1])).map(([path]) => path)
  return dice.pick(found.length === 0 || dice.once(10) ? scriptPaths : found)
}

/** Mostly one that may be free, in a folder that may be there. */
const free = (where: In): string =>
  choice(where, (path) => !where.paths.has(path) && (above(path) === '' || where.paths.get(above(path)) === 'folder'))

const write = (where: In): Step => {
  const path = choice(where, (one) => isOpen(where, one) && (where.paths.get(one) ?? 'file') === 'file')
  if (isOpen(where, path) && (where.paths.get(path) ?? 'file') === 'file') put(where, path, 'file')
  return { do: 'write', key: where.key, path, content: where.dice.pick(['', 'one', 'two', 'three']) }
}

const make = (where: In): Step => {
  const path = choice(where, (one) => isOpen(where, one) && !where.paths.has(one))
  if (isOpen(where, path) && !where.paths.has(path)) put(where, path, 'folder')
  return { do: 'make', key: where.key, path }
}

const remove = (where: In): Step => {
  const path = there(where)
  // To take one of its names away is to move the file to the other.
  if ([...where.fixed].some((one) => isAt(path, one) && where.linked.has(one))) return look(where)
  drop(where, path)
  return { do: 'delete', key: where.key, path }
}

const rename = (where: In): Step => {
  const { paths, key, dice } = where
  const [path, to] = [there(where), dice.once(5) ? there(where) : free(where)]
  if (isFixed(where, path) || isFixed(where, to) || isSpent(where, to)) return look(where)
  const moved = [...paths].filter(([one]) => isAt(path, one))
  const replaced = paths.get(to)
  if (!isAt(path, to) && replaced !== 'folder' && moved.length > 0) {
    drop(where, path)
    for (const [one, type] of moved) put(where, to + one.slice(path.length), type)
  }
  return { do: 'rename', key, path, to }
}

const link = (where: In): Step => {
  const [path, to] = [there(where, ['file']), free(where)]
  if (where.paths.get(path) === 'file' && !where.paths.has(to)) put(where, to, 'file')
  if (isFixed(where, path)) where.fixed.add(to)
  for (const name of [path, to]) where.linked.add(name)
  return { do: 'link', key: where.key, path, to }
}

const symlink = (where: In): Step => {
  const path = free(where)
  if (!where.paths.has(path)) put(where, path, 'link')
  return { do: 'symlink', key: where.key, path, target: where.dice.pick(['f', '../g', 'nowhere']) }
}

const look = (where: In): Step => ({
  do: where.dice.pick(['read', 'list'] as const),
  key: where.key,
  path: there(where),
})

const kinds = [write, write, write, write, make, remove, remove, rename, rename, link, link, look]

/** Changes of what a snapshot shows, which `shown` follows. */
export const changesIn = (
  dice: Dice,
  key: string,
  shown: MayShow,
  { count, symlinks }: { readonly count: number; readonly symlinks: boolean },
): readonly Step[] =>
  Array.from({ length: count }, () => dice.pick(symlinks ? [...kinds, symlink] : kinds)({ dice, key, ...shown }))

/** Whether names of one file in several layers are one file when it is written to depends on the world: `isOne` if they are. */
const followLink = (shown: MayShow, names: readonly string[], isOne: boolean): void => {
  for (const name of names) {
    shown.linked.add(name)
    if (isOne) continue
    shown.fixed.add(name)
    shown.gone.add(name)
  }
}

/** What a snapshot may show once a tar was applied to it. `moves`: whether its entries may get other names later. */
export const follow = (shown: MayShow, tar: readonly TarLine[], moves: boolean): void => {
  for (const { type, name, target = '' } of tar) {
    if (type === 'link') followLink(shown, [name, target], moves || tar.some((line) => line.name === target))
    if (type === 'whiteout' || type === 'opaque') drop(shown, name)
    if (type === 'folder' || type === 'opaque') put(shown, name, 'folder')
    else if (type === 'file' || type === 'link') put(shown, name, 'file')
    else if (type === 'symlink' || type === 'junction') put(shown, name, 'link')
    if (!moves) shown.fixed.add(name)
  }
}

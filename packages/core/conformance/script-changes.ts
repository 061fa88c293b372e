import type { Dice } from './dice.js'
import type { Step } from './script.js'

/** Few, so that they meet one another. */
const scriptPaths: readonly string[] = ['f', 'g', 'd', 'd/f', 'd/g', 'd/d', 'd/d/f', 'e', 'e/f', 'e/層']

type In = {
  readonly dice: Dice
  readonly key: string
  readonly paths: Set<string>
  readonly fixed: ReadonlySet<string>
  readonly gone: Set<string>
}

const isAt = (folder: string, path: string): boolean => path === folder || path.startsWith(`${folder}/`)

/** Whether something else would stand where something fixed was. */
const isSpent = ({ gone }: In, path: string): boolean => [...gone].some((one) => isAt(one, path))

const isFixed = ({ fixed }: In, path: string): boolean => [...fixed].some((one) => isAt(path, one))

const anywhere = (where: In): string => {
  const left = scriptPaths.filter((path) => !isSpent(where, path))
  return left.length === 0 ? 'new' : where.dice.pick(left)
}

/** Mostly a path that may be there. */
const there = ({ dice, paths }: In): string => dice.pick(paths.size === 0 || dice.once(8) ? scriptPaths : [...paths])

/** Mostly one that may be free, in a folder that may be there. */
const free = (where: In): string => {
  const { dice, paths } = where
  const found = scriptPaths.filter(
    (path) => !paths.has(path) && !isSpent(where, path) && (!path.includes('/') || paths.has(above(path))),
  )
  return found.length === 0 || dice.once(6) ? anywhere(where) : dice.pick(found)
}

const above = (path: string): string => path.slice(0, Math.max(0, path.lastIndexOf('/')))

const put = ({ paths }: In, path: string): void => {
  for (let at = path; at !== ''; at = above(at)) paths.add(at)
}

const drop = ({ paths, fixed, gone }: In, path: string): void => {
  for (const one of paths) if (isAt(path, one)) paths.delete(one)
  for (const one of fixed) if (isAt(path, one)) gone.add(one)
}

const write = (where: In): Step => {
  const path = anywhere(where)
  put(where, path)
  return { do: 'write', key: where.key, path, content: where.dice.pick(['', 'one', 'two', 'three']) }
}

const make = (where: In): Step => {
  const path = free(where)
  put(where, path)
  return { do: 'make', key: where.key, path }
}

const remove = (where: In): Step => {
  const path = there(where)
  drop(where, path)
  return { do: 'delete', key: where.key, path }
}

const rename = (where: In): Step => {
  const [path, to] = [there(where), where.dice.once(3) ? there(where) : free(where)]
  if (isFixed(where, path) || isFixed(where, to) || isSpent(where, to)) return look(where)
  const moved = [...where.paths].filter((one) => isAt(path, one))
  drop(where, path)
  for (const one of moved) put(where, to + one.slice(path.length))
  return { do: 'rename', key: where.key, path, to }
}

const link = (where: In): Step => {
  const [path, to] = [there(where), free(where)]
  if (isFixed(where, path)) return look(where)
  put(where, to)
  return { do: 'link', key: where.key, path, to }
}

const symlink = (where: In): Step => {
  const path = free(where)
  put(where, path)
  return { do: 'symlink', key: where.key, path, target: where.dice.pick(['f', '../g', 'nowhere']) }
}

const look = (where: In): Step => ({
  do: where.dice.pick(['read', 'list'] as const),
  key: where.key,
  path: there(where),
})

const kinds = [write, write, write, write, make, remove, remove, rename, rename, link, link, look]

/** What a snapshot may show, which changes of it keep up. */
export type MayShow = {
  readonly paths: Set<string>
  /** Of these, those that stay what they are, or go for good. */
  readonly fixed: ReadonlySet<string>
  /** Fixed ones that went. */
  readonly gone: Set<string>
}

/** Changes of what a snapshot shows. */
export const changesIn = (
  dice: Dice,
  key: string,
  shown: MayShow,
  { count, symlinks }: { readonly count: number; readonly symlinks: boolean },
): readonly Step[] =>
  Array.from({ length: count }, () => dice.pick(symlinks ? [...kinds, symlink] : kinds)({ dice, key, ...shown }))

import type { Dice } from './dice.js'
import type { Step } from './script.js'

/** Few, so that they meet one another. */
export const scriptPaths: readonly string[] = ['f', 'g', 'd', 'd/f', 'd/g', 'd/d', 'd/d/f', 'e', 'e/f', 'e/層']

type In = { readonly dice: Dice; readonly key: string; readonly paths: Set<string> }

const anywhere = ({ dice }: In): string => dice.pick(scriptPaths)

/** Mostly a path that may be there. */
const there = ({ dice, paths }: In): string => dice.pick(paths.size === 0 || dice.once(8) ? scriptPaths : [...paths])

/** Mostly one that may be free, in a folder that may be there. */
const free = (where: In): string => {
  const { dice, paths } = where
  const found = scriptPaths.filter((path) => !paths.has(path) && (!path.includes('/') || paths.has(above(path))))
  return found.length === 0 || dice.once(6) ? anywhere(where) : dice.pick(found)
}

const above = (path: string): string => path.slice(0, Math.max(0, path.lastIndexOf('/')))

const put = ({ paths }: In, path: string): void => {
  for (let at = path; at !== ''; at = above(at)) paths.add(at)
}

const drop = ({ paths }: In, path: string): void => {
  for (const one of paths) if (one === path || one.startsWith(`${path}/`)) paths.delete(one)
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
  const moved = [...where.paths].filter((one) => one === path || one.startsWith(`${path}/`))
  drop(where, path)
  for (const one of moved) put(where, to + one.slice(path.length))
  return { do: 'rename', key: where.key, path, to }
}

const link = (where: In): Step => {
  const [path, to] = [there(where), free(where)]
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

/** Changes of what a snapshot shows; `paths` is what may be there, and is kept up. */
export const changesIn = (
  dice: Dice,
  key: string,
  paths: Set<string>,
  { count, symlinks }: { readonly count: number; readonly symlinks: boolean },
): readonly Step[] =>
  Array.from({ length: count }, () => dice.pick(symlinks ? [...kinds, symlink] : kinds)({ dice, key, paths }))

import { equal } from './assert.js'
import type { PromiseFiles } from './subject.js'

/** One change of a directory tree. Paths are relative and use `/`. */
export type Change =
  | { readonly make: string }
  | { readonly write: string; readonly content: string }
  | { readonly remove: string }
  | { readonly rename: string; readonly to: string }
  | { readonly link: string; readonly to: string }
  | { readonly symlink: string; readonly target: string }

/** What a directory tree holds: `directory`, `file <content>` or `symlink <target>` by path. */
export type Tree = Readonly<Record<string, string>>

/** Makes changes in an attached snapshot. */
export const change = async (files: PromiseFiles, changes: readonly Change[]): Promise<void> => {
  for (const one of changes) {
    if ('make' in one) {
      // A file makes the directories above it, and they stay when it goes.
      await files.write(`${one.make}/made`, '')
      await files.remove(`${one.make}/made`)
    } else if ('write' in one) await files.write(one.write, one.content)
    else if ('remove' in one) await files.remove(one.remove)
    else if ('rename' in one) await files.rename(one.rename, one.to)
    else if ('link' in one) await files.link(one.link, one.to)
    else await files.symlink(one.target, one.symlink)
  }
}

const isWithin = (directory: string, path: string): boolean => path === directory || path.startsWith(`${directory}/`)

const put = (tree: Record<string, string>, path: string, entry: string): void => {
  const names = path.split('/')
  for (let depth = 1; depth < names.length; depth++) tree[names.slice(0, depth).join('/')] = 'directory'
  tree[path] = entry
}

/** What a tree holds after the changes. */
export const changed = (before: Tree, changes: readonly Change[]): Tree => {
  const tree = { ...before }
  for (const one of changes) {
    if ('make' in one) put(tree, one.make, 'directory')
    else if ('write' in one) put(tree, one.write, `file ${one.content}`)
    else if ('link' in one) put(tree, one.to, tree[one.link] ?? '')
    else if ('symlink' in one) put(tree, one.symlink, `symlink ${one.target}`)
    else {
      const from = 'remove' in one ? one.remove : one.rename
      for (const path of Object.keys(tree).filter((each) => isWithin(from, each))) {
        const entry = tree[path] ?? ''
        delete tree[path]
        if ('rename' in one) put(tree, one.to + path.slice(from.length), entry)
      }
    }
  }
  return tree
}

const entryOf = async (files: PromiseFiles, path: string): Promise<string> => {
  const { type, target } = await files.stat(path)
  if (type === 'file') return `file ${new TextDecoder().decode(await files.read(path))}`
  return type === 'symlink' ? `symlink ${target}` : type
}

/** What an attached snapshot holds. */
export const treeOf = async (files: PromiseFiles): Promise<Tree> => {
  const tree: Record<string, string> = {}
  const directories = ['']
  for (let directory = directories.pop(); directory !== undefined; directory = directories.pop())
    for (const name of await files.list(directory)) {
      const path = directory === '' ? name : `${directory}/${name}`
      const entry = await entryOf(files, path)
      tree[path] = entry
      if (entry === 'directory') directories.push(path)
    }
  return tree
}

/** What Windows adds to a layer. */
const addedByWindows: readonly RegExp[] = [
  /^System Volume Information(\/|$)/i,
  /^WcSandboxState(\/initialized|\/Hives(\/(DefaultUser|Sam|Security|Software|System)_Delta)?)?$/i,
  /^Windows(\/System32(\/config(\/(DEFAULT|SAM|SECURITY|SOFTWARE|SYSTEM))?)?)?$/i,
]

/** Whether a path is of something that Windows adds to a layer. */
export const isAddedByWindows = (path: string): boolean => addedByWindows.some((added) => added.test(path))

/** Fails unless a tree is `expected`, apart from what Windows adds. */
export const sameTree = (what: string, tree: Tree, expected: Tree): void => {
  const found = Object.entries(tree).filter(([path]) => Object.hasOwn(expected, path) || !isAddedByWindows(path))
  equal(what, Object.fromEntries(found), expected)
}

/** Fails unless an attached snapshot holds exactly `expected`, apart from what Windows adds. */
export const holds = async (what: string, files: PromiseFiles, expected: Tree): Promise<void> =>
  sameTree(what, await treeOf(files), expected)

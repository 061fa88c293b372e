// @ts-check
/** What an installed and built tree looks like, so that a set-up can tell in a few milliseconds that it has nothing to do. */
import { createHash } from 'node:crypto'
import { lstatSync, mkdirSync, readFileSync, readdirSync, renameSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

/** Not sources: what is installed, built or cached. */
const NOT_SOURCES = new Set(['node_modules', 'dist', '.turbo'])

/**
 * Every file below `directory` as a path relative to it, with the figures that change when its content does.
 * @param {string} directory
 * @param {Set<string>} leftOut names of directories that are not entered
 * @returns {[path: string, figures: string][]}
 */
const listing = (directory, leftOut) => {
  /** @type {[string, string][]} */
  const found = []
  /** @param {string} below */
  const visit = (below) => {
    for (const entry of readdirSync(join(directory, below), { withFileTypes: true })) {
      const path = below === '' ? entry.name : `${below}/${entry.name}`
      if (entry.isDirectory()) {
        if (!leftOut.has(entry.name)) visit(path)
      } else {
        const { size, mtimeMs, ctimeMs, ino } = lstatSync(join(directory, path))
        found.push([path, `${size} ${mtimeMs} ${ctimeMs} ${ino}`])
      }
    }
  }
  try {
    visit('')
  } catch (error) {
    if (/** @type {NodeJS.ErrnoException} */ (error).code !== 'ENOENT') throw error
  }
  return found.toSorted(([a], [b]) => (a < b ? -1 : 1))
}

/** @param {unknown} data */
const digest = (data) => createHash('sha256').update(JSON.stringify(data)).digest('hex')

/**
 * The directories of the workspaces, relative to `root`, in the order of package.json.
 * @param {string} root
 * @returns {string[]}
 */
export const workspacesOf = (root) => JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).workspaces

/**
 * What `npm ci` would install here.
 * @param {string} root
 */
export const installStamp = (root) =>
  digest([readFileSync(join(root, 'package-lock.json'), 'utf8'), process.platform, process.arch])

/**
 * Per workspace: the names of its sources, their figures (with those of the settings shared by all), and the figures of
 * what was built. A dist that was deleted, cut short or written to by anybody else has other figures.
 * @typedef {Record<string, { names: string, sources: string, built: string }>} BuildStamp
 * @param {string} root
 * @returns {BuildStamp}
 */
export const buildStamp = (root) => {
  const shared = ['tsconfig.base.json', 'turbo.json', 'package.json'].map((name) => {
    const { size, mtimeMs, ctimeMs, ino } = lstatSync(join(root, name))
    return [size, mtimeMs, ctimeMs, ino]
  })
  return Object.fromEntries(
    workspacesOf(root).map((name) => {
      const sources = listing(join(root, name), NOT_SOURCES)
      const stamp = {
        names: digest(sources.map(([path]) => path)),
        sources: digest([shared, sources]),
        built: digest(listing(join(root, name, 'dist'), new Set())),
      }
      return [name, stamp]
    }),
  )
}

/**
 * @param {string} file
 * @returns {unknown} undefined when there is none, or none that can be read
 */
export const readStamp = (file) => {
  try {
    return JSON.parse(readFileSync(file, 'utf8'))
  } catch {
    return undefined
  }
}

/**
 * Whole or not at all, as a set-up may be killed at any moment.
 * @param {string} file
 * @param {unknown} stamp
 */
export const writeStamp = (file, stamp) => {
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(`${file}.new`, JSON.stringify(stamp))
  renameSync(`${file}.new`, file)
}

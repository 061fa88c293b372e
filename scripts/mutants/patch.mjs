// @ts-check
/** A mutant: one line of a built package that says something else. Module hooks put it in as the module is loaded. */
import { pathToFileURL } from 'node:url'
import { join } from 'node:path'
import { root } from '../setup.mjs'

/**
 * `is`: what is broken. `file`: the built module, relative to packages/. `find` is in it exactly once. `by`: the suite of
 * conformance that has to catch it; without it, simulation has to.
 * @typedef {{ name: string, is: string, file: string, find: string, replace: string, by?: string }} Mutant
 */

/** @param {Mutant} mutant */
export const pathOf = ({ file }) => join(root, 'packages', file)

/**
 * The module with the line replaced.
 * @param {Mutant} mutant
 * @param {string} text
 */
export const patched = ({ name, file, find, replace }, text) => {
  const [before = '', after, ...more] = text.split(find)
  if (after !== undefined && more.length === 0) return before + replace + after
  const count = after === undefined ? 0 : more.length + 1
  throw new Error(`${name}: packages/${file} holds ${JSON.stringify(find)} ${count} times; it has to be there once`)
}

/** @type {{ url: string, mutant: Mutant } | undefined} */
let wanted

/** @param {Mutant} mutant */
export const initialize = (mutant) => {
  wanted = { url: pathToFileURL(pathOf(mutant)).href, mutant }
}

/** @type {import('node:module').LoadHook} */
export const load = async (url, context, next) => {
  const loaded = await next(url, context)
  if (url !== wanted?.url) return loaded
  const source = patched(wanted.mutant, Buffer.from(/** @type {Uint8Array} */ (loaded.source)).toString())
  return { ...loaded, source }
}

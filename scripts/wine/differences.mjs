// @ts-check
/** What is not run under Wine, or fails there, and why. Nothing else is left out. Files are named by their sources. */

/** Wine needs about 5 ms for an operation on a file. */
const MANY = 'it makes a world on disk for every step that can be cut, which takes Wine many minutes'
const EVERY = 'dies or fails at each of thousands of calls, which takes Wine an hour'
const TWICE = 'takes Wine many minutes, and conformance/backends runs the same operations on the disk world'

/**
 * Files that do not run; with `/` at the end, all in a folder.
 * @type {Record<string, string>}
 */
export const leftOut = {
  'packages/backend-hcs/test/every-call/': EVERY,
  'packages/backend-fake/test/world-cancel.test.ts': MANY,
  'packages/backend-fake/test/world-cuts.test.ts': MANY,
  'packages/store-level/test/conformance/content-depth.test.ts': TWICE,
  'packages/store-level/test/conformance/metadata-level-disk.test.ts': TWICE,
  'packages/store-level/test/conformance/metadata-memory-disk.test.ts': TWICE,
}

/** @param {string} source */
export const whyLeftOut = (source) =>
  Object.entries(leftOut).find(([name]) => source === name || (name.endsWith('/') && source.startsWith(name)))?.[1]

/**
 * Tests that run and have to fail: one that passes is to be taken off this list. `suite: name` where there is a suite.
 * @type {Record<string, Record<string, string>>}
 */
export const failing = {}

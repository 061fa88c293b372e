// @ts-check
/** What is not run under Wine, or fails there, and why. Nothing else is left out. Files are named by their sources. */

/** Wine needs about 5 ms for an operation on a file. */
const MANY = 'it makes a world on disk for every step that can be cut, which takes Wine many minutes'
const TWICE = 'takes Wine many minutes, and conformance/backends runs the same operations on the disk world'

/**
 * Files that do not run.
 * @type {Record<string, string>}
 */
export const leftOut = {
  'packages/backend-fake/test/world-cancel.test.ts': MANY,
  'packages/backend-fake/test/world-cuts.test.ts': MANY,
  'packages/store-level/test/conformance/content-depth.test.ts': TWICE,
  'packages/store-level/test/conformance/metadata-level-disk.test.ts': TWICE,
  'packages/store-level/test/conformance/metadata-memory-disk.test.ts': TWICE,
}

/**
 * Tests that run and have to fail: one that passes is to be taken off this list. `suite: name` where there is a suite.
 * @type {Record<string, Record<string, string>>}
 */
export const failing = {}

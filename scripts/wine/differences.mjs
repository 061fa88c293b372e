// @ts-check
/** What is not run under Wine, or fails there, and why. Nothing else is left out. Files are named by their sources. */

/**
 * Files that do not run.
 * @type {Record<string, string>}
 */
export const leftOut = {
  'packages/store-level/test/conformance/content-depth.test.ts':
    'it looks through many layers file by file, which takes Wine many minutes; the suites of backend-hcs have the same case',
}

/** node says that it has made a link, and nothing is there. */
const LINKS = 'it makes a symlink, or a junction, and under Wine there are none'
const CASE = 'it wants names that differ in their case only, which are one on Windows, or that Windows can not have'

/** @param {string} why @param {string[]} names @returns {Record<string, string>} */
const all = (why, ...names) => Object.fromEntries(names.map((name) => [name, why]))

/**
 * Tests that run and have to fail: one that passes is to be taken off this list. `suite: name` where there is a suite.
 * @type {Record<string, Record<string, string>>}
 */
export const failing = {
  'packages/core/test/tar-writers.test.ts': all(LINKS, 'what tar-stream writes now is read'),
  'packages/backend-fake/test/files.test.ts': {
    ...all(LINKS, 'disk: stat tells files, directories and symlinks apart', 'disk: a symlink is never passed through'),
    ...all(CASE, 'disk: names are listed by code unit'),
  },
  'packages/backend-fake/test/world-content.test.ts': all(
    LINKS,
    'disk: symlinks are kept as they are and never followed',
  ),
  'packages/backend-fake/test/world-export.test.ts': all(
    CASE,
    'disk: what can not be exported is refused, and says why',
  ),
  'packages/backend-fake/test/world-metadata.test.ts': all(
    LINKS,
    'disk: what is removed, or became something else, loses what was known of it',
  ),
  'packages/backend-fake/test/world-names.test.ts': all(
    CASE,
    'disk: names that Windows takes for one are refused at the seal, and nothing is changed',
    'disk: a layer that gains a parent at its seal is judged by that parent too',
  ),
  'packages/backend-hcs/test/content.test.ts': all(
    LINKS,
    'what is written is read, listed and told',
    'nothing is done through a symlink, or outside of the content',
    'a junction that node takes for a folder is a link all the same',
    'a symlink keeps its target as it is given',
  ),
  'packages/store-level/test/open.test.ts': all(
    LINKS,
    'the same directory under another name is in use, and can be opened once it is closed',
  ),
  'packages/store-level/test/conformance/content.test.ts': all(
    LINKS,
    'level store, disk world, bind: files/links',
    'level store, disk world, windows-layer: files/links',
  ),
}

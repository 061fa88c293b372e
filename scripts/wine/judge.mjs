// @ts-check
/** What a test file's failures mean under Wine: those that are known are skipped tests, everything else stays what it is. */
import { stripVTControlCharacters } from 'node:util'
import { resultOf } from '../run-tests.mjs'
import { failing } from './differences.mjs'

/**
 * The tests that failed, as uvu tells: `name`, or `suite: name`.
 * @param {string} output
 */
const failuresIn = (output) =>
  [...stripVTControlCharacters(output).matchAll(/^ {3}FAIL (.*?)"(.+)"$/gm)].map(([, suite = '', name]) =>
    suite.trim() === '' ? `${name}` : `${suite.trim()}: ${name}`,
  )

/**
 * @param {import('../run-tests.mjs').TestFile} file
 * @param {string} output
 * @param {number | string} ended
 * @param {Record<string, Record<string, string>>} [list]
 * @returns {{ result: import('../run-tests.mjs').Result, notes: string[] }}
 */
export const judged = (file, output, ended, list = failing) => {
  const known = list[file.source] ?? {}
  const failed = failuresIn(output)
  const gone = Object.keys(known).filter((name) => !failed.includes(name))
  const expected = failed.filter((name) => known[name] !== undefined)
  const result = resultOf(file, output, ended)
  const notes = [
    ...expected.map((name) => `SKIPPED under Wine: "${name}": ${known[name]}`),
    ...gone.map((name) => `did not fail, and is to be taken off scripts/wine/differences.mjs: "${name}"`),
  ]
  const { passed, skipped, ran, fault } = result
  // uvu ends a file with 1 when a test failed.
  const isExplained =
    failed.length === expected.length && result.failed === failed.length && [0, 1].includes(Number(ended))
  const sum = { file, passed, skipped: skipped + expected.length, ran }
  if (isExplained && gone.length === 0) return { result: { ...sum, failed: 0 }, notes }
  const failures = Math.max(1, result.failed - expected.length + gone.length)
  return { result: { ...sum, failed: failures, fault: fault ?? `${gone.length} no longer fail` }, notes }
}

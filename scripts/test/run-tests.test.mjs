// @ts-check
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { runTestFiles, sumOf, testFilesOf, testedDirectories } from '../run-tests.mjs'
import { treeOf } from './fixture.mjs'

const uvu = `import { suite, test } from '${import.meta.resolve('uvu')}'\n`
const package_ = '{ "workspaces": ["packages/one"] }'

/** @param {Record<string, string>} sources of test files, by name */
const run = async (sources) => {
  const files = Object.entries(sources).map(([name, source]) => [`scripts/test/${name}.test.mjs`, uvu + source])
  const root = treeOf({ 'package.json': package_, ...Object.fromEntries(files) })
  let printed = ''
  const results = await runTestFiles(root, testFilesOf(root, 'scripts'), process.execPath, (text) => (printed += text))
  return { results, printed, sum: sumOf(results) }
}

test('passed, failed and skipped tests are summed over files', async () => {
  const { results, printed, sum } = await run({
    good: `test('a', () => {}); test('b', () => {}); test.skip('c', () => {}); test.run()`,
    bad: `test('a', () => {}); test('b', () => { throw new Error('this is why') }); test.run()`,
    two: `const x = suite('x'); x('a', () => {}); x.run(); const y = suite('y'); y('b', () => {}); y.run()`,
  })
  assert.equal(sum, { passed: 5, failed: 1, skipped: 1 })
  assert.equal(
    results.filter(({ fault }) => fault !== undefined).map(({ file }) => file.source),
    ['scripts/test/bad.test.mjs'],
  )
  assert.match(printed, 'this is why')
  assert.match(printed, 'scripts/test/good.test.mjs')
})

test('a file that does not report has failed', async () => {
  const silent = {
    'never-runs': `test('a', () => {})`,
    empty: `test.run()`,
    crashes: `throw new Error('no')`,
    'never-settles': `test('a', () => new Promise(() => {})); test.run()`,
    exits: `test('a', () => process.exit(0)); test.run()`,
    'is-killed': `process.kill(process.pid, 'SIGKILL')`,
  }
  const { sum, results } = await run(silent)
  assert.equal(sum, { passed: 0, failed: 6, skipped: 0 })
  assert.is(results.filter(({ fault }) => fault !== undefined).length, 6)
})

test('a test that did not run because a hook failed has failed', async () => {
  const { sum } = await run({ hook: `test.before(() => { throw new Error('no') }); test('a', () => {}); test.run()` })
  assert.equal(sum, { passed: 0, failed: 1, skipped: 0 })
})

test('a file that ends with an error after its report has failed', async () => {
  const { sum } = await run({
    late: `test('a', () => {}); test.run(); process.on('exit', () => { process.exitCode = 7 })`,
  })
  assert.equal(sum, { passed: 1, failed: 1, skipped: 0 })
})

test('test files are found by their sources, so that the outputs of deleted ones do not run', () => {
  const root = treeOf({
    'package.json': package_,
    'packages/one/test/deep/a.test.ts': '',
    'packages/one/test/support.ts': '',
    'packages/one/dist/test/gone.test.js': '',
  })
  assert.equal(
    [...testedDirectories(root)],
    [
      ['one', 'packages/one'],
      ['scripts', 'scripts'],
    ],
  )
  assert.equal(
    testFilesOf(root, 'packages/one').map(({ built }) => built),
    ['packages/one/dist/test/deep/a.test.js'],
  )
})

test.run()

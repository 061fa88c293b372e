// @ts-check
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { root } from '../setup.mjs'
import { failing, leftOut } from '../wine/differences.mjs'
import { judged } from '../wine/judge.mjs'
import { windowsPath } from '../wine/run.mjs'
import { makeTemporary, removeLeft } from '../wine/temporary.mjs'
import { treeOf, until } from './fixture.mjs'

const file = {
  workspace: 'packages/one',
  source: 'packages/one/test/a.test.ts',
  built: 'packages/one/dist/test/a.test.js',
}
const known = { [file.source]: { 'links are made': 'no links', 'odd: names stay': 'no streams' } }

/** @param {number} total @param {string[]} failed what uvu shows between FAIL and the line's end */
const reportOf = (total, failed) =>
  [
    ...failed.map((name) => `   FAIL ${name}\n    why\n`),
    `  Total:     ${total}\n  Passed:    ${total - failed.length}\n  Skipped:   1\n`,
  ].join('\n')

const links = ' "links are made"'
const names = ' odd  "names stay"'

test('failures that are known count as skipped, and are told with their reason', () => {
  const { result, notes } = judged(file, reportOf(5, [links, names]), 1, known)
  assert.equal(result, { file, passed: 3, failed: 0, skipped: 3, ran: 6 })
  assert.equal(notes, [
    'SKIPPED under Wine: "links are made": no links',
    'SKIPPED under Wine: "odd: names stay": no streams',
  ])
})

test('any other failure stays one', () => {
  const { result } = judged(file, reportOf(5, [links, names, ' "another"']), 1, known)
  assert.equal([result.passed, result.failed, result.skipped], [2, 1, 3])
  assert.match(result.fault ?? '', '3 of 5 failed')
})

test('a known failure that does not come is a failure', () => {
  const { result, notes } = judged(file, reportOf(5, [links]), 1, known)
  assert.equal([result.passed, result.failed, result.skipped], [4, 1, 2])
  assert.match(notes.join('\n'), 'to be taken off scripts/wine/differences.mjs: "odd: names stay"')
  assert.is(judged(file, reportOf(5, []), 0, known).result.failed, 2)
})

test('a file that crashed after a known failure has failed', () => {
  assert.is(judged(file, reportOf(5, [links, names]), 5, known).result.failed, 1)
  assert.is(judged(file, reportOf(5, [links, names]), 'SIGKILL', known).result.failed, 1)
  assert.is(judged(file, '', 'SIGSEGV', known).result.failed, 3)
})

test('a file without known failures is judged as elsewhere', () => {
  assert.equal(judged(file, reportOf(5, []), 0, {}).result, { file, passed: 5, failed: 0, skipped: 1, ran: 6 })
  assert.is(judged(file, reportOf(5, [links]), 1, {}).result.failed, 1)
})

test('the files in the lists are there, and each has a reason', () => {
  for (const [source, why] of Object.entries(leftOut)) {
    assert.ok(existsSync(join(root, source)), source)
    assert.ok(why.length > 20, source)
  }
  for (const [source, tests] of Object.entries(failing)) {
    assert.ok(existsSync(join(root, source)), source)
    assert.is(leftOut[source], undefined, `${source} is in both lists`)
    for (const [name, why] of Object.entries(tests)) assert.ok(why.length > 20, name)
  }
})

test("koffi's Windows half has the version of koffi", () => {
  /** @param {string} path */
  const json = (path) => JSON.parse(readFileSync(join(root, path), 'utf8'))
  const { optionalDependencies } = json('scripts/wine/package.json')
  assert.is(
    optionalDependencies['@koromix/koffi-win32-x64'],
    json('packages/backend-hcs/package.json').dependencies.koffi,
  )
})

test('a path of the clone has a drive of its own', () => {
  assert.is(windowsPath(file.built), 'V:\\packages\\one\\dist\\test\\a.test.js')
})

const TEMPORARY = new URL('../wine/temporary.mjs', import.meta.url).href
const OWNER = `import { makeTemporary } from '${TEMPORARY}'
  makeTemporary(process.argv[1])
  setTimeout(() => {}, 60_000)`

/** @param {string} place */
const ownerIn = async (place) => {
  const owner = spawn(process.execPath, ['--input-type=module', '--eval', OWNER, place], { stdio: 'ignore' })
  const isIts = (/** @type {string} */ name) => name.startsWith(`varve-wine-${owner.pid}-`)
  await until(() => readdirSync(place).some(isIts), 'the directory of another process')
  return { owner, name: readdirSync(place).find(isIts) ?? '' }
}

test('what a killed lane has left goes at the next start, and nothing else', async () => {
  const place = treeOf({ 'varve-wine-other/said': '', 'other-1-/said': '' })
  const [killed, running] = await Promise.all([ownerIn(place), ownerIn(place)])
  killed.owner.kill('SIGKILL')
  await once(killed.owner, 'exit')
  const own = makeTemporary(place)
  removeLeft(place)
  const left = readdirSync(place)
  running.owner.kill('SIGKILL')
  assert.not(left.includes(killed.name))
  assert.equal(left.toSorted(), ['other-1-', 'varve-wine-other', running.name, own.slice(place.length + 1)].toSorted())
})

test.run()

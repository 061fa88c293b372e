// @ts-check
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { patched, pathOf } from '../mutants/patch.mjs'
import { isRight, tried } from '../mutants/run.mjs'
import { mutants } from '../mutants/table.mjs'
import { root } from '../setup.mjs'

/** @param {string[]} args */
const command = (...args) =>
  spawnSync(process.execPath, [join(root, 'scripts/mutants.mjs'), ...args], { encoding: 'utf8' })

/** @type {import('../mutants/patch.mjs').Mutant} */
const harmless = {
  name: 'harmless',
  is: 'nothing is broken',
  file: 'backend-fake/dist/src/memory/log-maintenance.js',
  find: 'const batchLength = 250;',
  replace: 'const batchLength = 249;',
  by: 'stores',
}

test('every mutant has a name of its own and a line that is there once', () => {
  assert.ok(mutants.length >= 25)
  assert.is(new Set(mutants.map(({ name }) => name)).size, mutants.length)
  for (const mutant of mutants) {
    const text = readFileSync(pathOf(mutant), 'utf8')
    assert.is.not(patched(mutant, text), text)
  }
})

test('a line that is not there, or there more than once, is refused', () => {
  assert.throws(() => patched(harmless, 'const batchLength = 300;'), /harmless: .* 0 times/)
  assert.throws(() => patched(harmless, `${harmless.find}\n${harmless.find}`), /harmless: .* 2 times/)
})

test('one that survives is not right, nor is one that does not even run', async () => {
  const survivor = await tried(harmless)
  assert.is(survivor.caught, undefined)
  assert.not(isRight(survivor))
  const { problem } = await tried({ ...harmless, replace: 'const batchLength = ;' })
  assert.match(problem ?? '', 'SyntaxError')
})

test('a mutant that nobody knows is refused with 2 and the names that there are', () => {
  const { status, stderr } = command('no such mutant')
  assert.is(status, 2)
  assert.match(stderr, 'key taken')
})

test('mutants are caught, and what is not broken is not', () => {
  const names = mutants.filter(({ by }, at) => by === undefined && at % 6 === 0).map(({ name }) => name)
  const { status, stdout } = command('--json', ...names)
  assert.is(status, 0, stdout)
  const lines = stdout.trim().split('\n')
  assert.equal(new Set(lines.map((line) => JSON.parse(line).name)), new Set(['(as it is)', ...names]))
})

test.run()

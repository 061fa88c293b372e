// @ts-check
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { examples } from '../examples.mjs'
import { root } from '../setup.mjs'

/** @param {string[]} argv */
const node = (...argv) => spawnSync(process.execPath, argv, { cwd: join(root, 'scripts'), encoding: 'utf8' })

test('example without a name lists every example with what it is about', () => {
  const { status, stdout } = node('example.mjs')
  assert.is(status, 0)
  assert.ok(examples().length > 0)
  for (const { name, about } of examples()) {
    assert.match(stdout, name)
    assert.match(stdout, about)
    assert.not(about === '', `examples/${name}/main.ts has no doc comment`)
  }
})

test('a name that nobody knows is refused with 2 and the names that there are', () => {
  const example = node('example.mjs', 'no-such-example')
  assert.is(example.status, 2)
  assert.match(example.stderr, 'start')
  const tests = node('test.mjs', 'no-such-package')
  assert.is(tests.status, 2)
  assert.match(tests.stderr, 'core, backend-fake, backend-hcs, store-level')
  const wine = node('test-wine.mjs', 'no-such-package')
  assert.is(wine.status, 2)
  assert.match(wine.stderr, 'core, backend-fake, backend-hcs, store-level')
  const verify = node('verify.mjs', '--skip', 'no-such-step')
  assert.is(verify.status, 2)
  assert.match(verify.stderr, 'format, lint, types')
})

test('where there is no Windows, its tests say what runs there instead', () => {
  if (process.platform === 'win32') return
  const { status, stderr } = node('test-windows.mjs', '--root', 'C:\\somewhere')
  assert.is(status, 2)
  assert.match(stderr, 'nothing was run')
  assert.match(stderr, 'npm run test:wine')
})

test.run()

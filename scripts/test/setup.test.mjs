// @ts-check
import { spawn } from 'node:child_process'
import { appendFileSync, existsSync, readFileSync, rmSync, truncateSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { bringUpToDate } from '../setup.mjs'
import { treeOf, until } from './fixture.mjs'

const setupModule = new URL('../setup.mjs', import.meta.url).href

/** Stands in for npm: notes that it ran, fills node_modules. */
const INSTALL = `
  const fs = require('node:fs')
  fs.appendFileSync('ran', 'install ')
  fs.rmSync('node_modules', { recursive: true, force: true })
  fs.mkdirSync('node_modules/dependency', { recursive: true })
`
/** Stands in for an incremental compiler, which writes only what is absent or older than its source, in two halves. */
const BUILD = `
  const fs = require('node:fs')
  fs.appendFileSync('ran', 'build ')
  fs.mkdirSync('one/dist', { recursive: true })
  const names = fs.readdirSync('one').filter((name) => name.endsWith('.ts'))
  const write = async () => {
    for (const name of names) {
      const [from, to] = ['one/' + name, 'one/dist/' + name.replace('.ts', '.js')]
      if (fs.existsSync(to) && fs.statSync(to).mtimeMs >= fs.statSync(from).mtimeMs) continue
      const text = fs.readFileSync(from, 'utf8')
      fs.writeFileSync(to, text.slice(0, 2))
      if (process.env.SLOW) await new Promise((resolve) => setTimeout(resolve, 60_000))
      fs.writeFileSync(to, text)
    }
  }
  write()
`
const tools = {
  install: { command: process.execPath, args: ['--eval', INSTALL] },
  build: { command: process.execPath, args: ['--eval', BUILD] },
}

const newTree = () =>
  treeOf({
    'package.json': '{ "workspaces": ["one"] }',
    'package-lock.json': '{}',
    'turbo.json': '{}',
    'tsconfig.base.json': '{}',
    'one/a.ts': 'the a',
    'one/b.ts': 'the b',
  })

/** @param {string} root */
const update = async (root) => {
  rmSync(join(root, 'ran'), { force: true })
  await bringUpToDate(root, tools, () => {})
  return existsSync(join(root, 'ran')) ? readFileSync(join(root, 'ran'), 'utf8').trim() : 'nothing'
}

/** @param {string} root */
const built = (root) => ['a', 'b'].map((name) => readFileSync(join(root, `one/dist/${name}.js`), 'utf8'))

test('installs and builds a fresh tree, then does nothing', async () => {
  const root = newTree()
  assert.is(await update(root), 'install build')
  assert.equal(built(root), ['the a', 'the b'])
  assert.is(await update(root), 'nothing')
})

test('builds when a source changed, also when its size and time of change are as before', async () => {
  const root = newTree()
  utimesSync(join(root, 'one/a.ts'), 1_000_000, 1_000_000)
  await update(root)
  writeFileSync(join(root, 'one/a.ts'), 'new a')
  utimesSync(join(root, 'one/a.ts'), 1_000_000, 1_000_000)
  assert.is(await update(root), 'build')
})

test('installs again when the lock file changed or node_modules went', async () => {
  const root = newTree()
  await update(root)
  writeFileSync(join(root, 'package-lock.json'), '{ }')
  assert.is(await update(root), 'install build')
  rmSync(join(root, 'node_modules'), { recursive: true })
  assert.is(await update(root), 'install build')
})

test('what was built is made anew when it was deleted, cut or written over', async () => {
  const root = newTree()
  const file = join(root, 'one/dist/a.js')
  const spoils = [() => rmSync(file), () => truncateSync(file, 1), () => appendFileSync(file, '!')]
  await update(root)
  for (const spoil of spoils) {
    spoil()
    assert.is(await update(root), 'build')
    assert.equal(built(root), ['the a', 'the b'])
  }
})

test('what was built from a deleted source goes', async () => {
  const root = newTree()
  await update(root)
  rmSync(join(root, 'one/b.ts'))
  assert.is(await update(root), 'build')
  assert.not(existsSync(join(root, 'one/dist/b.js')))
})

test('a build that was killed in the middle of a file is redone', async () => {
  const root = newTree()
  await update(root)
  writeFileSync(join(root, 'one/a.ts'), 'new a')
  const source = `import { bringUpToDate } from '${setupModule}'
    await bringUpToDate(process.argv[1], ${JSON.stringify(tools)}, () => {})`
  const child = spawn(process.execPath, ['--input-type=module', '--eval', source, root], {
    detached: true,
    env: { ...process.env, SLOW: '1' },
  })
  await until(() => readFileSync(join(root, 'one/dist/a.js'), 'utf8') === 'ne', 'half a file')
  process.kill(-Number(child.pid), 'SIGKILL')
  writeFileSync(join(root, 'one/a.ts'), 'the a')
  assert.is(await update(root), 'build')
  assert.equal(built(root), ['the a', 'the b'])
})

test('a failed tool rejects with what it said, and runs again next time', async () => {
  const root = newTree()
  const install = { command: process.execPath, args: ['--eval', `console.log('no ' + 'network'); process.exit(4)`] }
  const failure = await bringUpToDate(root, { ...tools, install }, () => {}).catch((error) => error)
  assert.match(failure.message, /no network/)
  assert.match(failure.message, /ended with 4/)
  assert.is(await update(root), 'install build')
})

test('two set-ups at the same time do the work once', async () => {
  const root = newTree()
  const source = `import { bringUpToDate } from '${setupModule}'
    await bringUpToDate(process.argv[1], ${JSON.stringify(tools)}, () => {})`
  const run = () =>
    new Promise((resolve) => {
      spawn(process.execPath, ['--input-type=module', '--eval', source, root]).on('close', resolve)
    })
  assert.equal(await Promise.all([run(), run(), run()]), [0, 0, 0])
  assert.is(readFileSync(join(root, 'ran'), 'utf8').trim(), 'install build')
  assert.equal(built(root), ['the a', 'the b'])
})

test.run()

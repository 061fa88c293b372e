// @ts-check
import { spawn } from 'node:child_process'
import { existsSync, readFileSync, utimesSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { withLock } from '../lock.mjs'
import { treeOf, until } from './fixture.mjs'

const lockModule = new URL('../lock.mjs', import.meta.url).href

const linux = process.platform === 'linux' ? test : test.skip

/**
 * A process that holds the lock while it runs `work`.
 * @param {string} root
 * @param {string} work source of an async function's body
 * @param {import('node:child_process').SpawnOptions} [options]
 */
const holder = (root, work, options = {}) =>
  spawn(
    process.execPath,
    [
      '--input-type=module',
      '--eval',
      `import { readFileSync, writeFileSync } from 'node:fs'
     import { setTimeout as sleep } from 'node:timers/promises'
     import { withLock } from '${lockModule}'
     process.chdir(process.argv[1])
     await withLock('lock', () => {}, async () => { ${work} })`,
      root,
    ],
    options,
  )

/** @param {import('node:child_process').ChildProcess} child */
const ended = (child) => new Promise((resolve) => child.on('close', (code) => resolve(code)))

test('no two processes hold it at a time', async () => {
  const root = treeOf({ count: '0' })
  const work = `const count = Number(readFileSync('count', 'utf8')); await sleep(20); writeFileSync('count', String(count + 1))`
  const codes = await Promise.all(Array.from({ length: 6 }, () => ended(holder(root, work))))
  assert.equal(codes, [0, 0, 0, 0, 0, 0])
  assert.is(readFileSync(join(root, 'count'), 'utf8'), '6')
})

test('a holder that was killed is succeeded, by one of those who wait', async () => {
  const root = treeOf({ count: '0' })
  const killed = holder(root, `writeFileSync('held', ''); await sleep(60_000)`)
  await until(() => existsSync(join(root, 'held')), 'the first holder')
  const work = `const count = Number(readFileSync('count', 'utf8')); await sleep(20); writeFileSync('count', String(count + 1))`
  const waiting = Array.from({ length: 3 }, () => ended(holder(root, work)))
  killed.kill('SIGKILL')
  const start = Date.now()
  assert.equal(await Promise.all(waiting), [0, 0, 0])
  assert.ok(Date.now() - start < 10_000, 'they waited for a dead holder')
  assert.is(readFileSync(join(root, 'count'), 'utf8'), '3')
})

test('who waits is told once for whom', async () => {
  const root = treeOf({})
  const other = holder(root, `writeFileSync('held', ''); await sleep(400)`)
  await until(() => existsSync(join(root, 'held')), 'the first holder')
  /** @type {unknown[]} */
  const told = []
  await withLock(
    join(root, 'lock'),
    (pid) => told.push(pid),
    () => Promise.resolve(),
  )
  assert.equal(told, [other.pid])
})

test('another process that has a dead holder’s number does not hold it for ever', async () => {
  const root = treeOf({ 'lock/7': String(process.ppid) })
  const longAgo = new Date(Date.now() - 60_000)
  utimesSync(join(root, 'lock/7'), longAgo, longAgo)
  const result = await withLock(
    join(root, 'lock'),
    () => assert.unreachable('waited'),
    () => Promise.resolve('mine'),
  )
  assert.is(result, 'mine')
})

linux('what a killed holder started is waited for', async () => {
  const root = treeOf({})
  const child = `spawn(process.execPath, ['--eval', "setTimeout(() => fs.writeFileSync('late', ''), 1000)"])`
  const work = `const { spawn } = await import('node:child_process'); ${child}; writeFileSync('held', ''); await sleep(60_000)`
  const killed = holder(root, work, { detached: true })
  await until(() => existsSync(join(root, 'held')), 'the first holder')
  killed.kill('SIGKILL')
  const late = await withLock(
    join(root, 'lock'),
    () => {},
    () => Promise.resolve(existsSync(join(root, 'late'))),
  )
  assert.ok(late, 'the lock was given while the child of its holder was still at work')
})

test('it is released when the work fails, though who held it lives on', async () => {
  const root = treeOf({})
  const failing = () => Promise.reject(new Error('work failed'))
  await withLock(join(root, 'lock'), () => {}, failing).catch(() => {})
  const start = Date.now()
  assert.is(await ended(holder(root, '')), 0)
  assert.ok(Date.now() - start < 10_000, 'the next one waited')
})

test.run()

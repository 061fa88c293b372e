// @ts-check
import { spawn } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { processOf } from '../processes.mjs'
import { treeOf, until } from './fixture.mjs'

const scripts = new URL('..', import.meta.url).href

/** Writes the pid of what it started, then its own, and stays. */
const JOB = `
  import { spawn } from 'node:child_process'
  import { renameSync, writeFileSync } from 'node:fs'
  import { beforeEnd, endWithParent } from '${scripts}ending.mjs'
  import { killFamily } from '${scripts}processes.mjs'
  const stay = ['--eval', 'setTimeout(() => {}, 60_000)']
  const child = spawn(process.execPath, stay, { detached: true, stdio: 'ignore' })
  beforeEnd(killFamily)
  endWithParent()
  writeFileSync('pids.new', child.pid + ' ' + process.pid)
  renameSync('pids.new', 'pids')
  setTimeout(() => {}, 60_000)
`
/** Starts what its arguments say and stays. */
const PARENT = `require('node:child_process').spawn(process.argv[1], process.argv.slice(2), { stdio: 'ignore' })
  setTimeout(() => {}, 60_000)`

const jobTree = () => treeOf({ 'job.mjs': JOB, 'package.json': '{ "scripts": { "job": "node job.mjs" } }' })

/** @param {number} pid */
const runs = (pid) => {
  if (process.platform === 'linux') return processOf(pid)?.dead === false
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

/** @param {string} root */
const pidsIn = async (root) => {
  await until(() => existsSync(join(root, 'pids')), 'the job to start')
  return readFileSync(join(root, 'pids'), 'utf8').split(' ').map(Number)
}

/**
 * @param {string} root
 * @param {string[]} command
 */
const parentOf = (root, command) =>
  spawn(process.execPath, ['--eval', PARENT, ...command], { cwd: root, stdio: 'ignore' })

const posix = process.platform === 'win32' ? test.skip : test
const linux = process.platform === 'linux' ? test : test.skip

posix('it ends when its parent is killed, with all that it started', async () => {
  const root = jobTree()
  const parent = parentOf(root, [process.execPath, 'job.mjs'])
  const pids = await pidsIn(root)
  assert.equal(pids.map(runs), [true, true])
  parent.kill('SIGKILL')
  await until(() => !pids.some(runs), 'the job and its child to end')
})

linux('it ends when the npm that runs it is killed, though a shell is in between', async () => {
  const root = jobTree()
  const npm = spawn('npm', ['run', 'job'], { cwd: root, stdio: 'ignore' })
  const pids = await pidsIn(root)
  npm.kill('SIGKILL')
  await until(() => !pids.some(runs), 'the job and its child to end')
})

linux('it ends when the parent of the npm that runs it is killed', async () => {
  const root = jobTree()
  const parent = parentOf(root, ['npm', 'run', 'job'])
  const pids = await pidsIn(root)
  parent.kill('SIGKILL')
  await until(() => !pids.some(runs), 'the job and its child to end')
})

posix('a signal ends it with 128 and the number of the signal', async () => {
  for (const [signal, code] of /** @type {const} */ ([
    ['SIGHUP', 129],
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ])) {
    const root = jobTree()
    const job = spawn(process.execPath, ['job.mjs'], { cwd: root, stdio: 'ignore' })
    const ended = new Promise((resolve) => job.on('close', resolve))
    const [child = 0] = await pidsIn(root)
    job.kill(signal)
    assert.is(await ended, code)
    await until(() => !runs(child), 'its child to end')
  }
})

test.run()

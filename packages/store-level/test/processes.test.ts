import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync, writeFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { levelStore } from '../src/index.js'
import { append, collect, fails, headOf, inDirectory, records, texts, withStore } from './tools.js'

const script = fileURLToPath(new URL('child/run.js', import.meta.url))
const start = (what: string, path: string): ChildProcess =>
  spawn(process.execPath, [script, what, path], { stdio: ['pipe', 'pipe', 'inherit'] })

const holding = async (path: string): Promise<ChildProcess> => {
  const child = start('hold', path)
  if (child.stdout === null) throw new Error('no output')
  await once(child.stdout, 'data')
  return child
}

test(
  'a log that is open in another process names that process',
  inDirectory(async (directory) => {
    const path = join(directory, 'log')
    const child = await holding(path)
    try {
      const store = levelStore(path)
      const message = await fails(store.open(), 'LEVEL_LOCKED')
      assert.match(message, `process ${child.pid} (`)
      assert.match(message, 'run.js')
      const owner: unknown = JSON.parse(readFileSync(`${path}.owner`, 'utf8'))
      assert.type(owner, 'object')
      const named = async (text: string): Promise<string> => {
        writeFileSync(`${path}.owner`, text)
        return fails(levelStore(path).open(), 'LEVEL_LOCKED')
      }
      const ended = spawnSync(process.execPath, ['-e', '0']).pid
      const other = { ...(owner as object), pid: ended }
      assert.match(await named(JSON.stringify(other)), `names process ${ended}, which has ended`)
      assert.match(await named(JSON.stringify({ ...other, host: `${hostname()}-not` })), `on host ${hostname()}-not`)
      assert.match(await named(JSON.stringify({ ...other, pid: 0 })), 'an unknown process')
      assert.match(await named('{"pid":'), 'an unknown process')
      child.stdin?.end()
      await once(child, 'exit')
      await withStore(path, (again) => append(again, 1, 1))
    } finally {
      child.kill('SIGKILL')
    }
  }),
)

test(
  'a second open in this process does not let another process in',
  inDirectory(async (directory) => {
    const path = join(directory, 'log')
    await withStore(path, async (store) => {
      await append(store, 1, 1)
      await fails(levelStore(path).open(), 'IN_USE')
      const other = spawnSync(process.execPath, [script, 'open', path], { encoding: 'utf8' })
      assert.match(other.stdout, 'LEVEL_LOCKED')
      assert.match(other.stdout, `process ${process.pid} (`)
      await append(store, 2, 2)
    })
  }),
)

test(
  'nothing acknowledged is lost when the process is killed while it appends',
  inDirectory(async (directory) => {
    const path = join(directory, 'log')
    for (let round = 1; round <= 3; round++) {
      const child = start('append', path)
      let acknowledged = 0
      let groups = 0
      if (child.stdout === null) throw new Error('no output')
      for await (const line of createInterface(child.stdout)) {
        acknowledged = Number(line)
        if (++groups === 30 * round) child.kill('SIGKILL')
      }
      await withStore(path, async (store, { head, lost }) => {
        assert.is(lost, undefined)
        assert.ok(head.seq >= acknowledged && acknowledged > 0, `${head.seq} of ${acknowledged}`)
        assert.equal(head, headOf(head.seq))
        assert.equal(
          await texts(store),
          records(1, head.seq).map(({ text }) => text),
        )
        const { all } = await collect(store.rows('last'))
        assert.ok(Number(all[0]?.value) <= head.seq)
      })
    }
  }),
)

test(
  'importing does not load LevelDB, and a host without it gives a fault',
  inDirectory(async (directory) => {
    const code = `
      const { levelStore } = await import(${JSON.stringify(new URL('../src/index.js', import.meta.url).href)})
      console.log(JSON.stringify(await levelStore('log').open()()))`
    const env = { ...process.env, npm_config_platform: 'nowhere' }
    const child = spawnSync(process.execPath, ['--input-type=module', '-e', code], {
      cwd: directory,
      env,
      encoding: 'utf8',
    })
    assert.is(child.status, 0, child.stderr)
    const answer: unknown = JSON.parse(child.stdout)
    assert.match(JSON.stringify(answer), 'StoreFault')
    assert.match(JSON.stringify(answer), 'opening the log at log failed: No native build was found')
  }),
)

test.run()

import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { redecide, type EventStore, type InputRow } from '@varve/core'
import { openSnapshotter } from '@varve/core/promise'
import { fakeBackend, memoryStore } from '@varve/backend-fake'
import { levelStore } from '../src/index.js'
import { exitCodes, main } from '../src/tool/main.js'
import { collect, done, inDirectory, withStore } from './tools.js'

type Said = { readonly code: number; readonly out: string; readonly error: string }

const varve = async (...argv: readonly string[]): Promise<Said> => {
  const [out, error]: [string[], string[]] = [[], []]
  const output = { out: (line: string) => void out.push(line), error: (line: string) => void error.push(line) }
  const code = await main(argv, output)
  return { code, out: out.join('\n'), error: error.join('\n') }
}

const json = async (...argv: readonly string[]): Promise<Readonly<Record<string, unknown>>> => {
  const { code, out, error } = await varve(...argv, '--json')
  assert.is(code, 0, error)
  assert.not.ok(out.includes('\n'))
  return JSON.parse(out) as Readonly<Record<string, unknown>>
}

const fill = async (store: EventStore, journal: boolean): Promise<void> => {
  const snapshotter = await openSnapshotter({ store, backend: fakeBackend(), journal })
  await snapshotter.prepare('a', { by: 'alice' })
  await snapshotter.commit('base', 'a')
  await snapshotter.prepare('b', { parent: 'base' })
  await snapshotter.view('look', { parent: 'base' })
  await snapshotter.remove('look', { by: 'carol' })
  await snapshotter.cleanup()
  await snapshotter.close()
}

const filled = async (directory: string, journal = true): Promise<string> => {
  const path = join(directory, 'log')
  await fill(levelStore(path), journal)
  return path
}

for (const [name, make] of [
  ['LevelDB', (directory: string) => levelStore(join(directory, 'log'))],
  ['memory', () => memoryStore()],
] as const) {
  test(
    `inputs kept in ${name} are decided again as they were`,
    inDirectory(async (directory) => {
      const first = make(directory)
      await fill(first, true)
      const store = name === 'memory' ? first : make(directory)
      await done(store.open())
      const { all: records } = await collect(store.read(0))
      const { all: rows } = await collect(store.rows('i'))
      await done(store.close())
      const inputs = rows.filter((row): row is InputRow => row.value !== undefined)
      assert.is(inputs.length, records.length - 1)
      const result = redecide({ records, inputs })
      assert.equal(result._tag === 'Right' && result.right, { inputs: inputs.length, divergence: null })
    }),
  )
}

test(
  'a log and its bundle are replayed to the same',
  inDirectory(async (directory) => {
    const log = await filled(directory)
    const file = join(directory, 'log.varve')
    const { out, code } = await varve('bundle', log, file, '--profile', 'windows-layer')
    assert.is(out, `${file}: ${readFileSync(file).length} bytes`)
    assert.is(code, exitCodes.done)
    const told = await json('replay', log)
    assert.equal(await json('replay', file), told)
    assert.equal(
      [told['snapshots'], told['attached'], told['outstanding'], told['redecided']],
      [2, 0, 0, { inputs: 11, divergence: null }],
    )
    const text = await varve('replay', file)
    assert.match(text.out, `digest ${String(told['digest'])}\n11 inputs decided again: all as recorded`)
    assert.match(readFileSync(file, 'utf8'), '"profile":"windows-layer"')
  }),
)

test(
  'a log without inputs is replayed all the same',
  inDirectory(async (directory) => {
    const log = await filled(directory, false)
    assert.is((await json('replay', log))['redecided'], null)
    assert.match((await varve('replay', log)).out, 'no inputs were kept')
  }),
)

test(
  'a log that is decided otherwise today ends with 1 and tells where',
  inDirectory(async (directory) => {
    const log = await filled(directory)
    await withStore(log, async (store, { head }) => {
      const { all } = await collect(store.rows('i0000000000000002'))
      const [row] = all
      const value = row?.value?.replace('"key":"a"', '"key":"z"')
      await done(store.append(head, [], [{ key: row?.key ?? '', value }]))
    })
    const { code, out } = await varve('replay', log)
    assert.is(code, exitCodes.refused)
    assert.match(out, '1 input decided again: not as recorded at event 2, data.key: recorded "a", today "z"')
  }),
)

test(
  'snapshots of a log and of a bundle are explained, by name and by id',
  inDirectory(async (directory) => {
    const log = await filled(directory)
    const file = join(directory, 'log.varve')
    await varve('bundle', log, file)
    for (const source of [log, file]) {
      const gone = await json('explain', source, 'look')
      assert.equal([gone['now'], (gone['ended'] as { readonly by: string }).by], ['removed', 'carol'])
      assert.equal(await json('explain', source, '--id', '3'), gone)
      assert.match((await varve('explain', source, 'base')).out, /\n {2}"b" stands on it$/)
      const missing = await varve('explain', source, 'none')
      assert.equal([missing.code, missing.error], [exitCodes.refused, 'explain: snapshot none: not found'])
    }
  }),
)

test(
  'a damaged bundle, a missing log and a file that is there already are refused',
  inDirectory(async (directory) => {
    const log = await filled(directory)
    const file = join(directory, 'log.varve')
    await varve('bundle', log, file)
    const content = readFileSync(file, 'utf8')
    writeFileSync(file, content.replace('"key":"b"', '"key":"c"'))
    for (const command of [['replay'], ['explain', 'b']] as const) {
      const { code, error } = await varve(command[0], file, ...command.slice(1))
      assert.is(code, exitCodes.refused)
      assert.match(error, /^line 7 of the bundle is damaged: record 6 /)
    }
    const none = join(directory, 'none')
    assert.match((await varve('replay', none)).error, 'there is no log at')
    assert.not.ok(existsSync(none), 'nothing is made')
    const again = await varve('bundle', log, file)
    assert.equal([again.code, again.error.includes('file already exists')], [exitCodes.refused, true])
    assert.is((await varve('bundle', file, `${file}.2`)).error, `${file} is not the directory of a log`)
    assert.not.ok(existsSync(`${file}.2`))
  }),
)

test(
  'a log that is open elsewhere ends with 3, and leaves no half of a bundle',
  inDirectory(async (directory) => {
    const log = await filled(directory)
    const file = join(directory, 'log.varve')
    await withStore(log, async () => {
      assert.is((await varve('bundle', log, file)).code, exitCodes.inUse)
      assert.is((await varve('replay', log)).code, exitCodes.inUse)
      assert.not.ok(existsSync(file))
    })
    assert.is((await varve('bundle', log, file)).code, exitCodes.done)
  }),
)

test('wrong usage ends with 2 and shows the usage', async () => {
  const calls = [
    [],
    ['replay'],
    ['bundle', 'log'],
    ['replay', 'log', 'more'],
    ['explain', 'log'],
    ['explain', 'log', 'a', '--id', '1'],
    ['explain', 'log', '--id', 'x'],
    ['look', 'log'],
    ['replay', 'log', '--profile', 'none'],
    ['replay', 'log', '--fast'],
  ]
  for (const argv of calls) {
    const { code, out, error } = await varve(...argv)
    assert.is(code, exitCodes.usage, argv.join(' '))
    assert.match(`${out}${error}`, 'Exit codes:')
  }
  assert.match((await varve('look')).error, 'there is no command "look"')
  const helped = await varve('--help')
  assert.is(helped.code, exitCodes.done)
  assert.match(helped.out, /^varve bundle LOG FILE/)
})

test('the program ends with the code of the tool', () => {
  const program = fileURLToPath(new URL('../src/tool/varve.js', import.meta.url))
  assert.match(readFileSync(program, 'utf8'), /^#!\/usr\/bin\/env node\n/)
  const run = (...argv: readonly string[]) => spawnSync(process.execPath, [program, ...argv], { encoding: 'utf8' })
  const helped = run('--help')
  assert.equal([helped.status, helped.stderr], [0, ''])
  const wrong = run('look')
  assert.equal([wrong.status, wrong.stdout], [2, ''])
  assert.match(wrong.stderr, 'Exit codes:')
})

test(
  'a log and its layers are checked, repaired by a plan that was looked at, and rescued',
  inDirectory(async (directory) => {
    const [path, root, plan] = [join(directory, 'log'), join(directory, 'layers'), join(directory, 'plan.json')]
    const layers = ['--root', root, '--backend', '@varve/backend-fake#fakeBackend']
    const snapshotter = await openSnapshotter({ store: levelStore(path), backend: fakeBackend({ root }) })
    await snapshotter.prepare('a')
    await snapshotter.commit('base', 'a')
    await snapshotter.prepare('b', { parent: 'base' })
    await snapshotter.close()
    const first = await varve('check', path, ...layers)
    assert.is(first.code, exitCodes.done, first.error)
    assert.match(first.out, 'nothing was found')
    rmSync(join(root, 'snapshots', '2', 'sandbox.vhdx'))
    const second = await varve('check', path, ...layers, '--plan', plan)
    assert.is(second.code, 1)
    assert.match(second.out, /damage +missing-scratch +layer 2 "b": snapshots\/2\/sandbox.vhdx is missing/)
    const repaired = await varve('repair', path, plan, ...layers)
    assert.is(repaired.code, exitCodes.done, repaired.error)
    assert.match(repaired.out, '1 things in the root were set right')
    const again = await varve('repair', path, plan, ...layers)
    assert.is(again.code, exitCodes.refused)
    assert.match(again.error, 'check again')
    assert.equal((await json('check', path, ...layers))['findings'], [])
    const rescued = await varve('rescue', join(directory, 'new log'), ...layers)
    assert.is(rescued.code, exitCodes.done, rescued.error)
    assert.match(rescued.out, 'rescued     1 Committed "base"')
    const gone = join(directory, 'gone')
    for (const command of [
      ['check', gone, ...layers],
      ['repair', gone, plan, ...layers],
      ['explain', gone, 'a'],
    ]) {
      const missing = await varve(...command)
      assert.equal([missing.code, existsSync(gone)], [exitCodes.refused, false], command[0])
      assert.match(missing.error, `there is no log at ${gone}`)
    }
    const refused = await varve('check', path)
    assert.is(refused.code, exitCodes.usage)
    const unknown = await varve('check', path, '--root', root, '--backend', '@varve/backend-fake#noBackend')
    assert.is(unknown.code, exitCodes.usage)
  }),
)

test.run()

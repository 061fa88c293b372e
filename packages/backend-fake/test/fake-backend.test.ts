import { spawnSync } from 'node:child_process'
import * as fs from 'node:fs'
import * as os from 'node:os'
import * as path from 'node:path'
import * as E from 'fp-ts/lib/Either.js'
import type { Backend, Failure, Progress } from '@varve/core/ports'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { fakeBackend, type PlannedFault } from '../src/index.js'
import { attach, create, destroy, detach, retire, seal } from './support/acts.js'
import { attachmentOf, execute, kinds, left, open, right, withBackend } from './support/backends.js'
import { thisLog } from './support/worlds.js'

const codeOf = (failure: Failure): unknown => ('code' in failure ? failure.code : failure._tag)
const textIn = (bytes: Uint8Array): string => new TextDecoder().decode(bytes)

/** Layer 1, committed, with one file; layer 2, a scratch on it. */
const makeTwo = async (backend: Backend): Promise<void> => {
  await right(execute(backend, create(1)))
  await right(execute(backend, attach(1)))
  await right(attachmentOf(backend, 1).files.write('base/file', 'base'))
  await right(execute(backend, detach(1)))
  await right(execute(backend, seal(1)))
  await right(execute(backend, create(2, { parents: [1] })))
}

for (const [name, kind] of Object.entries(kinds)) {
  test(`${name}: a whole life`, () =>
    withBackend(kind, async (backend) => {
      await makeTwo(backend)
      await right(execute(backend, attach(2, [1])))
      const { path: root, files } = attachmentOf(backend, 2)
      assert.is(root, [backend.layout.root, 'mounts', '2'].join(backend.layout.separator))
      assert.is(textIn(await right(files.read('base/file'))), 'base')
      await right(files.write('mine', Uint8Array.of(1, 2, 3)))
      await right(execute(backend, detach(2, [1])))
      assert.is((await left(files.read('mine')))._tag, 'FailedPrecondition')
      const sealed = await right(execute(backend, seal(2, { parents: [1] })))
      assert.equal(sealed, { type: 'LayerSealed', usage: await right(backend.usage(2)) })
      for (const intent of [retire(2), destroy(2)]) await right(execute(backend, intent))
      assert.is(codeOf(await left(backend.usage(2))), 0x80070002)
    }))

  test(`${name}: closed and opened again it holds what it held`, () =>
    withBackend(kind, async (backend) => {
      await makeTwo(backend)
      await right(execute(backend, attach(2, [1])))
      const { files } = attachmentOf(backend, 2)
      await right(files.write('mine', 'kept'))
      await right(backend.close())
      await right(backend.close())
      assert.is((await left(files.read('mine')))._tag, 'FailedPrecondition')
      for (const task of [execute(backend, retire(1)), backend.usage(1)])
        assert.is(codeOf(await left<Failure>(task)), 0x80070015)
      await right(open(backend))
      assert.is((await left(files.read('mine')))._tag, 'FailedPrecondition')
      await right(execute(backend, detach(2, [1])))
      await right(execute(backend, attach(2, [1])))
      assert.is(textIn(await right(files.read('mine'))), 'kept')
    }))

  const thirdIsSlow: readonly PlannedFault[] = [{ intent: 'CreateLayer', time: 3, latencyMs: 40 }]
  for (const again of ['opened again without closing', 'closed'] as const)
    test(`${name}: ${again}, what is under way ends first`, () =>
      withBackend(
        kind,
        async (backend) => {
          await makeTwo(backend)
          const ended: string[] = []
          const intents = [create(3, { parents: [1] }), attach(2, [1])].map(async (intent) => {
            ended.push((await execute(backend, intent)())._tag)
          })
          await right<unknown>(again === 'closed' ? backend.close() : open(backend))
          assert.equal(ended, ['Right', 'Right'])
          await Promise.all(intents)
        },
        thirdIsSlow,
      ))

  test(`${name}: a root of another log refuses to open, and then opens for its own`, () =>
    withBackend(kind, async (backend) => {
      assert.is((await left(open(backend, 'another log')))._tag, 'BackendFault')
      await right(execute(backend, create(1)))
      await right(backend.close())
      const fault = await left(open(backend, 'another log'))
      assert.is(fault._tag, 'BackendFault')
      for (const part of ['another log', thisLog, backend.layout.root]) assert.match(fault.message, part)
      await right(open(backend))
    }))

  test(`${name}: what has no record is moved to quarantine`, () =>
    withBackend(kind, async (backend) => {
      await makeTwo(backend)
      const unclaimed = backend.open({ log: thisLog, unclaimed: async (found) => found.filter(({ id }) => id === 2) })
      assert.equal(await right(unclaimed), { quarantined: ['2-1'] })
      const failing = backend.open({ log: thisLog, unclaimed: () => Promise.reject(new Error('no log')) })
      assert.match((await left(failing)).message, 'no log')
    }))

  test(`${name}: progress counts files and bytes`, () =>
    withBackend(kind, async (backend) => {
      await makeTwo(backend)
      const reports: Progress[] = []
      const { signal } = new AbortController()
      await right(execute(backend, attach(2, [1]), signal, (progress) => reports.push(progress)))
      const last = reports.at(-1)
      assert.equal(last, { intent: '203', layer: 2, files: 6, bytes: 4 + 5 * 8192 })
    }))

  test(`${name}: an intent whose signal fires before it starts does nothing`, () =>
    withBackend(kind, async (backend) => {
      await makeTwo(backend)
      assert.is(codeOf(await left(execute(backend, attach(2, [1]), AbortSignal.abort()))), 0x80004004)
      assert.is((await left(attachmentOf(backend, 2).files.list('')))._tag, 'FailedPrecondition')
      await right(execute(backend, attach(2, [1])))
    }))

  test(`${name}: many intents at once`, () =>
    withBackend(kind, async (backend) => {
      await makeTwo(backend)
      const layers = Array.from({ length: 12 }, (_, at) => 10 + at)
      await Promise.all(layers.map((layer) => right(execute(backend, create(layer, { parents: [1] })))))
      await Promise.all(layers.map((layer) => right(execute(backend, attach(layer, [1])))))
      await Promise.all(layers.map(async (layer) => right(attachmentOf(backend, layer).files.write('own', `${layer}`))))
      await Promise.all(layers.map((layer) => right(execute(backend, detach(layer, [1])))))
      await Promise.all(layers.map((layer) => right(execute(backend, seal(layer, { parents: [1] })))))
      await right(execute(backend, create(30, { parents: [15, 1] })))
      await right(execute(backend, attach(30, [15, 1])))
      assert.is(textIn(await right(attachmentOf(backend, 30).files.read('own'))), '15')
    }))

  const planned: readonly PlannedFault[] = [
    { intent: 'CreateLayer', time: 2, code: 0x80070005 },
    { intent: 'CreateLayer', time: 3, code: 0x80070020, when: 'after' },
    { intent: 'CreateLayer', time: 4, latencyMs: 30 },
    { intent: 'CreateLayer', time: 5, cutAfter: 2 },
    { intent: 'CreateLayer', time: 6, cutAfter: 2, code: 0x8007000e },
    { intent: 'CreateLayer', time: 7, cutAfter: 1_000_000 },
    { intent: 'SealLayer', time: 1, code: 0x80070005, latencyMs: 60_000 },
  ]
  test(`${name}: faults and delays on demand`, () =>
    withBackend(
      kind,
      async (backend) => {
        const usage = async (layer: number): Promise<string> => (await backend.usage(layer)())._tag
        await right(execute(backend, create(1)))
        assert.is(codeOf(await left(execute(backend, create(2)))), 0x80070005)
        assert.is(await usage(2), 'Left')
        assert.is(codeOf(await left(execute(backend, create(3)))), 0x80070020)
        assert.is(await usage(3), 'Right')
        const before = performance.now()
        await right(execute(backend, create(4)))
        assert.ok(performance.now() - before >= 29)
        assert.is(codeOf(await left(execute(backend, create(5)))), 0x80004004)
        assert.is(codeOf(await left(execute(backend, create(6)))), 0x8007000e)
        assert.is(await usage(6), 'Right')
        await right(execute(backend, create(7)))
        const abort = new AbortController()
        const sealing = execute(backend, seal(1), abort.signal)()
        abort.abort()
        const sealed = await sealing
        assert.ok(E.isLeft(sealed))
        assert.is(codeOf(sealed.left), 0x80070005)
      },
      planned,
    ))

  test(`${name}: rows added to the table later hold for later runs`, async () => {
    const table: PlannedFault[] = []
    await withBackend(
      kind,
      async (backend) => {
        await right(execute(backend, create(1)))
        table.push({ intent: 'CreateLayer', time: 2, code: 0x80070005 })
        assert.is(codeOf(await left(execute(backend, create(2)))), 0x80070005)
      },
      table,
    )
  })
}

test('disk: an intent whose signal fires stops between two steps, and short ones are not held up by it', () =>
  withBackend(kinds.disk, async (backend) => {
    await right(execute(backend, create(1)))
    const large = path.join(backend.layout.root, 'snapshots', '1', 'Files', 'large')
    fs.writeFileSync(large, '')
    fs.truncateSync(large, 2 ** 30)
    await right(execute(backend, seal(1)))
    await right(execute(backend, create(2, { parents: [1] })))
    const abort = new AbortController()
    const copying = execute(backend, attach(2, [1]), abort.signal)()
    await right(execute(backend, create(3)))
    abort.abort()
    const outcome = await copying
    assert.ok(E.isLeft(outcome), 'it ended before it could be stopped')
    assert.is(codeOf(outcome.left), 0x80004004)
    assert.is((await left(attachmentOf(backend, 2).files.list('')))._tag, 'FailedPrecondition')
  }))

test('options that are malformed are a BackendFault at opening that names them', async () => {
  const bad: readonly (readonly [options: unknown, part: string])[] = [
    [null, 'an object'],
    ['./layers', 'an object'],
    [{ rot: './layers' }, '"rot"'],
    [{ root: '' }, 'root'],
    [{ root: 7 }, 'root'],
    [{ root: 'a\0b' }, 'root'],
    [{ faults: {} }, 'faults'],
    [{ faults: [null] }, 'faults[0]'],
    [
      {
        faults: [
          { intent: 'CreateLayer', time: 1 },
          { intent: 'MakeLayer', time: 1 },
        ],
      },
      'faults[1].intent',
    ],
    [{ faults: [{ intent: 'CreateLayer', time: 0 }] }, 'faults[0].time'],
    [{ faults: [{ intent: 'CreateLayer', time: 1, code: -1 }] }, 'faults[0].code'],
    [{ faults: [{ intent: 'CreateLayer', time: 1, when: 'never' }] }, 'faults[0].when'],
    [{ faults: [{ intent: 'CreateLayer', time: 1, cutAfter: 1.5 }] }, 'faults[0].cutAfter'],
    [{ faults: [{ intent: 'CreateLayer', time: 1, latencyMs: -1 }] }, 'faults[0].latencyMs'],
    [{ faults: [{ intent: 'CreateLayer', time: 1, latency: 1 }] }, '"latency"'],
  ]
  for (const [options, part] of bad) {
    const backend = fakeBackend(options as never)
    const fault = await left(open(backend))
    assert.equal([fault._tag, codeOf(fault)], ['BackendFault', 0x80070057])
    assert.ok(fault.message.includes(part), `${fault.message} names ${part}`)
    await right(backend.close())
  }
})

test('a root is resolved once, at the call', () => {
  const before = process.cwd()
  const directory = fs.realpathSync(fs.mkdtempSync(path.join(os.tmpdir(), 'varve-root-')))
  try {
    process.chdir(directory)
    const { layout } = fakeBackend({ root: './layers/' })
    process.chdir(before)
    assert.equal(layout, { root: path.join(directory, 'layers'), separator: path.sep })
    assert.equal(fs.readdirSync(directory), [])
  } finally {
    process.chdir(before)
    fs.rmSync(directory, { recursive: true })
  }
})

test('without a root, layers pretend to be on Windows', () => {
  assert.equal(fakeBackend().layout, { root: 'C:\\varve', separator: '\\' })
})

test('a root that can not be made is a BackendFault that names it', async () => {
  const file = path.join(fs.mkdtempSync(path.join(os.tmpdir(), 'varve-root-')), 'file')
  fs.writeFileSync(file, '')
  const backend = fakeBackend({ root: path.join(file, 'layers') })
  const fault = await left(open(backend))
  assert.is(fault._tag, 'BackendFault')
  assert.match(fault.message, file)
  fs.rmSync(path.dirname(file), { recursive: true })
})

const runInProcess = (program: string): { readonly status: number | null; readonly output: string } => {
  const index = new URL('../src/index.js', import.meta.url).href
  const text = `import { fakeBackend } from ${JSON.stringify(index)}\n${program}`
  const { status, stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', text], {
    encoding: 'utf8',
    timeout: 20_000,
  })
  return { status, output: stdout + stderr }
}

test('a backend that nobody closed does not hold the process, and one that works does', () => {
  const root = fs.mkdtempSync(path.join(os.tmpdir(), 'varve-held-'))
  const { status, output } = runInProcess(`
    const backend = fakeBackend({ root: ${JSON.stringify(root)} })
    await backend.open({ log: 'a', unclaimed: async () => [] })()
    const intent = { type: 'CreateLayer', id: '1', layer: 1, key: 'k', kind: 'Active', parents: [], purpose: 'scratch', labels: {}, profile: 'bind', scratch: null }
    const outcome = await backend.execute(intent, { signal: new AbortController().signal, progress: () => {} })()
    console.log(outcome._tag)`)
  fs.rmSync(root, { recursive: true })
  assert.equal([status, output], [0, 'Right\n'])
})

test.run()

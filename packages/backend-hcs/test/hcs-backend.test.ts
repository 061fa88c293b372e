import * as E from 'fp-ts/lib/Either.js'
import { spawnSync } from 'node:child_process'
import type { Backend, BackendFault } from '@varve/core/ports'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { hcsBackend } from '../src/index.js'
import { backendOver } from '../src/hcs-backend.js'

const faultOf = async (backend: Backend): Promise<BackendFault> => {
  const opened = await backend.open({ log: 'a', unclaimed: async () => [] })()
  if (E.isRight(opened)) throw new Error('it opened')
  assert.ok(E.isRight(await backend.close()()))
  return opened.left
}

const isWindows = process.platform === 'win32'

test('where there is no Windows, opening says what to use there', async () => {
  if (isWindows) return
  const backend = hcsBackend({ root: 'C:\\layers' })
  const fault = await faultOf(backend)
  assert.equal([fault._tag, fault.code], ['BackendFault', 0x80070078])
  assert.match(fault.message, '@varve/backend-fake')
  assert.match(fault.message, process.platform)
  assert.is((await backend.usage(1)())._tag, 'Left')
})

test('importing, making and opening it loads no native code where there is no Windows', () => {
  if (isWindows) return
  const index = new URL('../src/index.js', import.meta.url).href
  const text = `
    import { hcsBackend } from ${JSON.stringify(index)}
    const opened = await hcsBackend({ root: 'C:\\\\layers' }).open({ log: 'a', unclaimed: async () => [] })()
    const { sharedObjects } = process.report.getReport()
    console.log(opened._tag, sharedObjects.filter((path) => path.endsWith('.node')).length)`
  const { status, stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', text], {
    encoding: 'utf8',
    timeout: 20_000,
  })
  assert.equal([status, stdout, stderr], [0, 'Left 0\n', ''])
})

test('options that are malformed are a BackendFault at opening that names field and value', async () => {
  const bad: readonly (readonly [options: unknown, ...parts: string[]])[] = [
    [null, 'an object', 'null'],
    [undefined, 'an object', 'undefined'],
    ['C:\\layers', 'an object'],
    [{}, 'root', 'undefined'],
    [{ root: '' }, 'root', '""'],
    [{ root: 7 }, 'root', '7'],
    [{ root: 'C:\\a\0b' }, 'root', 'a\\u0000b'],
    [{ root: 'C:\\layers', rot: 1 }, '"rot"'],
    [{ root: 'C:\\layers', native: {} }, '"native"'],
  ]
  for (const [options, ...parts] of bad) {
    const fault = await faultOf(hcsBackend(options as never))
    assert.equal([fault._tag, fault.code], ['BackendFault', 0x80070057])
    for (const part of parts) assert.ok(fault.message.includes(part), `${fault.message} names ${part}`)
  }
})

test('a root on another machine is a BackendFault, and so is one without a folder', async () => {
  for (const root of ['\\\\server\\share\\layers', '//server/share/layers']) {
    const fault = await faultOf(backendOver({ root }, {}))
    assert.is(fault.code, 0x80070032)
    assert.match(fault.message, 'network')
  }
  for (const root of ['\\\\?\\UNC\\server\\share\\layers', 'C:\\'])
    assert.is((await faultOf(backendOver({ root }, {}))).code, 0x80070057)
})

test('a root is absolute and plain', () => {
  const roots = { 'C:\\layers\\': 'C:\\layers', 'C:/a/../b': 'C:\\b', '\\\\?\\D:\\x': 'D:\\x', 'E:\\': 'E:' }
  for (const [given, root] of Object.entries(roots))
    assert.equal(hcsBackend({ root: given }).layout, { root, separator: '\\' })
})

test('a backend that is not open refuses', async () => {
  const backend = hcsBackend({ root: 'C:\\layers' })
  const { path, files } = backend.files({ id: 7, kind: 'Active', isParentless: true })
  assert.is(path, 'C:\\layers\\snapshots\\7\\Files')
  const read = await files.read('x')()
  assert.ok(E.isLeft(read) && read.left._tag === 'FailedPrecondition')
  assert.is(backend.files({ id: 7, kind: 'View', isParentless: true }).path, 'C:\\layers\\mounts\\7')
  assert.is(backend.files({ id: 7, kind: 'Active', isParentless: false }).path, 'C:\\layers\\mounts\\7')
  const intent = { type: 'RetireLayer', id: '1', layer: 7 } as const
  const options = { signal: new AbortController().signal, progress: () => undefined }
  const executed = await backend.execute(intent, options)()
  assert.ok(E.isLeft(executed) && executed.left._tag === 'BackendFault')
  for await (const chunk of backend.exportLayer({ id: 7, parents: [] }, options)) assert.ok(E.isLeft(chunk))
  assert.ok(E.isRight(await backend.close()()))
  assert.ok(E.isRight(await backend.close()()))
})

test.run()

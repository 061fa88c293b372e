import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { openSnapshotter, type PromiseFiles } from '@varve/core/promise'
import { turns } from './support/clock.js'
import { accessDenied } from './support/events.js'
import { filesBackend } from './support/files.js'
import { arrayStore, recordingBackend } from './support/memory.js'
import { gatedBackend, rejection } from './support/runtime.js'

const fileCalls = (files: PromiseFiles): readonly Promise<unknown>[] => [
  files.read('x'),
  files.write('x', 'new'),
  files.list(''),
  files.stat('x'),
  files.remove('x'),
  files.rename('x', 'y'),
  files.link('x', 'y'),
  files.symlink('x', 'y'),
]

test('files are promises, and are refused once the snapshot is no longer attached', async () => {
  const snapshotter = await openSnapshotter({ store: arrayStore(), backend: filesBackend() })
  await snapshotter.prepare('a')
  const first = await snapshotter.attach('a')
  await first.files.write('x', 'content')
  assert.is(new TextDecoder().decode(await first.files.read('x')), 'content')
  assert.equal(await first.files.stat('x'), { type: 'file', size: 7, modified: 7n })
  await Promise.all([first.files.rename('x', 'y'), first.files.link('x', 'z'), first.files.symlink('t', 's')])
  await first.files.remove('x')
  assert.equal(await first.files.list(''), ['s', 'y', 'z'])
  const missing = await rejection(first.files.read('x'))
  assert.equal([missing['_tag'], missing.message], ['NotFound', 'x: not found'])

  const again = await snapshotter.attach('a')
  assert.equal(await again.files.list(''), ['s', 'y', 'z'])
  await snapshotter.detach('a')
  const second = await snapshotter.attach('a')
  for (const { files } of [first, again]) {
    for (const call of fileCalls(files)) {
      const error = await rejection(call)
      assert.is(error['_tag'], 'FailedPrecondition')
      assert.match(
        error.message,
        /^files of snapshot a: it is no longer attached, attach it again: failed precondition$/,
      )
    }
  }
  await second.files.write('x', 'more')
  await snapshotter.remove('a')
  for (const call of fileCalls(second.files)) assert.is((await rejection(call))['_tag'], 'FailedPrecondition')
  await snapshotter.close()
})

test('a backend is told which layer it is to give the content of', async () => {
  const asked: unknown[] = []
  const backend = filesBackend()
  const files: typeof backend.files = (layer) => {
    asked.push(layer)
    return backend.files(layer)
  }
  const snapshotter = await openSnapshotter({ store: arrayStore(), backend: { ...backend, files } })
  await snapshotter.prepare('base-key')
  await snapshotter.attach('base-key')
  await snapshotter.detach('base-key')
  await snapshotter.commit('base', 'base-key')
  await snapshotter.view('v', { parent: 'base' })
  await snapshotter.attach('v')
  assert.equal(asked, [
    { id: 1, kind: 'Active', isParentless: true },
    { id: 2, kind: 'View', isParentless: false },
  ])
  await snapshotter.close()
})

test('files are refused from the moment a detach or remove is accepted, and after close', async () => {
  for (const leave of ['detach', 'remove', 'close'] as const) {
    const gated = gatedBackend(({ type }) => type === 'DetachLayer' || type === 'RetireLayer')
    const { files } = filesBackend()
    const snapshotter = await openSnapshotter({ store: arrayStore(), backend: { ...gated, files } })
    await snapshotter.prepare('a')
    const attachment = await snapshotter.attach('a')
    await attachment.files.write('x', 'content')
    const leaving = leave === 'close' ? snapshotter.close() : snapshotter[leave]('a')
    await turns()
    assert.is((await rejection(attachment.files.read('x')))['_tag'], 'FailedPrecondition', leave)
    await gated.releaseAll()
    await leaving
    assert.is((await rejection(attachment.files.read('x')))['_tag'], 'FailedPrecondition', leave)
    await snapshotter.close()
  }
})

test('files of a detach that failed are readable again', async () => {
  let fails = true
  const backend = recordingBackend(({ type }) => (type === 'DetachLayer' && fails ? accessDenied : undefined))
  const snapshotter = await openSnapshotter({
    store: arrayStore(),
    backend: { ...backend, files: filesBackend().files },
  })
  await snapshotter.prepare('a')
  const { files } = await snapshotter.attach('a')
  await files.write('x', 'content')
  await rejection(snapshotter.detach('a'))
  assert.equal(await files.list(''), ['x'])
  fails = false
  await snapshotter.close()
})

test.run()

import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { codes, failureOf } from '../src/failure.js'
import { attachLayer } from '../src/layers/attach.js'
import * as content from '../src/layers/content.js'
import { createLayer } from '../src/layers/create.js'
import { detachLayer } from '../src/layers/detach.js'
import type { World } from '../src/layers/world.js'
import { attaching, creation, detaching, onRoot } from './support/flow-rig.js'

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)

const attached = (world: World): void => {
  createLayer(world, creation(1))
  attachLayer(world, attaching(1))
}

const refused = (call: () => unknown) => {
  try {
    call()
  } catch (cause) {
    return failureOf('', cause)
  }
  throw new Error('expected a refusal, found none')
}

onRoot('what is written is read, listed and told', ({ world }) => {
  attached(world)
  content.write(world, 1, 'deep/er/file', 'é')
  content.write(world, 1, 'Z', bytes('z'))
  assert.equal(content.read(world, 1, 'deep/er/file'), bytes('é'))
  assert.equal(content.list(world, 1, ''), ['Z', 'deep'])
  const { type, size } = content.stat(world, 1, 'deep/er/file')
  assert.equal({ type, size }, { type: 'file', size: 2 })
  content.link(world, 1, 'Z', 'deep/second')
  content.rename(world, 1, 'Z', 'deep/er/file')
  content.remove(world, 1, 'deep/second')
  assert.equal(content.read(world, 1, 'deep/er/file'), bytes('z'))
  content.symlink(world, 1, '../outside', 'link')
  assert.is(content.stat(world, 1, 'link').target, '../outside')
})

onRoot('nothing is done through a symlink, or outside of the content', ({ world }) => {
  attached(world)
  content.symlink(world, 1, '..', 'up')
  for (const path of ['up/x', '../x', '/x', 'C:/x', 'a\\b', 'a//b', 'a\0'])
    for (const call of [
      () => content.read(world, 1, path),
      () => content.write(world, 1, path, ''),
      () => content.list(world, 1, path),
      () => content.remove(world, 1, path),
      () => content.symlink(world, 1, 'x', path),
    ])
      assert.is(refused(call)._tag, 'InvalidArgument', path)
  content.remove(world, 1, 'up')
  assert.equal(content.list(world, 1, ''), [])
})

onRoot('a junction that node takes for a folder is a link all the same', ({ world }) => {
  attached(world)
  content.write(world, 1, 'folder/file', '')
  content.symlink(world, 1, 'folder', 'junction')
  const { files } = world.machine
  // Node follows a junction to a volume without a letter.
  const kindOf = (path: string) => (path.endsWith('junction') ? 'directory' : files.kindOf(path))
  const factsOf = (path: string) => files.factsOf(path.replace('junction', 'folder'))
  const machine = { ...world.machine, files: { ...files, kindOf, factsOf } }
  const followed: World = { ...world, machine }
  const { type, target } = content.stat(followed, 1, 'junction')
  assert.equal({ type, target }, { type: 'symlink', target: 'folder' })
  for (const call of [
    () => content.read(followed, 1, 'junction/file'),
    () => content.write(followed, 1, 'junction/new', ''),
    () => content.remove(followed, 1, 'junction/file'),
    () => content.list(followed, 1, 'junction'),
  ])
    assert.is(refused(call)._tag, 'InvalidArgument')
})

onRoot('a symlink keeps its target as it is given', ({ world, calls }) => {
  attached(world)
  content.write(world, 1, 'folder/file', '')
  const hex = (text: string): string => Buffer.from(text, 'utf16le').toString('hex')
  for (const [target, followed, name] of [
    ['folder/file', 'folder\\file', 'a'],
    ['folder', 'folder', 'b'],
  ] as const) {
    calls.length = 0
    content.symlink(world, 1, target, name)
    assert.ok(calls.at(-1)?.endsWith(`01000000${hex(`${followed}\0${target}\0`)}`), calls.at(-1))
    assert.is(content.stat(world, 1, name).target, target)
  }
  const tooLong = refused(() => content.symlink(world, 1, 'x'.repeat(9000), 'c'))
  assert.is(tooLong._tag, 'InvalidArgument')
  assert.equal(content.list(world, 1, ''), ['a', 'b', 'folder'])
})

onRoot('a symlink that can not be made leaves nothing', ({ world, fail }) => {
  attached(world)
  fail('BackupWrite', codes.accessDenied)
  assert.is(refused(() => content.symlink(world, 1, 'x', 'a'))._tag, 'BackendFault')
  assert.equal(content.list(world, 1, ''), [])
})

onRoot('names that Windows would take for something else are refused where one is given', ({ world }) => {
  attached(world)
  content.write(world, 1, 'a', '')
  for (const name of ['a:stream', 'aux.txt', 'dot.', 'x?', 'b/nul/c']) {
    assert.is(refused(() => content.write(world, 1, name, ''))._tag, 'InvalidArgument', name)
    assert.is(refused(() => content.read(world, 1, name))._tag, 'NotFound', name)
  }
  for (const name of ['a:stream', 'aux.txt'])
    for (const call of [
      () => content.rename(world, 1, 'a', name),
      () => content.link(world, 1, 'a', name),
      () => content.symlink(world, 1, 'a', name),
    ])
      assert.is(refused(call)._tag, 'InvalidArgument', name)
})

onRoot('a view is read and not written', ({ world, files }) => {
  createLayer(world, { ...creation(1), kind: 'View' })
  files.writeFile('C:\\varve\\snapshots\\1\\Files\\a', bytes('a'))
  attachLayer(world, attaching(1, [], 'View'))
  assert.equal(content.read(world, 1, 'a'), bytes('a'))
  assert.is(content.stat(world, 1, '').type, 'directory')
  for (const call of [
    () => content.write(world, 1, 'b', ''),
    () => content.remove(world, 1, 'a'),
    () => content.rename(world, 1, 'a', 'b'),
    () => content.link(world, 1, 'a', 'b'),
    () => content.symlink(world, 1, 'a', 'b'),
  ]) {
    const failure = refused(call)
    assert.is('code' in failure && failure.code, codes.writeProtected)
  }
  assert.equal(content.list(world, 1, ''), ['a'])
})

onRoot('every call is refused while the layer is not attached', ({ world }) => {
  attached(world)
  detachLayer(world, detaching(1))
  for (const call of [
    () => content.read(world, 1, 'a'),
    () => content.write(world, 1, 'a', ''),
    () => content.list(world, 1, ''),
    () => content.stat(world, 1, '..'),
    () => content.remove(world, 1, 'a'),
    () => content.rename(world, 1, 'a', 'b'),
    () => content.link(world, 1, 'a', 'b'),
    () => content.symlink(world, 1, 'a', 'b'),
  ])
    assert.is(refused(call)._tag, 'FailedPrecondition')
})

test.run()

import { test } from 'uvu'
import * as assert from 'uvu/assert'

import { baseSource } from '../src/transport/base-source.js'

import { exportedSource } from '../src/transport/transport-source.js'

import * as layers from './support/layers.js'
import { memoryMachine } from './support/memory-machine.js'
import { newNode, put, type Node } from './support/memory-node.js'
import { drained, pour } from './support/trees.js'

const { failureIn, ready, text, base, directory, file, folder, layer, parents } = layers

const rawFile = (memory: layers.Memory, name: string, below = 'Files'): Node => {
  const node = newNode(false)
  put(memory.makeFolder(`${base}\\${below}`), name, node)
  return node
}

test('names that a layer can not have are listed before anything of their folder comes', () => {
  const memory = memoryMachine()
  memory.makeFolder(`${base}\\Files\\d`)
  for (const name of ['a\\b', 'c:d', '.wh.x', 'fine', 'e.$wcidirs$', '\ud800']) rawFile(memory, name, 'Files\\d')
  const files = {
    ...memory.machine.files,
    list: (path: string) =>
      path.endsWith('\\d')
        ? ['a\\b', 'c:d', '.wh.x', 'Fine', 'fine', 'e.$wcidirs$', '\ud800']
        : memory.machine.files.list(path),
    exists: () => false,
  }
  const failure = failureIn(() => drained(baseSource({ ...memory.machine, files }, base)))
  assert.is(failure._tag, 'InvalidArgument')
  for (const words of [
    'has the reserved character \\',
    'has the reserved character :',
    'starts with .wh.',
    '"Files\\\\d\\\\Fine" and "Files\\\\d\\\\fine" are one name',
    'ends with .$wcidirs$',
    'not valid Unicode',
  ])
    assert.match(failure.message, words)
  layers.nothingIsLeft(memory)
})

test('the recycle bin of a volume is none of the layer, whatever its case', () => {
  const memory = memoryMachine()
  memory.makeFolder(`${base}\\Files\\$RECYCLE.bin\\x`)
  assert.equal(
    drained(baseSource(memory.machine, base)).map(({ entry }) => entry.name),
    ['Files'],
  )
})

test('entries come in the order of their UTF-8 bytes, a folder before what is in it', () => {
  const memory = memoryMachine()
  for (const name of ['b', 'a.c', '\u{1f600}', '\uffee', 'ä']) rawFile(memory, `${name}1`)
  rawFile(memory, 'x', 'Files\\a')
  const names = drained(baseSource(memory.machine, base)).map(({ entry }) => entry.name.slice(6))
  assert.equal(names, ['', 'a', 'a/x', 'a.c1', 'b1', 'ä1', '\uffee1', '\u{1f600}1'])
})

test('a reparse point that is no link can not be in a layer', () => {
  const memory = memoryMachine()
  const node = rawFile(memory, 'x')
  node.reparse = Uint8Array.of(0x18, 0, 0, 0x80, 0, 0, 0, 0)
  const failure = failureIn(() => drained(baseSource(memory.machine, base)))
  assert.is(failure._tag, 'InvalidArgument')
  assert.match(failure.message, 'Files\\x')
  assert.match(failure.message, '0x80000018')
  layers.nothingIsLeft(memory)
})

test('deletions in folders that are spelled otherwise, or not exported, come all the same', () => {
  const memory = ready()
  pour([directory('Files'), directory('Files/Dir')], layers.sinkOf(memory, false))
  const text16 = ['\ufeffVersion 1.0', '\\dir\\gone', '\\b', '\\Dir\\sub\\x', '\\Else\\y', '\\eLSE\\z', ''].join('\n')
  const files = { ...wrapped(memory), readFile: () => new TextEncoder().encode(text16) }
  const entries = drained(exportedSource({ ...memory.machine, files }, { layer, parents, folder }))
  const deleted = entries.filter(({ entry }) => entry.type === 'whiteout').map(({ entry }) => entry.name)
  assert.equal(deleted, ['Files/b', 'Files/Dir/gone', 'Files/Dir/sub/x', 'Files/Else/y', 'Files/Else/z'])
  layers.tarOf(entries)
})

const wrapped = ({ machine: { files } }: layers.Memory) => ({
  ...files,
  exists: files.exists,
  kindOf: files.kindOf,
  list: files.list,
  makeFolder: files.makeFolder,
  removeTree: files.removeTree,
})

test('what stands again under a deleted name hides what was there', () => {
  const memory = ready()
  pour([directory('Files'), directory('Files/old'), file('Files/b')], layers.sinkOf(memory, false))
  const list = ['\ufeffVersion 1.0', '\\OLD', '\\b', ''].join('\n')
  const files = { ...wrapped(memory), readFile: () => new TextEncoder().encode(list) }
  const entries = drained(exportedSource({ ...memory.machine, files }, { layer, parents, folder }))
  const told = entries.map(({ entry }) => `${entry.type} ${entry.name}`)
  assert.equal(told.slice(0, 4), ['directory Files', 'file Files/b', 'directory Files/old', 'opaque Files/old'])
})

for (const bytes of ['Version 1.0\n', '\ufeffVersion 1.1\n'])
  test(`no list of deletions: ${JSON.stringify(bytes)}`, () => {
    const memory = ready()
    pour([directory('Files')], layers.sinkOf(memory, false))
    const files = { ...wrapped(memory), readFile: () => new TextEncoder().encode(bytes) }
    const failure = failureIn(() => drained(exportedSource({ ...memory.machine, files }, { layer, parents, folder })))
    assert.match(failure.message, 'tombstones.txt is no list of deleted paths')
    layers.nothingIsLeft(memory)
  })

test('hives are plain files, and give the folders their times', () => {
  const memory = ready()
  pour([directory('Files'), directory('Hives'), file('Hives/System_Delta', 'hive')], layers.sinkOf(memory, false))
  assert.is(text(memory.find(`${layer}\\Hives\\System_Delta`)), 'hive')
  assert.is(memory.find(`${layer}\\Hives\\System_Delta`)?.security, undefined)
  const entries = drained(exportedSource(memory.machine, { layer, parents, folder }))
  const timesOf = (name: string) =>
    entries.flatMap(({ entry }) => (entry.name === name && 'times' in entry ? [entry.times] : []))[0]
  const delta = timesOf('Hives/System_Delta')
  assert.is.not(delta, undefined)
  assert.equal(timesOf('Files'), delta)
  assert.equal(timesOf('Hives'), delta)
  assert.equal(new Set(Object.values(delta ?? {})).size, 1)
})

test.run()

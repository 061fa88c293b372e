import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { LayerEntry } from '@varve/core/tar'
import { asFailure, failureOf } from '../src/failure.js'
import { baseSource } from '../src/transport/base-source.js'
import { transportSink } from '../src/transport/transport-sink.js'
import { exportedSource } from '../src/transport/transport-source.js'
import type { Whole } from './support/arbitrary-layer.js'
import * as layers from './support/layers.js'
import { memoryMachine } from './support/memory-machine.js'
import { newNode, put, type Node } from './support/memory-node.js'
import { drained, pour, treeOf } from './support/trees.js'

const { base, boot, directory, file, folder, junction, layer, link, opaque, parents, symlink, whiteout } = layers

const failureIn = (run: () => void) => {
  try {
    run()
  } catch (cause) {
    return asFailure(failureOf('', cause))
  }
  throw new Error('nothing was refused')
}

const ready = (): layers.Memory => {
  const memory = memoryMachine()
  memory.makeFolder(base)
  pour([...layers.parentLayer, ...layers.machineLayer], layers.sinkOf(memory, true))
  memory.makeFolder(layer)
  return memory
}

const text = (node: Node | undefined): string => new TextDecoder().decode(node?.data)

type Refused = readonly [what: string, all: readonly Whole[], entry: string, words: string]

const named = (name: string): Whole => file(name)
const both: readonly Refused[] = [
  ['a name that leaves the layer', [named('Files/../../x')], 'Files/../../x', 'is no path below'],
  ['a name with a stream', [named('Files/a:b')], 'Files/a:b', 'is no path below'],
  ['a file below a file', [named('Files/a'), named('Files/a/b')], 'Files/a/b', 'must lie in folders only'],
  [
    'a file below a junction',
    [junction('Files/j', 'C:\\'), named('Files/j/b')],
    'Files/j/b',
    'must lie in folders only',
  ],
  ['a link to nothing', [link('Files/l', 'Files/none')], 'Files/l', 'must link to a file that comes before it'],
  ['a link to a folder', [directory('Files/d'), link('Files/l', 'Files/d')], 'Files/l', 'must link to a file'],
  ['a link through a junction', [junction('Files/j', 'C:\\'), link('Files/l', 'Files/j/x')], 'Files/l', 'must'],
  [
    'too few bytes',
    [{ ...named('Files/a'), body: new Uint8Array() }, named('Files/b')],
    'Files/a',
    'as many bytes as its size says',
  ],
  ['a target that is too long', [symlink('Files/s', 'x'.repeat(9000))], 'Files/s', '16 KiB of a reparse point'],
  [
    'text that is no descriptor',
    [
      {
        entry: { ...(named('Files/a').entry as LayerEntry & { type: 'file' }), security: { sddl: 'none' } },
        body: new Uint8Array(1),
      },
    ],
    'Files/a',
    'must have a security descriptor that Windows can read',
  ],
  [
    'a stream of another file',
    [named('Files/a'), layers.stream('s', 'Files/b', 'x')],
    'Files/b',
    'must follow the entry',
  ],
]
const childOnly: readonly Refused[] = [
  ['a name of nowhere', [named('sandbox.vhdx')], 'sandbox.vhdx', 'must lie in Files, Hives or UtilityVM/Files'],
  ['a side file of its own', [named('Files.$wcidirs$')], 'Files.$wcidirs$', 'must lie in Files, Hives'],
  ['a link out of the hives', [link('Hives/x', 'Files/b')], 'Hives/x', 'must link from and to names below Files'],
  ['a link to a hive', [link('Files/x', 'Hives/b')], 'Files/x', 'must link from and to names below Files'],
  ['a link to a folder of a parent', [link('Files/x', 'Files/old')], 'Files/x', 'must link to a file'],
  ['a deletion in the hives', [whiteout('Hives/Sam_Delta')], 'Hives/Sam_Delta', 'must not delete'],
  ['all deleted in a utility VM', [opaque('UtilityVM/Files')], 'UtilityVM/Files', 'must not be an opaque whiteout'],
  [
    'a deletion of nothing in a utility VM',
    [whiteout('UtilityVM/Files/none')],
    'UtilityVM/Files/none',
    'must not delete what the utility VM of no parent has',
  ],
  [
    'all deleted behind a junction',
    [junction('Files/j', 'x'), opaque('Files/j')],
    'Files/j',
    'must lie in folders only',
  ],
]

const tellRefusal = (isBase: boolean, [what, all, entry, words]: Refused): void =>
  test(`refused in a ${isBase ? 'base layer' : 'layer with parents'}: ${what}`, () => {
    const memory = isBase ? memoryMachine() : ready()
    if (isBase) memory.makeFolder(base)
    const failure = failureIn(() => pour([directory('Files'), ...all], layers.sinkOf(memory, isBase)))
    assert.match(failure.message, words)
    if (failure._tag === 'InvalidArgument') {
      assert.is('entry' in failure && failure.entry, entry)
      const at = all.findIndex((one) => one.entry.name === entry && 'entry' in one)
      assert.ok('offset' in failure && failure.offset >= at * 1000)
    } else assert.match(words, 'is no path below')
    layers.nothingIsLeft(memory)
  })
for (const one of both) for (const isBase of [true, false]) tellRefusal(isBase, one)
for (const one of childOnly) tellRefusal(false, one)
for (const one of [whiteout('Files/x'), opaque('Files')])
  tellRefusal(true, [`a deletion, ${one.entry.type}`, [one], one.entry.name, 'must not delete anything'])

test('a utility VM needs that of a parent', () => {
  const memory = layers.baseMade()
  const failure = failureIn(() => pour([directory('UtilityVM')], layers.sinkOf(memory, false)))
  assert.match(failure.message, 'no parent has a utility VM')
  layers.nothingIsLeft(memory)
})

test('a utility VM is a clone: links, but for what is rewritten, and changes stay out of the parent', () => {
  const memory = ready()
  const before = treeOf(drained(baseSource(memory.machine, base)))
  pour(
    [
      directory('Files'),
      directory('UtilityVM'),
      directory('UtilityVM/Files'),
      file(`${boot}/BCD`, 'other'),
      file('UtilityVM/Files/kernel', 'new kernel', 0x20),
      whiteout('UtilityVM/Files/dir'),
      link('UtilityVM/Files/second', `${boot}/BCD.LOG`),
      link('Files/out', 'UtilityVM/Files/kernel'),
    ],
    layers.sinkOf(memory, false),
  )
  const at = (path: string): Node | undefined => memory.find(`${layer}\\${path.replaceAll('/', '\\')}`)
  assert.is(text(at(`${boot}/BCD`)), 'other')
  assert.is(text(at('bcd.bak')), 'other')
  assert.is(at('bcd.log.bak'), undefined)
  assert.is(text(at('UtilityVM/Files/kernel')), 'new kernel')
  assert.is(at('Files/out'), at('UtilityVM/Files/kernel'))
  assert.is(at('UtilityVM/Files/dir'), undefined)
  assert.is(at('UtilityVM/Files/second'), at(`${boot}/BCD.LOG`))
  const ofParent = (path: string): Node | undefined => memory.find(`${base}\\${path.replaceAll('/', '\\')}`)
  assert.is.not(at(`${boot}/BCD.LOG`), ofParent(`${boot}/BCD.LOG`), 'what processing rewrites is a copy')
  assert.equal(at('UtilityVM/Files/link')?.reparse, ofParent('UtilityVM/Files/link')?.reparse)
  assert.is(at('UtilityVM/Files/EFI')?.info.modified, ofParent('UtilityVM/Files/EFI')?.info.modified)
  assert.ok(memory.control.calls.includes('ProcessUtilityImage'))
  layers.isSame(treeOf(drained(baseSource(memory.machine, base))), before)
  assert.is(text(ofParent('bcd.log.bak')), 'log')
})

test('what a utility VM has and nothing changes is the very file of the parent', () => {
  const memory = ready()
  pour([directory('Files'), directory('UtilityVM')], layers.sinkOf(memory, false))
  const path = 'UtilityVM\\Files\\dir\\inner'
  assert.is(memory.find(`${layer}\\${path}`), memory.find(`${base}\\${path}`))
})

test('the times of folders are theirs after everything in them, links and deletions', () => {
  const memory = ready()
  pour(
    [directory('Files'), directory('Files/old'), whiteout('Files/old/x'), link('Files/old/n', 'Files/b')],
    layers.sinkOf(memory, false),
  )
  const order = memory.control.calls
  assert.ok(order.lastIndexOf('SetFileBasicInfo') > order.lastIndexOf('LinkFile'))
  assert.ok(order.lastIndexOf('LinkFile') > order.lastIndexOf('DeleteOnClose'))
  assert.ok(order.lastIndexOf('DeleteOnClose') > order.indexOf('ImportLayer'))
})

test('who imports has the last word when the transport folder is complete', () => {
  const memory = ready()
  const stop = new Error('stop')
  const beforeImport = (): never => {
    assert.is.not(memory.find(`${folder}\\Files\\a`), undefined)
    throw stop
  }
  const sink = transportSink(memory.machine, { layer, parents, folder, beforeImport })
  assert.throws(
    () => pour([directory('Files'), file('Files/a')], sink),
    (cause: unknown) => cause === stop,
  )
  assert.not(memory.control.calls.includes('ImportLayer'))
  layers.nothingIsLeft(memory)
})

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

import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { LayerEntry } from '@varve/core/tar'
import { baseSource } from '../src/transport/base-source.js'
import { transportSink } from '../src/transport/transport-sink.js'

import type { Whole } from './support/arbitrary-layer.js'
import * as layers from './support/layers.js'
import { memoryMachine } from './support/memory-machine.js'
import { type Node } from './support/memory-node.js'
import { drained, pour, treeOf } from './support/trees.js'

const {
  failureIn,
  ready,
  text,
  base,
  boot,
  directory,
  file,
  folder,
  junction,
  layer,
  link,
  opaque,
  parents,
  symlink,
  whiteout,
} = layers

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

test('all that parents have in a folder is deleted, and what the layer has there stays', () => {
  const memory = ready()
  const own = [
    directory('Files/old'),
    opaque('Files/old'),
    junction('Files/old/j', 'C:\\x'),
    link('Files/old/l', 'Files/b'),
  ]
  pour([directory('Files'), ...own, directory('Files/old/sub'), file('Files/old/sub/z')], layers.sinkOf(memory, false))
  const names = (path: string) =>
    [...(memory.find(`${layer}\\Files\\${path}`)?.children?.values() ?? [])].map(({ name }) => name)
  assert.equal(names('old').toSorted(), ['j', 'l', 'sub'])
  assert.equal(names('old\\sub'), ['z'])
  assert.is.not(memory.find(`${base}\\Files\\old\\sub\\y`), undefined)
})

test('a deletion in a folder that the layer leaves to its parents keeps that as it is', () => {
  const memory = ready()
  pour([directory('Files'), whiteout('Files/old/sub/y')], layers.sinkOf(memory, false))
  const [mine, theirs] = [layer, base].map((path) => memory.find(`${path}\\Files\\old\\sub`))
  assert.equal(
    [...(mine?.children?.values() ?? [])].map(({ name }) => name),
    ['z'],
  )
  assert.equal(mine?.info, theirs?.info)
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

test.run()

import { test } from 'uvu'
import * as assert from 'uvu/assert'
import * as fc from 'fast-check'
import { baseSource } from '../src/transport/base-source.js'
import { exportedSource } from '../src/transport/transport-source.js'
import { arbitraryLayer } from './support/arbitrary-layer.js'
import {
  base,
  directory,
  file,
  machineLayer,
  baseMade,
  entriesOf,
  folder,
  goldenTar,
  isSame,
  layer,
  nothingIsLeft,
  parentFiles,
  parentFolders,
  parents,
  sinkOf,
  tarOf,
} from './support/layers.js'
import { memoryMachine } from './support/memory-machine.js'
import type { Shape } from './support/memory-node.js'
import { exportedTree, comparable } from './support/exported-tree.js'
import { check } from './support/random.js'
import { drained, pour, treeOf } from './support/trees.js'

const shapes: fc.Arbitrary<Shape> = fc.record(
  { isSparse: fc.boolean(), isDataLast: fc.boolean(), isExtendedLast: fc.boolean() },
  { requiredKeys: [] },
)
const piece = fc.constantFrom(1, 7, 20, 1000, Infinity)

test('any base layer is read as it was written', () => {
  const met = new Set<string>()
  check(
    fc.property(arbitraryLayer({ files: [], folders: [] }), shapes, piece, (all, shape, most) => {
      const memory = memoryMachine()
      memory.makeFolder(base)
      const tar = tarOf(all)
      pour(entriesOf(tar, true), sinkOf(memory, true))
      memory.control.shape = shape
      memory.control.piece = most
      const found = drained(baseSource(memory.machine, base))
      isSame(treeOf(entriesOf(tarOf(found), true)), treeOf(all))
      nothingIsLeft(memory)
      for (const { entry } of all) met.add(entry.type)
    }),
    150,
  )
  assert.equal([...met].toSorted(), ['directory', 'file', 'junction', 'link', 'stream', 'symlink'])
})

test('any layer with parents is imported, exported and read as it was written', () => {
  const met = new Set<string>()
  check(
    fc.property(arbitraryLayer({ files: parentFiles, folders: parentFolders }), shapes, piece, (all, shape, most) => {
      const memory = baseMade()
      const before = treeOf(drained(baseSource(memory.machine, base)))
      const tar = tarOf(all)
      pour(entriesOf(tar, false), sinkOf(memory, false))
      nothingIsLeft(memory)
      memory.control.shape = shape
      memory.control.piece = most
      const exported = drained(exportedSource(memory.machine, { layer, parents, folder }))
      nothingIsLeft(memory)
      const again = entriesOf(tarOf(exported), false)
      isSame(comparable(again), exportedTree(all))
      memory.control.shape = {}
      isSame(treeOf(drained(baseSource(memory.machine, base))), before)
      for (const { entry } of all) met.add(entry.type)
    }),
    150,
  )
  assert.is(met.size, 8, [...met].join())
})

test('the golden base layer', () => {
  const memory = memoryMachine()
  memory.makeFolder(base)
  const all = entriesOf(goldenTar('base'), true)
  pour(all, sinkOf(memory, true))
  isSame(treeOf(drained(baseSource(memory.machine, base))), treeOf(all))
})

test('the golden layer with parents', () => {
  const memory = memoryMachine()
  memory.makeFolder(base)
  const child = entriesOf(goldenTar('child'), false)
  const own = new Set(child.map(({ entry }) => entry.name))
  const targets = child.flatMap(({ entry }) => (entry.type === 'link' && !own.has(entry.target) ? [entry.target] : []))
  const below = targets.filter((name) => name.startsWith('Files/')).map((name) => file(name, 'of the parent'))
  pour([directory('Files'), ...below, ...machineLayer, file('UtilityVM/Files/old.efi')], sinkOf(memory, true))
  memory.makeFolder(layer)
  pour(child, sinkOf(memory, false))
  nothingIsLeft(memory)
  for (const { entry, body } of child) {
    const found = memory.find(`${layer}\\${entry.name.replaceAll('/', '\\')}`)
    if (entry.type === 'whiteout') assert.is(found, undefined, entry.name)
    else assert.is.not(found, undefined, entry.name)
    if (entry.type === 'file') assert.equal(found?.data, body, entry.name)
    if (entry.type === 'link' && below.length > 0) assert.ok((found?.links ?? 0) > 1, entry.name)
  }
})

test.run()

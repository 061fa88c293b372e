import { test } from 'uvu'
import * as assert from 'uvu/assert'
import * as fc from 'fast-check'
import { foldName } from '@varve/core/ports'
import { baseSource } from '../src/transport/base-source.js'
import { exportedSource } from '../src/transport/transport-source.js'
import { arbitraryLayer, type Whole } from './support/arbitrary-layer.js'
import {
  base,
  baseMade,
  entriesOf,
  folder,
  goldenTar,
  isSame,
  layer,
  nothingIsLeft,
  parentFiles,
  parentFolders,
  parentLayer,
  parents,
  sinkOf,
  tarOf,
} from './support/layers.js'
import { memoryMachine } from './support/memory-machine.js'
import type { Shape } from './support/memory-node.js'
import { check } from './support/random.js'
import { drained, pour, treeOf, type Leaf } from './support/trees.js'

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

/** What ExportLayer finds of a layer that was imported: without links, with all that is deleted by name, and all folders. */
const exportedTree = (all: readonly Whole[]): ReadonlyMap<string, unknown> => {
  const below = treeOf(parentLayer)
  const tree = new Map<string, Leaf>(treeOf(all, below))
  const whiteouts = new Set<string>()
  const isOwn = (path: string): boolean => {
    const folded = foldName(path)
    return [...tree].some(([name, leaf]) => foldName(name) === folded && leaf.entry.type !== 'whiteout')
  }
  const hide = (path: string): void => {
    for (const name of below.keys()) {
      if (name.slice(0, Math.max(0, name.lastIndexOf('/'))) !== path) continue
      if (!isOwn(name)) whiteouts.add(name)
      else hide(name)
    }
  }
  for (const { entry } of all) {
    if (entry.type === 'opaque') hide(entry.name)
    if (entry.type === 'whiteout') whiteouts.add(entry.name)
  }
  for (const [name, leaf] of tree) if (leaf.entry.type === 'opaque' || leaf.entry.type === 'whiteout') tree.delete(name)
  const isHidden = (path: string): boolean => [...whiteouts].some((name) => path.startsWith(`${name}/`))
  const found = new Map<string, unknown>()
  for (const [name, leaf] of tree) found.set(name, { ...leaf, name: '' })
  for (const name of whiteouts) {
    if (isHidden(name)) continue
    found.set(name, 'whiteout')
    const names = name.split('/')
    for (let length = 2; length < names.length; length++) {
      const above = names.slice(0, length).join('/')
      const parent = below.get(above)
      if (!isOwn(above) && parent !== undefined) found.set(above, { ...parent, name: '' })
    }
  }
  return new Map([...found].toSorted(([a], [b]) => (a < b ? -1 : 1)))
}

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
      const found = new Map<string, unknown>()
      for (const [name, leaf] of treeOf(again.filter(({ entry }) => !entry.name.startsWith('Hives')))) {
        const isDeletion = leaf.entry.type === 'whiteout'
        found.set(name, isDeletion ? 'whiteout' : { ...leaf, name: '' })
      }
      const expected = new Map(exportedTree(all))
      // Their times are those of the hives.
      expected.delete('Files')
      found.delete('Files')
      isSame(found, expected)
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

test.run()

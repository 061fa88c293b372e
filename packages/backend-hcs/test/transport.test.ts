import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { readFileSync } from 'node:fs'
import { isDeepStrictEqual, inspect } from 'node:util'
import { gunzipSync } from 'node:zlib'
import * as E from 'fp-ts/lib/Either.js'
import * as fc from 'fast-check'
import { foldName } from '@varve/core/ports'
import { layerDecoder, layerEncoder, type LayerEntry } from '@varve/core/tar'
import { baseSink } from '../src/transport/base-sink.js'
import { baseSource } from '../src/transport/base-source.js'
import type { LayerSink } from '../src/transport/items.js'
import { transportSink } from '../src/transport/transport-sink.js'
import { exportedSource } from '../src/transport/transport-source.js'
import { arbitraryLayer, type Whole } from './support/arbitrary-layer.js'
import { memoryMachine } from './support/memory-machine.js'
import type { Shape } from './support/memory-node.js'
import { check } from './support/random.js'
import { drained, pour, treeOf, type Leaf } from './support/trees.js'

const base = 'C:\\varve\\snapshots\\1'
const layer = 'C:\\varve\\snapshots\\2'
const folder = 'C:\\varve\\temp\\2'
const parents = [{ id: '65ed1907-894d-50ff-bdcb-cc63fb515966', path: base }]

type Memory = ReturnType<typeof memoryMachine>

const sinkOf = ({ machine }: Memory, isBase: boolean): LayerSink =>
  isBase ? baseSink(machine, base) : transportSink(machine, { layer, parents, folder })

const tarOf = (all: readonly Whole[]): Uint8Array => {
  const encoder = layerEncoder()
  const parts = all.flatMap(({ entry, body }) => {
    const headers = encoder.entry(entry)
    if (E.isLeft(headers)) throw new Error(headers.left.message)
    return [headers.right, body]
  })
  return new Uint8Array(Buffer.concat([...parts, encoder.end()]))
}

const entriesOf = (tar: Uint8Array, isBase: boolean): readonly Whole[] => {
  const decoder = layerDecoder({ isBase })
  const items = decoder.push(tar)
  if (E.isLeft(items)) throw new Error(items.left.message)
  return drained(items.right)
}

const isSame = (found: ReadonlyMap<string, unknown>, expected: ReadonlyMap<string, unknown>): void => {
  for (const name of new Set([...found.keys(), ...expected.keys()])) {
    const [one, other] = [found.get(name), expected.get(name)]
    assert.ok(
      isDeepStrictEqual(one, other),
      `${name}: ${inspect(one, { depth: 5 })}\n is not \n${inspect(other, { depth: 5 })}`,
    )
  }
}

const nothingIsLeft = (memory: Memory): void => {
  assert.is(memory.open(), 0, 'handles and contexts that were left open')
  assert.is(memory.find(folder), undefined, 'the transport folder was left')
}

const parentFiles = ['Files/b', 'Files/old/x', 'Files/old/sub/y', 'Files/old/sub/z']
const parentFolders = ['Files/old', 'Files/old/sub']
const times = { created: 100n, accessed: 200n, modified: 300n, changed: 400n }
const parentLayer: readonly Whole[] = [
  ...['Files', ...parentFolders].map((name): Whole => ({
    entry: { type: 'directory', name, attributes: 0x10, times },
    body: new Uint8Array(),
  })),
  ...parentFiles.map((name): Whole => ({
    entry: { type: 'file', name, attributes: 0x20, times, size: 1, hasData: true },
    body: Uint8Array.of(1),
  })),
]

const baseMade = (): Memory => {
  const memory = memoryMachine()
  memory.makeFolder(base)
  pour(parentLayer, sinkOf(memory, true))
  memory.makeFolder(layer)
  return memory
}

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

const goldenTar = (name: string): Uint8Array =>
  new Uint8Array(
    gunzipSync(
      Buffer.from(
        readFileSync(new URL(`../../../core/test/fixtures/tar/${name}.tar.gz.b64`, import.meta.url), 'utf8'),
        'base64',
      ),
    ),
  )

test('the golden base layer', () => {
  const memory = memoryMachine()
  memory.makeFolder(base)
  const all = entriesOf(goldenTar('base'), true)
  pour(all, sinkOf(memory, true))
  isSame(treeOf(drained(baseSource(memory.machine, base))), treeOf(all))
})

export type { LayerEntry }
test.run()

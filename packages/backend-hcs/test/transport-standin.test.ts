import { test } from 'uvu'
import * as assert from 'uvu/assert'
import * as fc from 'fast-check'
import { keepBootFiles, putBackBootFiles } from '../src/layers/boot-files.js'
import type { Machine } from '../src/machine.js'
import { nativeOf } from '../src/native/native-of.js'
import { loadTable } from '../src/native/table.js'
import { baseSource } from '../src/transport/base-source.js'
import { exportedSource } from '../src/transport/transport-source.js'
import { bind } from './standin/library.js'
import { arbitraryLayer, type Whole } from './support/arbitrary-layer.js'
import { comparable, exportedTree } from './support/exported-tree.js'
import * as layers from './support/layers.js'
import { check } from './support/random.js'
import { standin, startStandin, whyNoStandin } from './support/standin.js'
import { filesOf } from './support/standin-files.js'
import { drained, pour, treeOf } from './support/trees.js'

const { base, layer, parents, folder } = layers

const missing = whyNoStandin()
if (missing !== undefined) console.log(`skipped: sources and sinks over the stand-in, as ${missing}`)

const open = async (): Promise<Machine> => {
  const { dlls } = await startStandin()
  const native = nativeOf(await loadTable({ dlls }))
  native.EnablePrivileges([
    'SeBackupPrivilege',
    'SeRestorePrivilege',
    'SeSecurityPrivilege',
    'SeCreateSymbolicLinkPrivilege',
  ])
  return { native, files: filesOf(standin()) }
}

const machine = missing === undefined ? await open() : undefined
const standinTest = (name: string, run: (on: Machine) => void): void => {
  if (machine === undefined) test.skip(name, () => undefined)
  else test(name, () => run(machine))
}

const empty = ({ files }: Machine): void => {
  files.removeTree('C:\\varve')
  for (const path of [base, layer]) files.makeFolder(path)
}

/** The same with descriptors as Windows makes them of their text. */
const asBytes = ({ native }: Machine, all: readonly Whole[]): readonly Whole[] =>
  all.map((whole) => {
    const { entry } = whole
    if (!('security' in entry) || entry.security === undefined || !('sddl' in entry.security)) return whole
    return { ...whole, entry: { ...entry, security: { bytes: native.SecurityDescriptorOf(entry.security.sddl) } } }
  })

standinTest('any base layer is read as it was written', (on) => {
  check(
    fc.property(arbitraryLayer({ files: [], folders: [] }), (all) => {
      empty(on)
      pour(layers.entriesOf(layers.tarOf(all), true), layers.sinkOf({ machine: on }, true))
      const found = drained(baseSource(on, base))
      layers.isSame(treeOf(layers.entriesOf(layers.tarOf(found), true)), treeOf(asBytes(on, all)))
    }),
    30,
    true,
  )
})

standinTest('any layer with parents is imported, exported and read as it was written', (on) => {
  const arbitrary = arbitraryLayer({ files: layers.parentFiles, folders: layers.parentFolders })
  check(
    fc.property(arbitrary, (all) => {
      empty(on)
      pour(layers.parentLayer, layers.sinkOf({ machine: on }, true))
      const before = treeOf(drained(baseSource(on, base)))
      pour(layers.entriesOf(layers.tarOf(all), false), layers.sinkOf({ machine: on }, false))
      assert.not(on.files.exists(folder))
      on.native.ActivateLayer(layer)
      try {
        const exported = drained(exportedSource(on, { layer, parents, folder }))
        layers.isSame(comparable(layers.entriesOf(layers.tarOf(exported), false)), exportedTree(asBytes(on, all)))
      } finally {
        on.native.DeactivateLayer(layer)
      }
      assert.not(on.files.exists(folder))
      layers.isSame(treeOf(drained(baseSource(on, base))), before)
    }),
    30,
    true,
  )
})

/** Linux has names of 255 bytes, Windows of 255 UTF-16 units. */
const isForHost = (name: string): boolean => name.split('/').every((part) => Buffer.byteLength(part) <= 255)

standinTest('the golden base layer', (on) => {
  empty(on)
  const all = layers
    .entriesOf(layers.goldenTar('base'), true)
    .filter(({ entry }) => isForHost(entry.name) && (entry.type !== 'link' || isForHost(entry.target)))
  pour(all, layers.sinkOf({ machine: on }, true))
  layers.isSame(treeOf(drained(baseSource(on, base))), treeOf(asBytes(on, all)))
})

standinTest('boot files are put back with all that they had, hidden ones too', (on) => {
  empty(on)
  on.files.makeFolder('C:\\varve\\meta')
  const hiddenLog = layers.file('UtilityVM/Files/EFI/Microsoft/Boot/BCD.LOG', 'log', 0x27)
  const others = layers.machineLayer.filter(({ entry }) => entry.name !== hiddenLog.entry.name)
  pour([layers.directory('Files'), ...others, hiddenLog], layers.sinkOf({ machine: on }, true))
  const before = treeOf(drained(baseSource(on, base)))
  const world = {
    layout: { root: 'C:\\varve', separator: '\\' as const },
    machine: on,
    prepareLock: <T>(run: () => T): T => run(),
    pause: () => undefined,
  }
  keepBootFiles(world, 1)
  for (const name of ['BCD', 'BCD.LOG'])
    on.files.fillFile(`${base}\\UtilityVM\\Files\\EFI\\Microsoft\\Boot\\${name}`, Uint8Array.of(1))
  putBackBootFiles(world, 1)
  layers.isSame(treeOf(drained(baseSource(on, base))), before)
  assert.equal(on.files.list('C:\\varve\\meta'), [])
})

standinTest('every handle, context and piece of memory was given back', () => {
  const counts = Buffer.alloc(12)
  bind(standin().library).StandinOutstanding(counts)
  assert.equal(
    [0, 4, 8].map((at) => counts.readInt32LE(at)),
    [0, 0, 0],
  )
})

test.run()

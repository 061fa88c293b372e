import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { codes } from '../src/failure.js'
import { baseSource } from '../src/transport/base-source.js'
import { exportedSource } from '../src/transport/transport-source.js'
import * as layers from './support/layers.js'
import { memoryMachine } from './support/memory-machine.js'
import { drained, pour } from './support/trees.js'
import type { Whole } from './support/arbitrary-layer.js'

const { base, boot, directory, file, folder, junction, layer, link, opaque, parents, stream, symlink, whiteout } =
  layers

const all: readonly Whole[] = [
  directory('Files'),
  file('Files/a', 'content'),
  stream('s', 'Files/a', 'stream'),
  link('Files/l', 'Files/a'),
  junction('Files/j', 'C:\\x'),
  symlink('Files/y', 'x'),
  file('Files/implied/deep', ''),
  ...layers.machineLayer.slice(0, 6),
]
const child: readonly Whole[] = [
  directory('Files'),
  ...all.slice(1, 7),
  whiteout('Files/old/x'),
  link('Files/k', 'Files/b'),
  directory('Files/old'),
  opaque('Files/old'),
  directory('Hives'),
  file('Hives/System_Delta', 'hive'),
  directory('UtilityVM'),
  file(`${boot}/BCD`, 'boot again'),
  whiteout('UtilityVM/Files/dir'),
  link('UtilityVM/Files/l', 'UtilityVM/Files/kernel'),
]

type Scenario = {
  readonly name: string
  readonly make: () => layers.Memory
  readonly run: (memory: layers.Memory) => void
}

const withBase = (): layers.Memory => {
  const memory = memoryMachine()
  memory.makeFolder(base)
  pour([...layers.parentLayer, ...layers.machineLayer], layers.sinkOf(memory, true))
  memory.makeFolder(layer)
  return memory
}

const scenarios: readonly Scenario[] = [
  {
    name: 'base layer written',
    make: () => {
      const memory = memoryMachine()
      memory.makeFolder(base)
      return memory
    },
    run: (memory) => pour(all, layers.sinkOf(memory, true), 3),
  },
  { name: 'base layer read', make: withBase, run: ({ machine }) => void drained(baseSource(machine, base)) },
  { name: 'layer with parents written', make: withBase, run: (memory) => pour(child, layers.sinkOf(memory, false), 3) },
  {
    name: 'layer with parents read',
    make: () => {
      const memory = withBase()
      pour(child, layers.sinkOf(memory, false))
      return memory
    },
    run: ({ machine }) => void drained(exportedSource(machine, { layer, parents, folder })),
  },
]

const raised = (run: () => void): boolean => {
  try {
    run()
    return false
  } catch (cause) {
    assert.ok(cause instanceof Error && 'failure' in cause, String(cause))
    return true
  }
}

for (const { name, make, run } of scenarios)
  for (const code of [codes.accessDenied, codes.reparseEncountered])
    test(`${name}: whatever call fails with 0x${code.toString(16)}, nothing is left open or made`, () => {
      const sample = make()
      sample.control.calls.length = 0
      run(sample)
      layers.nothingIsLeft(sample)
      const calls = sample.control.calls.length
      assert.ok(calls > 30, `${calls} calls`)
      let failures = 0
      for (let at = 1; at <= calls; at++) {
        const memory = make()
        Object.assign(memory.control, { failAt: at, failWith: code })
        memory.control.calls.length = 0
        if (raised(() => run(memory))) failures += 1
        const { failed } = memory.control
        assert.is(memory.open(), 0, `open after ${failed}, call ${at}`)
        if (failed !== 'removeTree') assert.is(memory.find(folder), undefined, `left after ${failed}, call ${at}`)
      }
      // Only the last removal of a transport folder may fail without harm, and a deletion of what is behind a reparse point.
      const isHarmless = (call: string): boolean => call === 'removeTree' || call === 'DeleteOnClose'
      assert.ok(failures >= calls - sample.control.calls.filter(isHarmless).length, `${failures} of ${calls} calls`)
    })

for (const { name, make } of scenarios.filter((one) => one.name.endsWith('read')))
  test(`${name}: whoever leaves early leaves nothing open`, () => {
    const source = ({ machine }: layers.Memory) =>
      name.startsWith('base') ? baseSource(machine, base) : exportedSource(machine, { layer, parents, folder })
    const length = [...source(make())].length
    for (let items = 0; items <= length; items++) {
      const memory = make()
      const reading = source(memory)
      for (let at = 0; at < items; at++) reading.next()
      reading.return()
      layers.nothingIsLeft(memory)
    }
  })

for (const [isBase, entries] of [
  [true, all],
  [false, child],
] as const)
  test(`a sink for a ${isBase ? 'base layer' : 'layer with parents'} that is aborted anywhere leaves nothing open`, () => {
    for (let count = 0; count <= entries.length; count++) {
      const memory = isBase ? memoryMachine() : withBase()
      memory.makeFolder(base)
      const sink = layers.sinkOf(memory, isBase)
      for (const { entry, body } of entries.slice(0, count)) {
        sink.add(entry, 0)
        sink.write(body)
      }
      sink.abort()
      sink.abort()
      layers.nothingIsLeft(memory)
    }
  })

test.run()

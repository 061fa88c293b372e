import type { Result } from '@varve/core/ports'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { virtualSizeOf } from '../src/artefacts/vhdx.js'
import { operations } from '../src/world/operations.js'
import type { World } from '../src/world/world.js'
import {
  addLayer,
  attach,
  change,
  contentOf,
  create,
  destroy,
  namesIn,
  perform,
  retire,
  seal,
  textIn,
  usage,
} from './support/acts.js'
import { seen } from './support/listing.js'
import { failure, grounds, onGround, thisLog } from './support/worlds.js'

const gibibyte = 1024n ** 3n
const sizeOfDisk = ({ disk }: World, path: string): unknown =>
  virtualSizeOf((offset, length) => disk.read(path, offset, length))
const effectiveOf = (result: Result): unknown => (result.type === 'LayerCreated' ? result.effective : result.type)

for (const [name, ground] of Object.entries(grounds)) {
  const law = (title: string, body: (world: World) => void): void =>
    test(`${name}: ${title}`, () => onGround(ground, ({ open }) => body(open())))

  law('a parentless layer is a directory Files, and becomes a base layer in place', (world) => {
    const made = perform(world, create(1))
    assert.equal(made, {
      type: 'LayerCreated',
      usage: { ...usage(world, 1), size: 0, inodes: 0, scratch: 0 },
      effective: null,
    })
    assert.equal(namesIn(world, 'snapshots/1'), ['Files'])
    change(world, 1, [], (content) => content.write('a/b', 'hello'))
    perform(world, seal(1))
    assert.equal(namesIn(world, 'snapshots/1'), ['Files', 'Hives', 'blank-base.vhdx', 'blank.vhdx', 'layout'])
    const hives = ['DEFAULT', 'SAM', 'SECURITY', 'SOFTWARE', 'SYSTEM']
    assert.equal(namesIn(world, 'snapshots/1/Files/Windows/System32/config'), hives)
    assert.equal(
      namesIn(world, 'snapshots/1/Hives'),
      ['DEFAULTUSER', ...hives.slice(1)].map((hive) => `${hive}_BASE`),
    )
    assert.is(textIn(world, 'snapshots/1/layout'), 'vhd-with-hives\n')
    for (const disk of ['blank-base.vhdx', 'blank.vhdx'])
      assert.equal(sizeOfDisk(world, `snapshots/1/${disk}`), { _tag: 'Right', right: 20n * gibibyte })
  })

  law('hives that are there are kept, whatever their spelling', (world) => {
    perform(world, create(1))
    change(world, 1, [], (content) => content.write('windows/SYSTEM32/config/software', 'mine'))
    perform(world, seal(1))
    assert.equal(namesIn(world, 'snapshots/1/Files'), ['windows'])
    assert.equal(namesIn(world, 'snapshots/1/Files/windows/SYSTEM32/config').includes('SOFTWARE'), false)
    assert.is(textIn(world, 'snapshots/1/Files/windows/SYSTEM32/config/software'), 'mine')
    assert.is(textIn(world, 'snapshots/1/Hives/SOFTWARE_BASE'), 'mine')
  })

  law("a layer with parents is a copy of the last parent's blank.vhdx", (world) => {
    addLayer(world, 1, [])
    addLayer(world, 2, [1])
    const made = perform(world, create(3, { parents: [2, 1] }))
    assert.is(effectiveOf(made), String(20n * gibibyte))
    assert.equal(namesIn(world, 'snapshots/3'), ['sandbox.vhdx'])
    const bytes = (path: string): Uint8Array => world.disk.read(path, 0, world.disk.lstat(path)?.size ?? 0)
    assert.equal(bytes('snapshots/3/sandbox.vhdx'), bytes('snapshots/1/blank.vhdx'))
    const { size, scratch } = usage(world, 3)
    assert.is(size, bytes('snapshots/1/blank.vhdx').length)
    assert.is(scratch, size)
    const { templates } = JSON.parse(textIn(world, 'meta/3.json')) as { templates: unknown }
    assert.equal(templates, { 'sandbox.vhdx': 'snapshots/1/blank.vhdx' })
  })

  law('a scratch grows to what is asked for, and never shrinks', (world) => {
    addLayer(world, 1, [])
    const asked: readonly (readonly [string | null, bigint])[] = [
      [null, 20n * gibibyte],
      ['0', 20n * gibibyte],
      [String(gibibyte), 20n * gibibyte],
      [String(20n * gibibyte + 1n), 20n * gibibyte + 1024n ** 2n],
      [String(40n * gibibyte), 40n * gibibyte],
      [String(64n * 1024n * gibibyte), 64n * 1024n * gibibyte],
    ]
    asked.forEach(([requested, effective], at) => {
      const layer = 10 + at
      assert.is(effectiveOf(perform(world, create(layer, { parents: [1], scratch: { requested } }))), String(effective))
      assert.equal(sizeOfDisk(world, `snapshots/${layer}/sandbox.vhdx`), { _tag: 'Right', right: effective })
    })
    const tooMuch = create(30, { parents: [1], scratch: { requested: String(64n * 1024n * gibibyte + 1n) } })
    const fault = failure(operations.perform(world, tooMuch))
    assert.equal([fault._tag, 'code' in fault && fault.code], ['BackendFault', 0x80070057])
  })

  law('what is in the way of a new layer is its own half-done work', (world) => {
    addLayer(world, 1, [])
    for (const path of ['snapshots/2/Files/junk', 'snapshots/rm-2', 'scratch/2/Files/junk', 'mounts/2/junk'])
      world.disk.mkdir(path)
    world.disk.write('snapshots/2/sandbox.vhdx', new Uint8Array(5_000_000))
    world.disk.write('tables/2.ndjson', new TextEncoder().encode('{"path":"Windows","deleted":true}\n'))
    perform(world, create(2, { parents: [1] }))
    assert.equal(sizeOfDisk(world, 'snapshots/2/sandbox.vhdx'), { _tag: 'Right', right: 20n * gibibyte })
    assert.is(usage(world, 2).size, usage(world, 2).scratch)
    perform(world, attach(2, [1]))
    assert.equal(contentOf(world, 2).list(''), ['Windows'])
  })

  law('a missing template is named', (world) => {
    perform(world, create(1, { purpose: 'unpack' }))
    perform(world, seal(1, { purpose: 'unpack' }))
    assert.equal(namesIn(world, 'snapshots/1'), [])
    const fault = failure(operations.perform(world, create(2, { parents: [1] })))
    assert.equal([fault._tag, 'code' in fault && fault.code], ['BackendFault', 0x80070002])
    assert.match(fault.message, /snapshots.1.blank\.vhdx/)
    perform(world, create(3, { parents: [1], purpose: 'unpack' }))
    assert.equal(namesIn(world, 'snapshots/3'), [])
  })

  law('a utility VM has disks of its own', (world) => {
    const machine = { parents: [1], scratch: { utilityVm: true } }
    perform(world, create(1))
    world.disk.mkdir('snapshots/1/UtilityVM/Files')
    const noStore = failure(operations.perform(world, seal(1)))
    assert.equal([noStore._tag, 'code' in noStore && noStore.code], ['BackendFault', 0x80070002])
    assert.match(noStore.message, /BCD/)
    assert.equal(namesIn(world, 'snapshots/1'), ['Files', 'UtilityVM'])
    world.disk.mkdir('snapshots/1/UtilityVM/Files/EFI/Microsoft/Boot')
    world.disk.write('snapshots/1/UtilityVM/Files/EFI/Microsoft/Boot/BCD', Uint8Array.of(1))
    perform(world, seal(1))
    for (const disk of ['SystemTemplateBase.vhdx', 'SystemTemplate.vhdx'])
      assert.equal(sizeOfDisk(world, `snapshots/1/UtilityVM/${disk}`), { _tag: 'Right', right: 10n * gibibyte })
    perform(world, create(2, machine))
    assert.equal(namesIn(world, 'snapshots/2'), ['sandbox.vhdx', 'vm'])
    assert.equal(sizeOfDisk(world, 'snapshots/2/vm/sandbox.vhdx'), { _tag: 'Right', right: 10n * gibibyte })
    assert.is(usage(world, 2).scratch, usage(world, 2).size)
    addLayer(world, 3, [])
    const none = failure(operations.perform(world, create(4, { ...machine, parents: [3] })))
    assert.equal([none._tag, 'code' in none && none.code], ['BackendFault', 0x80070002])
    assert.match(none.message, /snapshots.3.UtilityVM/)
  })

  law('a sealed child keeps its sandbox.vhdx, and its delta becomes Files', (world) => {
    addLayer(world, 1, [], (content) => content.write('base', 'base'))
    perform(world, create(2, { parents: [1] }))
    const before = usage(world, 2)
    const detached = change(world, 2, [1], (content) => {
      content.write('mine', '12345')
      content.remove('base')
    })
    assert.is(detached.type === 'LayerDetached' && detached.usage.size, before.size + 5)
    assert.equal(namesIn(world, 'snapshots/2'), ['sandbox.vhdx'])
    assert.equal(namesIn(world, 'scratch/2'), ['Files', 'deleted.ndjson'])
    perform(world, seal(2, { parents: [1] }))
    assert.equal(namesIn(world, 'snapshots/2'), ['Files', 'Hives', 'sandbox.vhdx'])
    assert.equal(namesIn(world, 'snapshots/2/Files'), ['mine'])
    assert.equal(namesIn(world, 'snapshots/2/Hives'), [])
    assert.is(textIn(world, 'tables/2.ndjson'), '{"path":"base","deleted":true}\n')
    assert.equal(namesIn(world, 'scratch'), [])
    assert.equal(usage(world, 2).size, before.size + 5)
    assert.equal(usage(world, 2).scratch, before.scratch)
    assert.equal(seen(world, [2, 1]), ['mine file "12345"'])
  })

  law('a seal that failed half-way leaves a scratch that can be attached and sealed', (world) => {
    addLayer(world, 1, [], (base) => base.write('a', 'a'))
    perform(world, create(2, { parents: [1] }))
    change(world, 2, [1], (content) => {
      content.remove('a')
      content.write('b', 'b')
    })
    world.disk.rename('scratch/2/deleted.ndjson', 'tables/2.ndjson')
    world.disk.rename('scratch/2/Files', 'snapshots/2/Files')
    change(world, 2, [1], (content) => {
      assert.equal(
        content.list('').filter((entry) => entry !== 'Windows'),
        ['b'],
      )
      content.write('c', 'c')
    })
    perform(world, seal(2, { parents: [1] }))
    assert.equal(seen(world, [2, 1]), ['b file "b"', 'c file "c"'])
  })

  law('a parentless layer that gains a parent is no base layer', (world) => {
    addLayer(world, 1, [], (content) => content.write('lower', 'l'))
    perform(world, create(2))
    change(world, 2, [], (content) => content.write('upper', 'u'))
    perform(world, seal(2, { parents: [1], madeParentless: true }))
    assert.equal(namesIn(world, 'snapshots/2'), ['Files', 'Hives'])
    assert.equal(namesIn(world, 'snapshots/2/Files'), ['upper'])
    assert.equal(seen(world, [2, 1]), ['lower file "l"', 'upper file "u"'])
  })

  law('usage counts a name each time and an inode once', (world) => {
    perform(world, create(1))
    change(world, 1, [], (content) => content.write('a', 'x'.repeat(10_000)))
    const before = usage(world, 1)
    assert.is(before.size, 10_000)
    assert.ok(before.onDisk >= 10_000 && before.onDisk < 30_000, String(before.onDisk))
    change(world, 1, [], (content) => {
      content.link('a', 'b')
      content.symlink('somewhere', 'c')
    })
    assert.equal(usage(world, 1), { size: 20_000, inodes: 0, onDisk: before.onDisk, scratch: 0 })
    const missing = failure(operations.usage(world, 7))
    assert.equal([missing._tag, 'code' in missing && missing.code], ['BackendFault', 0x80070002])
  })

  law('a sidecar says what a layer was', (world) => {
    addLayer(world, 1, [])
    perform(world, create(2, { parents: [1], kind: 'View' }))
    const sidecar = (layer: number): unknown => JSON.parse(textIn(world, `meta/${layer}.json`))
    const common = { log: thisLog, purpose: 'scratch', profile: 'bind', labels: { a: '1' } }
    assert.equal(sidecar(1), {
      ...common,
      id: 1,
      kind: 'Committed',
      name: 'name-1',
      parents: [],
      templates: { 'blank.vhdx': 'snapshots/1/blank-base.vhdx' },
    })
    assert.equal(sidecar(2), {
      ...common,
      id: 2,
      kind: 'View',
      name: 'key-2',
      parents: [1],
      templates: { 'sandbox.vhdx': 'snapshots/1/blank.vhdx' },
    })
  })

  law('retiring renames, destroying leaves nothing', (world) => {
    addLayer(world, 1, [], (content) => content.write('a', 'a'))
    perform(world, create(2, { parents: [1] }))
    change(world, 2, [1], (content) => content.remove('a'))
    perform(world, attach(2, [1]))
    contentOf(world, 2).write('lost', 'lost')
    perform(world, retire(2))
    assert.equal(namesIn(world, 'snapshots'), ['1', 'rm-2'])
    assert.is(failure(operations.read(world, 2, 'lost'))._tag, 'FailedPrecondition')
    perform(world, destroy(2))
    perform(world, create(3, { parents: [1] }))
    perform(world, attach(3, [1]))
    perform(world, destroy(3))
    assert.equal(namesIn(world, 'snapshots'), ['1'])
    for (const directory of ['scratch', 'mounts', 'tables']) assert.equal(namesIn(world, directory), [], directory)
    assert.equal(namesIn(world, 'meta'), ['1.json'])
    for (const again of [retire(2), destroy(2), destroy(77)]) perform(world, again)
  })
}

test.run()

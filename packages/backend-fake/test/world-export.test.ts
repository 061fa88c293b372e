import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { byBytes } from '../src/world/export-walk.js'
import { exportLayer } from '../src/world/export.js'
import { alone } from '../src/world/control.js'
import type { World } from '../src/world/world.js'
import { addLayer, attach, change, contentOf, create, detach, perform, seal } from './support/acts.js'
import { seen } from './support/listing.js'
import { exported, exporting, item, itemsOf, linesOf, tarOf, unpack } from './support/tars.js'
import { failure, grounds, hasSymlinks, onGround } from './support/worlds.js'

const isHive = (line: string): boolean => line.includes('Files/Windows')
const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text)

for (const [name, ground] of Object.entries(grounds)) {
  const hasLinks = name === 'memory' || hasSymlinks
  const law = (title: string, body: (world: World, reopen: () => World) => void): void =>
    test(`${name}: ${title}`, () => onGround(ground, ({ open }) => body(open(), open)))

  law('a parentless layer is all of its Files, with the hives once it is sealed', (world) => {
    perform(world, create(1))
    change(world, 1, [], (content) => {
      content.write('b/file', 'x')
      content.write('b-', 'sorts before what is in b')
      content.write('Z', 'sorts before b')
      content.write('empty', '')
      content.write('a\u{10000}', 'four bytes')
      content.write('a\uffee', 'three bytes')
      content.write('$RECYCLE.bin/x', 'dropped')
      if (hasLinks) content.symlink('C:\\x', 'link')
      content.link('b/file', 'second')
    })
    world.disk.setTime('snapshots/1/Files/b/file', 5_000_000_000n)
    perform(world, seal(1))
    const tar = exported(world, 1)
    const lines = linesOf(tar).filter((line) => !isHive(line))
    assert.equal(lines, [
      'directory Files',
      'file Files/Z "sorts before b"',
      'file Files/a\uffee "three bytes"',
      'file Files/a\u{10000} "four bytes"',
      'directory Files/b',
      'file Files/b/file "x"',
      'file Files/b- "sorts before what is in b"',
      'file Files/empty ""',
      ...(hasLinks ? ['symlink Files/link -> C:\\x'] : []),
      'link Files/second -> Files/b/file',
    ])
    assert.is(linesOf(tar).filter((line) => line.startsWith('file Files/Windows/System32/config/')).length, 5)
    const entryOf = (path: string): unknown => itemsOf(tar).find(({ entry }) => entry.name === path)?.entry
    const times = {
      created: 5_000_000_000n,
      accessed: 5_000_000_000n,
      modified: 5_000_000_000n,
      changed: 5_000_000_000n,
    }
    assert.equal(entryOf('Files/b/file'), {
      type: 'file',
      name: 'Files/b/file',
      attributes: 0x20,
      times,
      size: 1,
      hasData: true,
    })
    assert.equal((entryOf('Files/empty') as { readonly hasData: boolean }).hasData, false)
    if (hasLinks) assert.equal((entryOf('Files/link') as { readonly attributes: number }).attributes, 0x420)
  })

  law('a layer with parents is what it changed, its deletions behind their folder, and an empty Hives', (world) => {
    addLayer(world, 1, [], (content) => {
      for (const path of ['dir/gone', 'dir/kept', 'dir/sub/x', 'gone', 'Became', 'place/old'])
        content.write(path, 'of the base')
    })
    perform(world, create(2, { parents: [1] }))
    change(world, 2, [1], (content) => {
      content.remove('gone')
      content.remove('dir/gone')
      content.remove('dir/sub')
      content.write('dir/new', 'new')
      content.remove('Became')
      content.write('became', 'another spelling')
      content.remove('place')
    })
    change(world, 2, [1], (content) => content.write('place/new', 'new'))
    const lines = [
      'directory Files',
      'whiteout Files/gone',
      'file Files/became "another spelling"',
      'directory Files/dir',
      'whiteout Files/dir/gone',
      'whiteout Files/dir/sub',
      'file Files/dir/new "new"',
      'directory Files/place',
      'opaque Files/place',
      'file Files/place/new "new"',
      'directory Hives',
    ]
    const tar = exported(world, 2, [1])
    assert.equal(linesOf(tar), lines)
    perform(world, seal(2, { parents: [1] }))
    assert.is(Buffer.compare(exported(world, 2, [1]), tar), 0, 'sealing changes nothing of it')
    const timesOf = (path: string): unknown => {
      const entry = itemsOf(tar).find((one) => one.entry.name === path)?.entry
      return entry?.type === 'directory' ? entry.times : entry
    }
    assert.equal(timesOf('Hives'), timesOf('Files'))
    unpack(world, 3, [1], ...itemsOf(tar))
    assert.equal(seen(world, [3, 1]), seen(world, [2, 1]), 'unpacked, it shows the same')
    assert.is(Buffer.compare(exported(world, 3, [1]), tar), 0)
  })

  law('the same bytes each time, also from another process', (world, reopen) => {
    addLayer(world, 1, [], (content) => {
      for (const path of ['z', 'a', 'm/x', 'm/a']) content.write(path, path)
    })
    const tar = exported(world, 1)
    assert.is(Buffer.compare(exported(world, 1), tar), 0)
    assert.is(Buffer.compare(exported(reopen(), 1), tar), 0)
  })

  law('a layer that was never written to is Files as its parent has it', (world) => {
    unpack(world, 1, [], item.folder('Files', { attributes: 0x11, security: { bytes: Uint8Array.of(9) } }))
    perform(world, create(2, { parents: [1] }))
    perform(world, create(3, { parents: [1], kind: 'View' }))
    const [root, hives, ...more] = itemsOf(exported(world, 2, [1]))
    assert.equal(root?.entry, item.folder('Files', { attributes: 0x11, security: { bytes: Uint8Array.of(9) } }).entry)
    assert.equal([hives?.entry.name, more], ['Hives', []])
    assert.is(Buffer.compare(exported(world, 3, [1]), exported(world, 2, [1])), 0)
  })

  law('an unpack layer that nothing was applied to is an empty tar', (world) => {
    addLayer(world, 1, [])
    perform(world, create(2, { parents: [1], purpose: 'unpack' }))
    assert.equal(exported(world, 2, [1]), new Uint8Array(1024))
    perform(world, seal(2, { parents: [1], purpose: 'unpack' }))
    assert.equal(exported(world, 2, [1]), new Uint8Array(1024))
  })

  law('with an epoch every time is that one', (world) => {
    addLayer(world, 1, [], (content) => content.write('a', 'a'))
    unpack(world, 2, [1], item.folder('Files'), item.file('Files/a', 'b'), item.folder('Hives'))
    for (const [layer, parents] of [
      [1, []],
      [2, [1]],
    ] as const)
      for (const { entry } of itemsOf(exported(world, layer, parents, 7_000_000_000n)))
        assert.ok('times' in entry && Object.values(entry.times).every((time) => time === 7_000_000_000n), entry.name)
  })

  law('large files cross the borders of chunks', (world) => {
    perform(world, create(1))
    const bytes = new Uint8Array(1_000_000).map((_, at) => at % 253)
    for (const [file, length] of [
      ['a', 262_144 - 1536],
      ['b', 262_144],
      ['c', 999_999],
    ] as const)
      world.disk.write(`snapshots/1/Files/${file}`, bytes.subarray(0, length))
    for (const { entry, body } of itemsOf(exported(world, 1)).slice(1))
      assert.ok(entry.type === 'file' && Buffer.compare(body ?? bytes, bytes.subarray(0, entry.size)) === 0, entry.name)
  })

  law('a file that lost bytes, or has too many, is a fault that names it', (world) => {
    unpack(world, 1, [], item.folder('Files'), item.file('Files/one', 'twelve bytes'))
    for (const content of ['less', 'more than there were', '']) {
      world.disk.write('snapshots/1/Files/one', bytesOf(content))
      const fault = failure(exporting(world, 1, []).work)
      assert.equal([fault._tag, 'code' in fault && fault.code], ['BackendFault', 0x80070570])
      assert.match(fault.message, /snapshots.1.Files.one/)
    }
  })

  law('a damaged table is a fault that names it', (world) => {
    unpack(world, 1, [], item.folder('Files'), item.file('Files/one', 'one'))
    const table = new TextDecoder().decode(world.disk.read('tables/1.ndjson', 0, 10_000))
    const line = table.split('\n')[2] ?? ''
    const bad = [
      table.replace('"size":3', '"size":-3'),
      table.replace('"type":"file"', '"type":"fifo"'),
      table.replace(line, line.slice(0, -1)),
      table.slice(0, -1),
      `${table}null\n`,
      table.replace(/"times":\["\d+/, '"times":["x'),
    ]
    for (const [at, text] of bad.entries()) {
      world.disk.write('tables/1.ndjson', bytesOf(text))
      const fault = failure(exporting(world, 1, []).work)
      assert.equal([fault._tag, 'code' in fault && fault.code], ['BackendFault', 0x80070570], String(at))
      assert.match(fault.message, /tables.1\.ndjson is damaged in line \d/)
    }
  })

  law('what can not be exported is refused, and says why', (world) => {
    addLayer(world, 1, [])
    perform(world, create(2, { parents: [1] }))
    perform(world, attach(2, [1]))
    const attached = failure(exporting(world, 2, [1]).work)
    assert.equal([attached._tag, 'code' in attached && attached.code], ['BackendFault', 0x80070020])
    for (const bad of ['a:b', 'A', 'aux']) contentOf(world, 2).write(bad, '')
    contentOf(world, 2).write('a', '')
    perform(world, detach(2, [1]))
    const refused = failure(exporting(world, 2, [1]).work)
    assert.is(refused._tag, 'InvalidArgument')
    for (const part of ['"a:b"', '"A" and "a"', '"aux"', 'export of layer 2'])
      assert.ok(refused.message.includes(part), refused.message)
    const missing = failure(exporting(world, 9, []).work)
    assert.equal([missing._tag, 'code' in missing && missing.code], ['BackendFault', 0x80070002])
    assert.match(failure(exportLayer(world, { id: 1, parents: [] }, undefined, alone)).message, 'nobody')
  })
}

test('names in the order of their UTF-8 bytes', () => {
  const names = ['', 'a', 'a\u0000', 'ab', 'b', '\u00e4', '\ud7ff', '\ue000', '\uffff', '\u{10000}', '\u{10ffff}']
  for (const a of names)
    for (const b of names) {
      const expected = Buffer.compare(Buffer.from(a), Buffer.from(b))
      assert.is(Math.sign(byBytes(a, b)), expected, `${JSON.stringify(a)} and ${JSON.stringify(b)}`)
    }
})

test('an empty tar is what an encoder makes of nothing', () => {
  assert.equal(tarOf(), new Uint8Array(1024))
})

test.run()

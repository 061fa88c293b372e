import type { SnapshotId } from '@varve/core/ports'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { backendFault } from '@varve/core/ports'
import { operations } from '../src/world/operations.js'
import type { World } from '../src/world/world.js'
import { addLayer, create, destroy, namesIn, perform, retire, seal, textIn, usage } from './support/acts.js'
import { listing, seen } from './support/listing.js'
import {
  apply,
  arriving,
  exported,
  heldBy,
  importing,
  item,
  tarOf,
  timesAt,
  unpack,
  type Item,
} from './support/tars.js'
import { failure, grounds, onGround, run } from './support/worlds.js'

const { folder, file, symlink, link, stream, whiteout, opaque } = item

/** Everything that an entry can have. */
const rich: readonly Item[] = [
  folder('Files', { security: { bytes: Uint8Array.of(1, 0, 4, 128) } }),
  folder('Files/Windows', { attributes: 0x16, times: timesAt(-9_000_000_000) }),
  stream('Files/Windows', 'of a folder', 'streams of folders'),
  file('Files/Windows/notepad.exe', 'MZ', {
    attributes: 0x2027,
    extended: { '$KERNEL.PURGE': Uint8Array.of(0, 255), __proto__x: Uint8Array.of(7) },
    security: { bytes: new Uint8Array(300).fill(200) },
  }),
  stream('Files/Windows/notepad.exe', 'Zone.Identifier', '[ZoneTransfer]'),
  stream('Files/Windows/notepad.exe', 'empty', ''),
  link('Files/Windows/again.exe', 'Files/Windows/notepad.exe'),
  file('Files/empty', '', { hasData: true }),
  file('Files/emptier', ''),
  file(
    'Files/large',
    new Uint8Array(700_000).map((_, at) => at % 251),
  ),
  file('Files/n\u00e4me \u{1f600}', 'unicode', { security: { sddl: 'O:BAG:SYD:' } }),
  symlink('Files/link', 'C:\\Windows'),
  symlink('Files/junction', '\\\\?\\Volume{1}\\x', 'junction'),
  folder('Hives'),
  file('Hives/System_Delta', 'hive'),
]

const layers = (world: World, id: SnapshotId): readonly string[] =>
  listing(world.disk, `snapshots/${id}`).map((line) => line.slice(`snapshots/${id}/`.length))

for (const [name, ground] of Object.entries(grounds)) {
  const held = heldBy(name, rich)
  const law = (title: string, body: (world: World, reopen: () => World) => void): void =>
    test(`${name}: ${title}`, () => onGround(ground, ({ open }) => body(open(), open)))

  law('a tar comes out as it went in, whatever the size of its chunks', (world) => {
    addLayer(world, 1, [])
    const tar = tarOf(...held)
    for (const [at, length] of [7, 511, 512, 262_144].entries()) {
      const layer = 10 + at
      perform(world, create(layer, { parents: [1], purpose: 'unpack' }))
      const result = run(operations.perform(world, importing(layer, [1]), arriving(tar.slice(0), length)))
      assert.equal(result, { type: 'LayerImported', usage: usage(world, layer), entries: held.length })
      assert.equal(Buffer.compare(exported(world, layer, [1]), tar), 0, `chunks of ${length}`)
      perform(world, seal(layer, { parents: [1], purpose: 'unpack', applied: true }))
      assert.equal(Buffer.compare(exported(world, layer, [1]), tar), 0, 'sealed')
    }
  })

  law('files get their bytes and times, links are links, symlinks are kept as they are', (world) => {
    unpack(world, 1, [], ...held)
    assert.equal(
      layers(world, 1).filter((line) => /^Files(?!\/large)/.test(line) && !/[Cc]onfig|System32/.test(line)),
      [
        'Files directory',
        'Files/Windows directory',
        'Files/Windows/again.exe file "MZ" link 1',
        'Files/Windows/notepad.exe file "MZ" link 1',
        'Files/emptier file ""',
        'Files/empty file ""',
        ...(held === rich ? ['Files/junction symlink \\\\?\\Volume{1}\\x', 'Files/link symlink C:\\Windows'] : []),
        'Files/n\u00e4me \u{1f600} file "unicode"',
      ],
    )
    const { disk } = world
    assert.is(disk.lstat('snapshots/1/Files/large')?.size, 700_000)
    const modified = (path: string): bigint => (disk.lstat(`snapshots/1/${path}`)?.mtime ?? 0n) / 1_000n
    assert.is(modified('Files/large'), timesAt(1_100_000_000).modified / 1_000n)
    if (held === rich) assert.is(modified('Files/link'), timesAt(1_200_000_000).modified / 1_000n)
    assert.is(modified('Files'), timesAt(1_000_000_000).modified / 1_000n, 'a folder, after all that was made in it')
  })

  law('a base layer that was unpacked carries scratches', (world) => {
    unpack(
      world,
      1,
      [],
      folder('Files'),
      file('Files/a', 'a'),
      folder('Files/windows'),
      folder('Files/windows/SYSTEM32'),
    )
    assert.equal(namesIn(world, 'snapshots/1'), ['Files', 'Hives', 'blank-base.vhdx', 'blank.vhdx', 'layout'])
    assert.equal(namesIn(world, 'snapshots/1/Files/windows/SYSTEM32/config').length, 5)
    assert.equal(namesIn(world, 'scratch'), [])
    perform(world, create(2, { parents: [1] }))
    assert.equal(namesIn(world, 'snapshots/2'), ['sandbox.vhdx'])
  })

  law('hives that the tar brought are kept, also those that conversion would make', (world) => {
    const config = ['Files', 'Files/Windows', 'Files/Windows/System32', 'Files/Windows/System32/config']
    const tar = [
      ...config.map((path) => folder(path)),
      file('Files/Windows/System32/config/SAM', 'mine'),
      folder('Hives'),
      file('Hives/SAM_BASE', 'brought'),
    ]
    unpack(world, 1, [], ...tar)
    assert.is(textIn(world, 'snapshots/1/Files/Windows/System32/config/SAM'), 'mine')
    assert.is(textIn(world, 'snapshots/1/Hives/SAM_BASE'), 'brought')
    assert.is(Buffer.compare(exported(world, 1), tarOf(...tar)), 0)
  })

  law('an empty tar makes an empty layer', (world) => {
    unpack(world, 1, [])
    assert.is(Buffer.compare(exported(world, 1), tarOf()), 0)
    perform(world, create(2, { parents: [1] }))
    unpack(world, 3, [1])
    assert.equal(namesIn(world, 'snapshots/3'), [])
  })

  law('deletions hide what parents have, and nothing else', (world) => {
    addLayer(world, 1, [], (content) => {
      content.write('gone', 'x')
      content.write('kept', 'x')
      content.write('dir/a', 'a')
      content.write('dir/sub/b', 'b')
      content.write('opaque/old', 'old')
      content.write('opaque/deep/old', 'old')
      content.write('bare/old', 'old')
    })
    unpack(
      world,
      2,
      [1],
      folder('Files'),
      whiteout('Files/GONE'),
      whiteout('Files/dir/sub'),
      folder('Files/opaque'),
      opaque('Files/opaque'),
      file('Files/opaque/new', 'new'),
      opaque('Files/bare'),
    )
    assert.equal(seen(world, [2, 1]), [
      'bare directory',
      'dir directory',
      'dir/a file "a"',
      'kept file "x"',
      'opaque directory',
      'opaque/new file "new"',
    ])
    unpack(world, 3, [2, 1], folder('Files'), opaque('Files'), file('Files/only', 'only'))
    assert.equal(seen(world, [3, 2, 1]), ['only file "only"'])
  })

  law('folders that a tar leaves out are made', (world) => {
    unpack(world, 1, [], file('Files/a/b/c', 'c'), folder('Files/a'))
    assert.equal(
      layers(world, 1).filter((line) => line.startsWith('Files/a')),
      ['Files/a directory', 'Files/a/b directory', 'Files/a/b/c file "c"'],
    )
  })

  law("a link to a parent's file is a copy of it, found as Windows finds it", (world) => {
    addLayer(world, 1, [], (content) => {
      content.write('Windows/deep/file', 'of 1')
      content.write('hidden', 'of 1')
      content.write('both', 'of 1')
      content.symlink('Windows', 'shortcut')
      content.symlink('/etc', 'out')
    })
    unpack(world, 2, [1], folder('Files'), whiteout('Files/hidden'), file('Files/both', 'of 2'))
    unpack(
      world,
      3,
      [2, 1],
      folder('Files'),
      link('Files/one', 'Files/WINDOWS/Deep/FILE'),
      link('Files/two', 'Files/both'),
    )
    assert.is(textIn(world, 'snapshots/3/Files/one'), 'of 1')
    assert.is(textIn(world, 'snapshots/3/Files/two'), 'of 2')
    for (const path of ['snapshots/1/Files/Windows/deep/file', 'snapshots/2/Files/both', 'snapshots/3/Files/one'])
      assert.is(world.disk.lstat(path)?.links, 1, path)
    unpack(world, 5, [1], folder('Files'), opaque('Files'))
    perform(world, create(6, { parents: [5, 1], purpose: 'unpack' }))
    const hidden = tarOf(link('Files/x', 'Files/both'))
    assert.is(failure(operations.perform(world, importing(6, [5, 1]), arriving(hidden)))._tag, 'InvalidArgument')
    const targets = ['Files/hidden', 'Files/nowhere', 'Files/Windows', 'Files/shortcut/deep/file', 'Files/out/hostname']
    for (const target of targets) {
      perform(world, create(4, { parents: [2, 1], purpose: 'unpack' }))
      const tar = tarOf(folder('Files'), link('Files/x', target))
      const refused = failure(operations.perform(world, importing(4, [2, 1]), arriving(tar)))
      assert.is(refused._tag, 'InvalidArgument', target)
      assert.equal('entry' in refused && [refused.entry, refused.offset], ['Files/x', 1536], target)
      assert.equal(namesIn(world, 'snapshots/4'), [], target)
    }
  })

  law('a tar that fails leaves the layer empty and usable', (world) => {
    perform(world, create(1, { purpose: 'unpack' }))
    const before = listing(world.disk, '')
    const tar = tarOf(...held)
    const broken = tar.slice()
    broken[tar.length - 1024 - 512 - 512 - 512] = 0xff
    const cut = tar.slice(0, tar.length - 3_000)
    for (const bad of [broken, cut, tarOf(...held, whiteout('Files/x'))]) {
      const refused = failure(operations.perform(world, importing(1), arriving(bad, 4_000)))
      assert.is(refused._tag, 'InvalidArgument')
      assert.ok('offset' in refused)
      assert.equal(listing(world.disk, ''), before)
    }
    const fault = backendFault('the source went away', 0x80070015)
    const parts = [{ type: 'bytes', bytes: tar.slice(0, 5_000) } as const, { type: 'failed', failure: fault } as const]
    const failing = { isCancelled: () => false, inlet: { take: () => parts.shift() } }
    assert.is(failure(operations.perform(world, importing(1), failing)), fault)
    assert.equal(listing(world.disk, ''), before)
    assert.match(failure(operations.perform(world, importing(1))).message, 'no tar was given')
    apply(world, 1, [], ...held)
    assert.is(Buffer.compare(exported(world, 1), tar), 0)
  })

  law('a second run begins anew', (world, reopen) => {
    perform(world, create(1, { purpose: 'unpack' }))
    apply(world, 1, [], ...held)
    const next = reopen()
    apply(next, 1, [], folder('Files'), file('Files/other', 'other'))
    assert.equal(layers(next, 1), ['Files directory', 'Files/other file "other"'])
    assert.equal(namesIn(next, 'tables'), ['1.ndjson'])
    apply(next, 1, [], ...held)
    assert.equal(namesIn(next, 'tables'), ['1.ndjson', '1.streams'])
    for (const intent of [retire(1), destroy(1)]) perform(next, intent)
    for (const directory of ['snapshots', 'tables', 'scratch']) assert.equal(namesIn(next, directory), [], directory)
  })

  law('a layer whose directory is gone is not made again', (world) => {
    const fault = failure(operations.perform(world, importing(7), arriving(tarOf())))
    assert.equal([fault._tag, 'code' in fault && fault.code], ['BackendFault', 0x80070002])
    assert.match(fault.message, /snapshots.7/)
  })
}

test.run()

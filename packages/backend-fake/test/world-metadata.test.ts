import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { EntryTimes, LayerEntry } from '@varve/core/tar'
import type { World } from '../src/world/world.js'
import { addLayer, change, create, namesIn, perform, seal, textIn, type Content } from './support/acts.js'
import { exported, heldBy, item, itemsOf, linesOf, timesAt, unpack, type Item } from './support/tars.js'
import { grounds, onGround } from './support/worlds.js'

const { folder, file, symlink, link, stream } = item

const descriptor = (byte: number) => ({ security: { bytes: Uint8Array.of(1, 0, 4, 128, byte) } })
const extended = { extended: { 'A.NAME': Uint8Array.of(1, 2, 3) } }

/** A base layer whose entries all have what only Windows knows. */
const base: readonly Item[] = [
  folder('Files', descriptor(1)),
  folder('Files/dir', { ...descriptor(2), attributes: 0x2010 }),
  stream('Files/dir', 'note', 'of the folder'),
  file('Files/dir/file', 'before', { ...descriptor(3), ...extended, attributes: 0x2027 }),
  stream('Files/dir/file', 'first', 'one'),
  stream('Files/dir/file', 'second', 'two'),
  file('Files/other', 'other', { attributes: 0x1 }),
  link('Files/name', 'Files/dir/file'),
  symlink('Files/junction', 'C:\\x', 'junction'),
]

const entryCalled = (tar: Uint8Array, name: string): LayerEntry => {
  const found = itemsOf(tar).find(({ entry }) => entry.name === name && entry.type !== 'stream')
  if (found === undefined) throw new Error(`${name} is not in the tar`)
  return found.entry
}

const same = (times: EntryTimes): boolean => new Set(Object.values(times)).size === 1

/** Attributes, descriptor and extended attributes of an entry. */
const windowsOf = (entry: LayerEntry): unknown => {
  const { attributes, security, extended: names } = entry as Extract<LayerEntry, { readonly type: 'file' }>
  return { attributes, security, extended: names }
}

const written = (content: Content): void => {
  content.remove('name')
  content.write('name', 'after too')
  content.write('dir/file', 'after!')
  content.write('new', 'new')
}

for (const [name, ground] of Object.entries(grounds)) {
  const law = (title: string, body: (world: World) => void): void =>
    test(`${name}: ${title}`, () =>
      onGround(ground, ({ open }) => {
        const world = open()
        unpack(world, 1, [], ...heldBy(name, base))
        perform(world, create(2, { parents: [1] }))
        body(world)
      }))

  const holds = (tar: Uint8Array): void => {
    const changed = entryCalled(tar, 'Files/dir/file')
    assert.equal(windowsOf(changed), { ...descriptor(3), ...extended, attributes: 0x2027 })
    assert.ok(changed.type === 'file' && same(changed.times), 'only the times give way')
    assert.ok(changed.type === 'file' && changed.times.modified > timesAt(1_100_000_000).modified)
    const lines = linesOf(tar)
    const at = lines.indexOf('file Files/dir/file "after!"')
    assert.equal(lines.slice(at + 1, at + 3), [
      'stream Files/dir/file:first "one"',
      'stream Files/dir/file:second "two"',
    ])
    // Written to in place, so the folder's own time has not moved on.
    const dir = entryCalled(tar, 'Files/dir')
    assert.equal(windowsOf(dir), { ...descriptor(2), attributes: 0x2010, extended: undefined })
    assert.ok(lines.includes('stream Files/dir:note "of the folder"'))
    assert.equal(windowsOf(entryCalled(tar, 'Files/new')), {
      attributes: 0x20,
      security: undefined,
      extended: undefined,
    })
    const second = entryCalled(tar, 'Files/name')
    assert.is(second.type, 'file')
    assert.equal(
      windowsOf(second),
      { ...descriptor(3), ...extended, attributes: 0x2027 },
      'of the file it was a name of',
    )
    assert.equal(windowsOf(entryCalled(tar, 'Files')), { ...descriptor(1), attributes: 0x10, extended: undefined })
  }

  law(
    'what only Windows knows of an entry stays when it is changed, through attach, detach, commit, attach',
    (world) => {
      change(world, 2, [1], written)
      holds(exported(world, 2, [1]))
      for (let sitting = 0; sitting < 2; sitting++) {
        const before = exported(world, 2, [1])
        change(world, 2, [1], () => undefined)
        assert.is(Buffer.compare(exported(world, 2, [1]), before), 0, 'nothing was changed, nothing else is exported')
      }
      perform(world, seal(2, { parents: [1] }))
      holds(exported(world, 2, [1]))
      perform(world, create(3, { parents: [2, 1] }))
      change(world, 3, [2, 1], (content) => content.write('dir/file', 'third'))
      const third = entryCalled(exported(world, 3, [2, 1]), 'Files/dir/file')
      assert.equal(windowsOf(third), { ...descriptor(3), ...extended, attributes: 0x2027 })
    },
  )

  law('times stay where nothing moved them on', (world) => {
    change(world, 2, [1], (content) => content.write('dir/file', 'after!'))
    const tar = exported(world, 2, [1])
    const dir = entryCalled(tar, 'Files/dir')
    assert.equal(dir.type === 'directory' && dir.times, timesAt(1_000_000_000), 'to the last digit')
    change(world, 2, [1], (content) => content.write('dir/more', 'x'))
    const later = entryCalled(exported(world, 2, [1]), 'Files/dir')
    assert.ok(later.type === 'directory' && same(later.times), 'something new is in it')
    assert.equal(windowsOf(later), { ...descriptor(2), attributes: 0x2010, extended: undefined })
  })

  law('what is removed, or became something else, loses what was known of it', (world) => {
    change(world, 2, [1], (content) => {
      content.remove('dir/file')
      content.remove('other')
      content.write('other/inside', 'now a folder')
      content.remove('junction')
      content.symlink('elsewhere', 'junction')
    })
    change(world, 2, [1], (content) => content.write('dir/file', 'another one'))
    const tar = exported(world, 2, [1])
    assert.equal(windowsOf(entryCalled(tar, 'Files/dir/file')), {
      attributes: 0x20,
      security: undefined,
      extended: undefined,
    })
    assert.is(entryCalled(tar, 'Files/other').type, 'directory')
    assert.not(textIn(world, 'scratch/2/deleted.ndjson').includes('"Files/other"'), 'the row is gone')
    const junction = entryCalled(tar, 'Files/junction')
    assert.equal(junction.type === 'junction' && junction.target, 'elsewhere')
    assert.not(linesOf(tar).some((line) => line.startsWith('stream Files/dir/file')))
    assert.ok(linesOf(tar).includes('stream Files/name:first "one"'), 'its other name keeps what it has')
  })

  law('a new name of a file has what is known of the file, whichever name comes first', (world) => {
    change(world, 2, [1], (content) => {
      content.link('dir/file', 'a')
      content.link('name', 'z')
    })
    for (const sitting of [1, 2]) {
      const tar = exported(world, 2, [1])
      const said = { ...descriptor(3), ...extended, attributes: 0x2027 }
      assert.equal(windowsOf(entryCalled(tar, 'Files/a')), said, `sitting ${sitting}`)
      assert.ok(linesOf(tar).includes('stream Files/a:second "two"'))
      assert.is(entryCalled(tar, 'Files/z').type, 'link')
      change(world, 2, [1], () => undefined)
    }
  })

  law("a link to a parent's file keeps what that layer knows of it", (world) => {
    perform(world, create(3, { parents: [1], purpose: 'unpack' }))
    unpack(world, 3, [1], folder('Files'), link('Files/linked', 'Files/DIR/file'))
    perform(world, create(4, { parents: [3, 1] }))
    change(world, 4, [3, 1], (content) => content.write('linked', 'changed'))
    const tar = exported(world, 4, [3, 1])
    assert.equal(windowsOf(entryCalled(tar, 'Files/linked')), { ...descriptor(3), ...extended, attributes: 0x2027 })
    assert.ok(linesOf(tar).includes('stream Files/linked:second "two"'))
  })

  law('the table goes where the layer goes', (world) => {
    change(world, 2, [1], written)
    assert.equal(namesIn(world, 'scratch/2'), ['Files', 'deleted.ndjson', 'streams'])
    const table = textIn(world, 'scratch/2/deleted.ndjson')
    perform(world, seal(2, { parents: [1] }))
    assert.equal(namesIn(world, 'tables'), ['1.ndjson', '1.streams', '2.ndjson', '2.streams'])
    assert.is(textIn(world, 'tables/2.ndjson'), table)
  })

  law('deletions of an older version are read, also beside rows', (world) => {
    addLayer(world, 5, [1], (content) => content.remove('other'))
    assert.is(textIn(world, 'tables/5.ndjson').split('\n')[0], '{"path":"other","deleted":true}')
    world.disk.write('tables/5.ndjson', new TextEncoder().encode('{"path":"dir","deleted":true}\n'))
    perform(world, create(6, { parents: [5, 1] }))
    change(world, 6, [5, 1], (content) => {
      assert.equal(
        content.list('').filter((one) => one !== 'Windows' && one !== 'junction'),
        ['name', 'other'],
      )
    })
  })
}

test.run()

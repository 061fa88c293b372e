import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { operations } from '../src/world/operations.js'
import type { World } from '../src/world/world.js'
import { addLayer, change, create, perform, seal } from './support/acts.js'
import { listing, seen } from './support/listing.js'
import { arriving, exported, importing, item, tarOf } from './support/tars.js'
import { failure, grounds, onGround, run } from './support/worlds.js'

for (const [name, ground] of Object.entries(grounds)) {
  const law = (title: string, body: (world: World) => void): void =>
    test(`${name}: ${title}`, () => onGround(ground, ({ open }) => body(open())))

  law('names that Windows takes for one are refused at the seal, and nothing is changed', (world) => {
    addLayer(world, 1, [], (base) => base.write('Docs/Readme', 'base'))
    perform(world, create(2, { parents: [1] }))
    const bad = ['con', 'a:b', 'dot.', 'space ', 'What?', 'deep/er/NUL.txt']
    change(world, 2, [1], (content) => {
      content.write('Docs/README', 'child')
      content.write('docs/README', 'child')
      content.write('twice', '')
      content.write('TWICE', '')
      for (const path of bad) content.write(path, '')
    })
    const before = listing(world.disk, '')
    const refusal = failure(operations.perform(world, seal(2, { parents: [1] })))
    assert.is(refusal._tag, 'InvalidArgument')
    for (const part of ['"Docs" and "docs"', '"Docs/README" and "Docs/Readme"', '"TWICE" and "twice"', ...bad])
      assert.match(refusal.message, part)
    assert.not.match(refusal.message, '"docs/README" and')
    assert.match(refusal.message, /: invalid argument$/)
    assert.equal(listing(world.disk, ''), before)
    change(world, 2, [1], (content) => {
      for (const path of ['docs', 'TWICE', 'deep', ...bad.slice(0, 5)]) content.remove(path)
      content.remove('Docs/Readme')
    })
    perform(world, seal(2, { parents: [1] }))
    assert.equal(seen(world, [2, 1]), ['Docs directory', 'Docs/README file "child"', 'twice file ""'])
  })

  law('many bad names are counted', (world) => {
    perform(world, create(1))
    change(world, 1, [], (content) => {
      for (let at = 0; at < 25; at++) content.write(`bad-${at}.`, '')
    })
    assert.match(failure(operations.perform(world, seal(1))).message, 'and 5 more')
    assert.equal(world.disk.readdir('snapshots/1'), [{ name: 'Files', type: 'directory' }])
  })

  law('a layer that gains a parent at its seal is judged by that parent too', (world) => {
    addLayer(world, 1, [], (base) => base.write('Docs/Readme', 'base'))
    perform(world, create(2))
    change(world, 2, [], (content) => content.write('docs/other', 'own'))
    const rebase = seal(2, { parents: [1], madeParentless: true })
    assert.match(failure(operations.perform(world, rebase)).message, '"Docs" and "docs"')
    change(world, 2, [], (content) => content.rename('docs', 'Docs'))
    perform(world, rebase)
    assert.equal(seen(world, [2, 1]), ['Docs directory', 'Docs/Readme file "base"', 'Docs/other file "own"'])
  })
}

// Of the names that NTFS takes, those with more than 255 bytes of UTF-8 are none to Linux.
const testOnLinux = process.platform === 'linux' ? test : test.skip
const longNames = {
  'a name': tarOf(item.folder('Files'), item.file(`Files/${'\u00e4'.repeat(200)}`, 'x')),
  'a folder': tarOf(item.folder('Files'), item.folder(`Files/${'\u00e4'.repeat(200)}`)),
  'a link': tarOf(
    item.folder('Files'),
    item.file('Files/a', 'x'),
    item.link(`Files/${'\u00e4'.repeat(200)}`, 'Files/a'),
  ),
  'a path': tarOf(item.folder('Files'), item.file(`Files${`/${'p'.repeat(250)}`.repeat(20)}`, 'x')),
}

for (const [what, tar] of Object.entries(longNames)) {
  testOnLinux(
    `disk: ${what} that is too long for the host is a fault that names the entry; the layer stays empty`,
    () =>
      onGround(grounds.disk, ({ open }) => {
        const world = open()
        perform(world, create(1, { purpose: 'unpack' }))
        const before = listing(world.disk, '')
        const fault = failure(operations.perform(world, importing(1), arriving(tar)))
        assert.equal([fault._tag, 'code' in fault && fault.code], ['BackendFault', 0x800700ce], fault.message)
        assert.match(fault.message, /tar entry "Files\/[\u00e4p]{100,}.* at byte \d{3,}.* shorter .* in memory/)
        assert.equal(listing(world.disk, ''), before)
        run(
          operations.perform(world, importing(1), arriving(tarOf(item.folder('Files'), item.file('Files/short', 'x')))),
        )
        assert.equal(world.disk.readdir('snapshots/1/Files'), [{ name: 'short', type: 'file' }])
      }),
  )

  test(`memory: ${what} that NTFS holds is held`, () =>
    onGround(grounds.memory, ({ open }) => {
      const world = open()
      perform(world, create(1, { purpose: 'unpack' }))
      run(operations.perform(world, importing(1), arriving(tar)))
      assert.equal(Buffer.compare(exported(world, 1), tar), 0)
    }))
}

testOnLinux('disk: a name that is written through attach is a fault that says the same', () =>
  onGround(grounds.disk, ({ open }) => {
    const world = open()
    perform(world, create(1))
    change(world, 1, [], (content) =>
      assert.throws(() => content.write('\u00e4'.repeat(200), ''), /shorter .* in memory/),
    )
  }),
)

test.run()

import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { operations } from '../src/world/operations.js'
import type { World } from '../src/world/world.js'
import { addLayer, change, create, perform, seal } from './support/acts.js'
import { listing, seen } from './support/listing.js'
import { failure, grounds, onGround } from './support/worlds.js'

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

test.run()

import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { claim, quarantine } from '../src/world/open.js'
import type { World } from '../src/world/world.js'
import { addLayer, attach, change, create, namesIn, perform, retire, textIn } from './support/acts.js'
import { listing } from './support/listing.js'
import { failure, grounds, onGround, run, thisLog } from './support/worlds.js'

for (const [name, ground] of Object.entries(grounds)) {
  const law = (title: string, body: (world: World, reopen: () => World) => void): void =>
    test(`${name}: ${title}`, () => onGround(ground, ({ open }) => body(open(), open)))

  law('a root belongs to one log', (world, reopen) => {
    const other = 'a1e5c0de-0000-4000-8000-000000000002'
    const fault = failure(claim(world, other))
    assert.is(fault._tag, 'BackendFault')
    assert.match(fault.message, thisLog)
    assert.match(fault.message, other)
    world.disk.write('varve.json', new TextEncoder().encode('{"log":'))
    assert.match(failure(claim(world, thisLog)).message, 'varve.json')
    world.disk.unlink('varve.json')
    reopen()
    assert.is(textIn(world, 'varve.json'), `{"log":"${thisLog}"}\n`)
  })

  law('what no record claims is moved to quarantine with all that belongs to it', (world, reopen) => {
    addLayer(world, 1, [])
    perform(world, create(2, { parents: [1] }))
    change(world, 2, [1], (content) => content.write('mine', 'mine'))
    perform(world, attach(2, [1]))
    perform(world, create(3))
    perform(world, retire(3))
    world.disk.mkdir('snapshots/not-a-layer')
    const again = reopen()
    const found = run(claim(again, thisLog)).toSorted((a, b) => a.id - b.id)
    assert.equal(found, [
      { id: 1, retired: false },
      { id: 2, retired: false },
      { id: 3, retired: true },
    ])
    assert.equal(run(quarantine(again, found.slice(1))), ['2-1', 'rm-3-1'])
    assert.equal(namesIn(again, 'snapshots'), ['1', 'not-a-layer'])
    assert.equal(namesIn(again, 'quarantine'), [
      '2-1',
      '2-1.json',
      '2-1.mount',
      '2-1.mount.ndjson',
      '2-1.scratch',
      'rm-3-1',
      'rm-3-1.json',
    ])
    assert.equal(listing(again.disk, 'quarantine/2-1.scratch'), [
      'quarantine/2-1.scratch/Files directory',
      'quarantine/2-1.scratch/Files/mine file "mine"',
    ])
    perform(again, create(2))
    assert.equal(run(quarantine(again, [{ id: 2, retired: false }])), ['2-2'])
  })

  law('half-built things are deleted at opening', (world, reopen) => {
    for (const path of ['mounts/7.tmp', 'mounts/8.gone', 'scratch/9.tmp']) world.disk.mkdir(`${path}/deep`)
    world.disk.write('scratch/9.part', new Uint8Array(1))
    world.disk.mkdir('scratch/9.new')
    reopen()
    assert.equal(namesIn(world, 'mounts'), [])
    assert.equal(namesIn(world, 'scratch'), ['9.new'])
  })
}

test.run()

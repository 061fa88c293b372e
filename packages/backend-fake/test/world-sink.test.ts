import type { LayerEntry } from '@varve/core/tar'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { openSink } from '../src/world/sink.js'
import type { World } from '../src/world/world.js'
import { create, perform } from './support/acts.js'
import { listing } from './support/listing.js'
import { heldBy, importing, item, unpack, type Item } from './support/tars.js'
import { failure, grounds, onGround, run } from './support/worlds.js'

const { folder, file, link, symlink, junctions } = { ...item, junctions: 'junction' as const }

/** Gives a sink entries that a decoder would have refused; the last one has to be refused here. */
const refusedAfter = (world: World, items: readonly Item[], last: LayerEntry) => {
  const sink = run(openSink(world, importing(2, [1])))
  try {
    for (const { entry, body } of items) {
      run(sink.add(entry, 0))
      if (body !== undefined && body.length > 0) sink.write(body)
    }
    return failure(sink.add(last, 512))
  } finally {
    sink.abort()
  }
}

for (const [name, ground] of Object.entries(grounds))
  test(`${name}: nothing is written through what is no folder, whatever comes before`, () => {
    const last = (path: string): LayerEntry => file(path, 'x').entry
    const cases: readonly (readonly [items: readonly Item[], last: LayerEntry])[] = [
      [[symlink('Files/out', '..')], last('Files/out/escaped')],
      [[symlink('Files/out', '/tmp')], last('Files/out/deep/escaped')],
      [[symlink('Files/out', '../../../1', junctions)], folder('Files/out/made').entry],
      [[symlink('Files/out', '../../../1')], link('Files/out/made', 'Files/in the parent').entry],
      [[symlink('Files/out', '../../../1/Files')], link('Files/got', 'Files/out/in the parent').entry],
      [[symlink('Files/out', '../../../1')], symlink('Files/out/made', 'x').entry],
      [[symlink('Files/out', '../../../1')], { type: 'opaque', name: 'Files/out' }],
      [[file('Files/a', 'a')], last('Files/a/b')],
      [[folder('Files/a'), file('Files/a/b', 'b'), link('Files/c', 'Files/a/b')], last('Files/c/d')],
      [[symlink('Files', '../1/Files')], last('Files/in the parent too')],
    ]
    for (const [items, entry] of cases.filter(([before]) => heldBy(name, before).length === before.length))
      onGround(ground, ({ open }) => {
        const world = open()
        unpack(world, 1, [], folder('Files'), file('Files/in the parent', 'kept'))
        perform(world, create(2, { parents: [1], purpose: 'unpack' }))
        const before = listing(world.disk, '', /^(?:snapshots\/2|scratch)\//)
        const refused = refusedAfter(world, items, entry)
        assert.is(refused._tag, 'InvalidArgument', `${entry.name}: ${refused.message}`)
        assert.equal('entry' in refused && [refused.entry, refused.offset], [entry.name, 512])
        assert.equal(listing(world.disk, '', /^(?:snapshots\/2|scratch)\//), before, 'nothing else has changed')
      })
  })

test.run()

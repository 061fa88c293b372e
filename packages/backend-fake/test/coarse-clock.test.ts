import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { memoryDisk } from '../src/memory/disk.js'
import { claim } from '../src/world/open.js'
import type { Disk, Stat } from '../src/world/disk.js'
import { operations } from '../src/world/operations.js'
import { makeWorld } from '../src/world/world.js'
import { addLayer, attach, change, contentOf, create, perform } from './support/acts.js'
import { failure, now, run, thisLog } from './support/worlds.js'

/** A disk whose clock ticks once in a while, as that of a real file system does. */
const coarse = (disk: Disk, changesPerTick: bigint): Disk => ({
  ...disk,
  lstat: (path) => {
    const stat = disk.lstat(path)
    return stat && ({ ...stat, ctime: stat.ctime / changesPerTick } satisfies Stat)
  },
})

const layout = { root: 'C:\\varve', separator: '\\' } as const

test('a change within the tick in which the tree was built is seen', () => {
  const world = makeWorld(layout, coarse(memoryDisk(now), 1_000n), now)
  run(claim(world, thisLog))
  addLayer(world, 1, [], (base) => base.write('file', 'before'))
  perform(world, create(2, { parents: [1] }))
  change(world, 2, [1], (content) => content.write('file', 'after!'))
  perform(world, attach(2, [1]))
  assert.is(contentOf(world, 2).read('file'), 'after!')
})

test('a clock that stands still is a fault, not a wait for ever', () => {
  let time = now()
  const turning = (): bigint => (time += 100_000_000n)
  const world = makeWorld(layout, coarse(memoryDisk(now), 10n ** 12n), turning)
  run(claim(world, thisLog))
  addLayer(world, 1, [])
  perform(world, create(2, { parents: [1] }))
  assert.match(failure(operations.perform(world, attach(2, [1]))).message, 'stands still')
})

test('a process that was stopped for long does not take the clock for one that stands still', () => {
  let time = 0n
  const memory = memoryDisk(now)
  const disk: Disk = {
    ...memory,
    lstat: (path) => {
      const stat = memory.lstat(path)
      return stat && { ...stat, ctime: path.endsWith('.probe') ? time : 0n }
    },
  }
  const world = makeWorld(layout, disk, now)
  run(claim(world, thisLog))
  addLayer(world, 1, [])
  perform(world, create(2, { parents: [1] }))
  const moments = [0n, 60_000_000_000n]
  const turning = (): bigint => (time = moments.shift() ?? time)
  assert.equal(run(operations.perform({ ...world, now: turning }, attach(2, [1]))), { type: 'LayerAttached' })
})

test.run()

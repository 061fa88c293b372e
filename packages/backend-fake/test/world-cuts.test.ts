import * as E from 'fp-ts/lib/Either.js'
import type { Intent } from '@varve/core/ports'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { operations } from '../src/world/operations.js'
import type { World } from '../src/world/world.js'
import { addLayer, attach, change, contentOf, create, destroy, detach, perform, retire, seal } from './support/acts.js'
import { listing } from './support/listing.js'
import { grounds, hasSymlinks, onGround, outcomeOf, type Ground } from './support/worlds.js'

/** An intent, and the world it is performed in. */
type Scenario = { readonly prepare: (world: World) => void; readonly intent: Intent }

const base = (world: World): void =>
  addLayer(world, 1, [], (content) => {
    content.write('kept', 'kept')
    content.write('gone/a', 'a')
    content.write('linked', 'l')
    content.link('linked', 'again')
    content.write('became/file', 'x')
  })

const scratch = (world: World): void => {
  base(world)
  perform(world, create(2, { parents: [1] }))
}

const changed = (world: World): void => {
  change(world, 2, [1], (content) => {
    content.remove('gone')
    content.write('mine/deep', 'first')
    content.link('mine/deep', 'mine/too')
    content.write('dropped', 'later')
  })
}

const written = (world: World): void => {
  scratch(world)
  changed(world)
  perform(world, attach(2, [1]))
  const content = contentOf(world, 2)
  content.write('gone/b', 'back')
  content.remove('dropped')
  content.remove('became')
  content.write('became', 'a file')
  content.write('linked', 'both')
  if (hasSymlinks) content.symlink('kept', 'link')
}

const scenarios: Readonly<Record<string, Scenario>> = {
  'creating a parentless layer': { prepare: () => undefined, intent: create(1) },
  'creating a scratch': { prepare: base, intent: create(2, { parents: [1] }) },
  'creating a larger scratch for a utility VM': {
    prepare: (world) => {
      perform(world, create(1))
      world.disk.mkdir('snapshots/1/UtilityVM/Files/EFI/Microsoft/Boot')
      world.disk.write('snapshots/1/UtilityVM/Files/EFI/Microsoft/Boot/BCD', Uint8Array.of(1))
      perform(world, seal(1))
    },
    intent: create(2, { parents: [1], scratch: { utilityVm: true, requested: String(30n * 1024n ** 3n) } }),
  },
  'sealing a base layer': {
    prepare: (world) => {
      perform(world, create(1))
      change(world, 1, [], (content) => content.write('windows/a', 'a'))
    },
    intent: seal(1),
  },
  'sealing a child': {
    prepare: (world) => {
      scratch(world)
      changed(world)
    },
    intent: seal(2, { parents: [1] }),
  },
  'sealing a child that nobody wrote to': { prepare: scratch, intent: seal(2, { parents: [1] }) },
  'sealing a parentless layer that gains a parent': {
    prepare: (world) => {
      base(world)
      perform(world, create(2))
    },
    intent: seal(2, { parents: [1], madeParentless: true }),
  },
  'attaching a parentless layer': { prepare: (world) => perform(world, create(1)), intent: attach(1) },
  'attaching a scratch': {
    prepare: (world) => {
      scratch(world)
      changed(world)
    },
    intent: attach(2, [1]),
  },
  'detaching a parentless layer': {
    prepare: (world) => {
      perform(world, create(1))
      perform(world, attach(1))
    },
    intent: detach(1),
  },
  'detaching a scratch': { prepare: written, intent: detach(2, [1]) },
  'retiring an attached scratch': { prepare: written, intent: retire(2) },
  'destroying a scratch': {
    prepare: (world) => {
      written(world)
      perform(world, retire(2))
    },
    intent: destroy(2),
  },
}

/**
 * What has to be the same: everything but manifests of merged trees, which name inodes and times, and dropped trees, which
 * go at the next opening.
 */
const stateOf = (world: World): readonly string[] => listing(world.disk, '', /^mounts\/\d+\.(?:ndjson|gone)$/)

const contentAfter = (world: World): readonly string[] => {
  if (world.disk.lstat('snapshots/2/sandbox.vhdx') === undefined || world.disk.lstat('snapshots/2/Files') !== undefined)
    return []
  perform(world, attach(2, [1]))
  const shown = listing(world.disk, 'mounts/2')
  perform(world, detach(2, [1]))
  return shown
}

type Ending = { readonly state: readonly string[]; readonly shown: readonly string[] }

const endingOf = (world: World): Ending => ({ state: stateOf(world), shown: contentAfter(world) })

const endingOnce = (make: () => Ground, { prepare, intent }: Scenario): Ending => {
  let ending: Ending | undefined
  onGround(make, ({ open }) => {
    const world = open()
    prepare(world)
    perform(world, intent)
    ending = endingOf(world)
  })
  if (ending === undefined) throw new Error('the scenario did not run')
  return ending
}

/** Cuts the intent after some steps; then the process lives on, or another one opens the root. Answers whether it was cut. */
const cutAt = (make: () => Ground, { prepare, intent }: Scenario, steps: number, expected: Ending): boolean => {
  let wasCut = false
  onGround(make, ({ open }) => {
    const world = open()
    prepare(world)
    wasCut = E.isLeft(outcomeOf(operations.perform(world, intent), steps))
    const next = steps % 2 === 0 ? world : open()
    perform(next, intent)
    assert.equal(endingOf(next), expected, `after ${steps} steps`)
  })
  return wasCut
}

/** Renames a directory away, cuts the detach, renames it back, detaches. Answers whether the detach was cut. */
const renamedBack = (make: () => Ground, steps: number): boolean => {
  let wasCut = false
  onGround(make, ({ open }) => {
    const world = open()
    scratch(world)
    perform(world, attach(2, [1]))
    contentOf(world, 2).rename('gone', 'away')
    wasCut = E.isLeft(outcomeOf(operations.perform(world, detach(2, [1])), steps))
    if (!world.attached.has(2)) return
    contentOf(world, 2).rename('away', 'gone')
    perform(world, detach(2, [1]))
    perform(world, attach(2, [1]))
    assert.equal(contentOf(world, 2).list('gone'), ['a'], `after ${steps} steps`)
    assert.not(contentOf(world, 2).list('').includes('away'))
  })
  return wasCut
}

/** Every cut in memory; on the host's disk, where each takes its time, one of a few. */
const stride = { memory: 1, disk: process.platform === 'win32' ? 35 : 7 } as const

for (const [name, make] of Object.entries(grounds)) {
  test(`${name}: what goes on in a tree whose detach was cut is not lost`, () => {
    let steps = 0
    while (renamedBack(make, steps)) steps++
    assert.ok(steps > 10, 'it was hardly ever cut')
  })

  for (const [title, scenario] of Object.entries(scenarios)) {
    test(`${name}: ${title}: twice is as once`, () => {
      const expected = endingOnce(make, scenario)
      onGround(make, ({ open }) => {
        const world = open()
        scenario.prepare(world)
        perform(world, scenario.intent)
        perform(world, scenario.intent)
        assert.equal(endingOf(world), expected)
      })
    })

    test(`${name}: ${title}: cut anywhere and done again is as once`, () => {
      const expected = endingOnce(make, scenario)
      let steps = 0
      while (cutAt(make, scenario, steps, expected)) steps += stride[name as keyof typeof stride]
      assert.ok(steps > 0, 'it was never cut')
    })
  }
}

test.run()

import * as E from 'fp-ts/lib/Either.js'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { operations } from '../src/world/operations.js'
import { addLayer, attach, change, contentOf, create, detach, perform, retire } from './support/acts.js'
import { endingOf, endingOnce, scenarios, scratch, type Ending, type Scenario } from './support/scenarios.js'
import { exported, linesOf } from './support/tars.js'
import { grounds, onGround, outcomeOf, type Ground } from './support/worlds.js'

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

/**
 * Deletes a file, later its folder, cuts the detach, makes the folder anew or not, detaches. Answers whether the detach was cut.
 */
const deletedTwice = (make: () => Ground, isMadeAnew: boolean, steps: number): boolean => {
  let wasCut = false
  onGround(make, ({ open }) => {
    const world = open()
    addLayer(world, 1, [], (content) => content.write('folder/deep/file', 'of the parent'))
    perform(world, create(2, { parents: [1] }))
    change(world, 2, [1], (content) => content.remove('folder/deep/file'))
    perform(world, attach(2, [1]))
    contentOf(world, 2).remove('folder')
    wasCut = E.isLeft(outcomeOf(operations.perform(world, detach(2, [1])), steps))
    if (!world.attached.has(2)) return
    if (isMadeAnew) contentOf(world, 2).write('folder/deep/other', 'mine')
    perform(world, detach(2, [1]))
    const deleted = linesOf(exported(world, 2, [1])).filter((line) => line.startsWith('whiteout'))
    assert.equal(deleted, [`whiteout Files/folder${isMadeAnew ? '/deep/file' : ''}`], `after ${steps} steps`)
    if (!isMadeAnew) return
    perform(world, attach(2, [1]))
    assert.equal(contentOf(world, 2).list('folder/deep'), ['other'], `after ${steps} steps`)
  })
  return wasCut
}

/** Cuts the retire of an attached layer, writes to it as whoever has it attached may, needs it again. Answers whether it was cut. */
const retiredInUse = (make: () => Ground, steps: number): boolean => {
  let wasCut = false
  onGround(make, ({ open }) => {
    const world = open()
    perform(world, create(1))
    perform(world, attach(1))
    contentOf(world, 1).write('before', 'b')
    wasCut = E.isLeft(outcomeOf(operations.perform(world, retire(1)), steps))
    if (!wasCut) return
    const write = E.tryCatch(
      () => contentOf(world, 1).write('after/deep', 'a'),
      (cause) => cause,
    )
    perform(world, detach(1))
    perform(world, attach(1))
    assert.equal(
      contentOf(world, 1).list(''),
      [...(E.isRight(write) ? ['after'] : []), 'before'],
      `after ${steps} steps`,
    )
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

  test(`${name}: an attached layer whose retire was cut is one directory, whatever is written to it`, () => {
    let steps = 0
    while (retiredInUse(make, steps)) steps++
    assert.ok(steps > 1, 'it was hardly ever cut')
  })

  for (const isMadeAnew of [false, true])
    test(`${name}: what was deleted stays so when a detach is cut, its folder ${isMadeAnew ? 'made anew' : 'gone'}`, () => {
      let steps = 0
      while (deletedTwice(make, isMadeAnew, steps)) steps += stride[name as keyof typeof stride]
      assert.ok(steps > 5, 'it was hardly ever cut')
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

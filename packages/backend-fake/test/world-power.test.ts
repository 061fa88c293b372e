import * as E from 'fp-ts/lib/Either.js'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { claim } from '../src/world/open.js'
import { operations } from '../src/world/operations.js'
import { makeWorld } from '../src/world/world.js'
import { perform } from './support/acts.js'
import { endingOf, endingOnce, scenarios, type Ending, type Scenario } from './support/scenarios.js'
import { outcomeOf, poweredGround, run, thisLog, now, type PoweredGround } from './support/worlds.js'

type Way = { readonly names: number; readonly fate: number }

/** Ways in which the power can go: few, most or all changes of names are lost, and the content of no file or of all. */
const waysOf = ({ unsynced }: PoweredGround): readonly Way[] => {
  const { names } = unsynced()
  const ways = [
    [0, 1],
    [0, 2],
    [0, 3],
    [1, 1],
    [1, 3],
    [names >> 1, 0],
    [names >> 1, 2],
    [names, 1],
  ] as const
  return ways.filter((way) => way[0] <= names).map((way) => ({ names: way[0], fate: way[1] }))
}

/** What happened up to some step, every time anew. */
const upTo = (
  { prepare, intent }: Scenario,
  steps: number,
): { readonly ground: PoweredGround; readonly wasCut: boolean } => {
  const ground = poweredGround()
  const world = ground.open()
  prepare(world)
  ground.disk.sync()
  const wasCut = E.isLeft(outcomeOf(operations.perform(world, intent), steps))
  return { ground, wasCut }
}

/** The power goes after some steps, in every way; the next process does it again. */
const powerGoesAt = (scenario: Scenario, steps: number, expected: Ending): boolean => {
  const { ground, wasCut } = upTo(scenario, steps)
  for (const way of waysOf(ground)) {
    const again = upTo(scenario, steps).ground
    again.lose(way.names, () => way.fate)
    const world = again.open()
    perform(world, scenario.intent)
    assert.equal(endingOf(world), expected, `${steps} steps, ${JSON.stringify(way)}`)
  }
  return wasCut
}

for (const [title, scenario] of Object.entries(scenarios)) {
  test(`${title}: power that goes at any moment, in any way, changes nothing once it is done again`, () => {
    const expected = endingOnce(poweredGround, scenario)
    let steps = 0
    while (powerGoesAt(scenario, steps, expected)) steps++
    assert.ok(steps > 0, 'it was never cut')
  })

  if (scenario.intent.type === 'AttachLayer') continue
  test(`${title}: what was answered survives loss of power`, () => {
    const expected = endingOnce(poweredGround, scenario)
    const { ground } = upTo(scenario, Infinity)
    for (const way of waysOf(ground)) {
      const again = upTo(scenario, Infinity).ground
      again.lose(way.names, () => way.fate)
      assert.equal(endingOf(again.open()), expected, JSON.stringify(way))
    }
  })
}

test('power that goes while a root is taken for the first time leaves one that can be taken', () => {
  for (let steps = 0; steps < 8; steps++) {
    for (let way = 0; way < 64; way++) {
      const { disk, layout, losePower } = poweredGround()
      outcomeOf(claim(makeWorld(layout, disk, now), thisLog), steps)
      losePower(way)
      run(claim(makeWorld(layout, disk, now), thisLog))
    }
  }
})

test.run()

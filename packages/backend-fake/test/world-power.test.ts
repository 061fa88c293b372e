import * as E from 'fp-ts/lib/Either.js'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { claim } from '../src/world/open.js'
import { operations } from '../src/world/operations.js'
import { makeWorld } from '../src/world/world.js'
import { perform } from './support/acts.js'
import { endingOf, endingOnce, scenarios, type Ending, type Scenario } from './support/scenarios.js'
import { outcomeOf, poweredGround, run, thisLog, now, type PoweredGround } from './support/worlds.js'

/** Ways of losing power that are tried at one moment, if there are more. */
const mostWays = 6

/** Every way in which the power can go, or some of them, spread out. */
const waysOf = ({ losses }: PoweredGround): readonly number[] => {
  const count = losses()
  if (count <= mostWays) return Array.from({ length: count }, (_, way) => way)
  const last = Math.min(count, 0x1_0000_0000) - 1
  return Array.from({ length: mostWays }, (_, at) => Math.round((last * at) / (mostWays - 1)))
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
    again.losePower(way)
    const world = again.open()
    perform(world, scenario.intent)
    assert.equal(endingOf(world), expected, `${steps} steps, way ${way} of ${ground.losses()}`)
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
      again.losePower(way)
      assert.equal(endingOf(again.open()), expected, `way ${way} of ${ground.losses()}`)
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

import { randomInt } from 'node:crypto'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { checkDamage, damages, diceFrom } from '@varve/core/conformance'
import { closedWorld, copyOf, subjectOn } from './support/fsck.js'

const seed = Number(process.env['VARVE_SEED'] ?? randomInt(2 ** 31))
const count = Number(process.env['VARVE_FSCK_SEEDS'] ?? 500)
console.log(`fsck.test.js: VARVE_SEED=${seed}`)

const test = suite('fsck')

test(`${damages.length} kinds of damage on each of ${count} worlds in memory`, async () => {
  const planted = new Map(damages.map(({ name }) => [name, 0]))
  for (let at = 0; at < count; at++) {
    const { remains, layers } = await closedWorld(seed + at)
    const healthy = await subjectOn(copyOf(remains)).check()
    assert.equal(healthy.findings, [], `seed ${seed + at}: false alarms`)
    for (const damage of damages) {
      try {
        const done = await checkDamage(subjectOn(copyOf(remains)), damage, layers, diceFrom(seed + at))
        if (done) planted.set(damage.name, (planted.get(damage.name) ?? 0) + 1)
      } catch (cause) {
        throw new Error(`VARVE_SEED=${seed + at}, ${damage.name}: ${String(cause)}`, { cause })
      }
    }
  }
  console.log([...planted].map(([name, times]) => `  ${String(times).padStart(4)}  ${name}`).join('\n'))
})

test.run()

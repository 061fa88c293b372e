import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { problemOf } from '../src/simulate/case-problem.js'
import type { Case } from '../src/simulate/case.js'
import { recording, seededChooser } from '../src/simulate/chooser.js'
import type { Machine } from '../src/simulate/machine.js'
import { play } from '../src/simulate/run.js'
import { shrink } from '../src/simulate/shrink.js'
import { simulate } from '../src/simulate/simulate.js'

/** A disk that forgets to sync. */
const onMachine = ({ disk }: Machine): void => void Object.assign(disk.disk, { sync: () => undefined })

const failing = async (seed: number) => {
  const chooser = recording(seededChooser({ seed, steps: 600, chances: { powerLoss: 0.01, slow: 0.05 } }), 'bind', 3)
  const { verdict } = await play({ chooser, profile: 'bind', clients: 3, onMachine })
  return { case: chooser.recorded(), verdict }
}

const commandsIn = ({ clients }: Case): number => clients.flat().length

const again = (one: Case) => simulate({ case: one })

for (const seed of [1, 3, 5])
  test(`what seed ${seed} does to a disk that forgets to sync is made small, and fails the same`, async () => {
    const { case: whole, verdict } = await failing(seed)
    if (verdict === 'held') return assert.unreachable('it held')
    const shrunk = await shrink(whole, { onMachine })
    assert.ok(shrunk !== undefined)
    assert.is(shrunk.violation.checker, verdict.checker)
    assert.ok(commandsIn(shrunk.case) <= 4, JSON.stringify(shrunk.case))
    assert.ok(shrunk.case.faults.length <= 2, JSON.stringify(shrunk.case))
    assert.ok(shrunk.runs <= 2_001)
    const read = JSON.parse(JSON.stringify(shrunk.case)) as Case
    assert.is(problemOf(read), undefined)
    assert.is((await shrink(read, { onMachine, runs: 0 }))?.violation.message, shrunk.violation.message)
    assert.is((await again(read)).verdict, 'held', 'on a disk that does not forget')
  })

test('no more runs are made than allowed', async () => {
  const { case: whole } = await failing(1)
  const shrunk = await shrink(whole, { onMachine, runs: 20 })
  assert.ok(shrunk !== undefined)
  assert.ok(shrunk.runs <= 21, `${shrunk.runs} runs`)
})

test('a case that fails nothing is not made smaller', async () => {
  assert.is(
    await shrink({ profile: 'bind', clients: [[{ do: 'prepare', key: 'a' }]], order: [], faults: [], rests: [] }),
    undefined,
  )
})

test('a file that is no case is refused with the place that is wrong', () => {
  const whole = { profile: 'bind', clients: [[{ do: 'cleanup' }]], order: [0], faults: [], rests: [] }
  assert.is(problemOf(whole), undefined)
  const wrong: readonly (readonly [unknown, string])[] = [
    [[], 'object'],
    [{ ...whole, profile: 'other' }, 'profile'],
    [{ ...whole, clients: [[{ do: 'prepare' }]] }, 'clients[0]'],
    [{ ...whole, clients: [[{ do: 'explode', key: 'a' }]] }, 'clients[0]'],
    [{ ...whole, order: [0, -1] }, 'order[1]'],
    [{ ...whole, faults: [{ fault: 'flood', at: 1, detail: 0 }] }, 'faults[0]'],
    [{ ...whole, rests: undefined }, 'rests'],
  ]
  for (const [value, place] of wrong) assert.match(problemOf(value) ?? 'it was taken', place)
})

test.run()

// @ts-check
import { spawn } from 'node:child_process'
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { stripVTControlCharacters } from 'node:util'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { root } from '../setup.mjs'

/**
 * @param {string[]} args
 * @returns {Promise<{ code: number | null, output: string }>}
 */
const crashRounds = (args) =>
  new Promise((resolve) => {
    const child = spawn(process.execPath, [join(root, 'scripts/crash-rounds.mjs'), ...args])
    /** @type {Buffer[]} */
    const output = []
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => output.push(chunk))
    child.on('close', (code) => resolve({ code, output: stripVTControlCharacters(Buffer.concat(output).toString()) }))
  })

test('rounds are told line by line, with their sum', async () => {
  const { code, output } = await crashRounds(['--rounds', '2', '--seed', '5', '--json'])
  assert.is(code, 0, output)
  const lines = output
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line))
  assert.equal(
    lines.map(({ seed, round, rounds, violations }) => ({ seed, round, rounds, violations })),
    [
      { seed: 5, round: 1, rounds: undefined, violations: [] },
      { seed: 5, round: 2, rounds: undefined, violations: [] },
      { seed: 5, round: undefined, rounds: 2, violations: 0 },
    ],
  )
})

test('what is asked wrongly is refused', async () => {
  for (const args of [
    [],
    ['--rounds', '0'],
    ['--rounds', '1', '--seed', 'x'],
    ['--rounds', '1', '--broken', 'nothing'],
  ])
    assert.is((await crashRounds(args)).code, 2, args.join(' '))
})

/** @param {string[]} args */
const isNoticed = async (args) => {
  const { code, output } = await crashRounds(['--rounds', '20', '--seed', '3', ...args])
  assert.is(code, 1, output)
  const kept = /is in (.+)$/m.exec(output)?.[1]
  assert.ok(kept, output)
  rmSync(kept, { recursive: true })
}

for (const broken of ['hasty-store', 'idle-destroy', 'forgetful-open'])
  test(`${broken} is noticed`, () => isNoticed(['--broken', broken]))

const powerLoss = await crashRounds(['--rounds', '3', '--power-loss'])
if (powerLoss.code === 2) {
  console.log(`SKIPPED: ${powerLoss.output}`)
  test.skip('loss of power', () => undefined)
} else {
  test('what was answered is there after a loss of power', () => assert.is(powerLoss.code, 0, powerLoss.output))
  test('a store that does not sync is noticed by a loss of power', () =>
    isNoticed(['--broken', 'unsynced-store', '--power-loss']))
}

test.run()

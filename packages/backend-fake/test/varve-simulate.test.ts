import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { Case } from '../src/simulate/case.js'
import { recording, seededChooser } from '../src/simulate/chooser.js'
import type { Machine } from '../src/simulate/machine.js'
import { play } from '../src/simulate/run.js'
import { shrink } from '../src/simulate/shrink.js'
import { simulate } from '../src/simulate/simulate.js'
import { writeFailures } from '../src/tool/failures.js'
import { exitCodes, main } from '../src/tool/main.js'
import type { Output } from '../src/tool/output.js'
import type { Lane } from '../src/tool/pool.js'

const listening = () => {
  const said = { out: [] as string[], error: [] as string[], shown: [] as string[] }
  const output: Output = {
    out: (line) => void said.out.push(line),
    error: (line) => void said.error.push(line),
    progress: (line) => void said.shown.push(line),
    bad: (word) => word,
  }
  return { said, output }
}

const run = async (...argv: readonly string[]) => {
  const { said, output } = listening()
  return { code: await main(argv, output), ...said }
}

test('a line of JSON for each seed, in order, says what simulate says', async () => {
  const { code, out, shown } = await run('--seeds', '3..6', '--jobs', '2', '--steps', '150', '--json')
  assert.is(code, exitCodes.held)
  assert.is(out.length, 4)
  for (const [at, line] of out.entries()) {
    const { seed, steps, faults, trace, verdict } = await simulate({ seed: 3 + at, steps: 150 })
    assert.equal(JSON.parse(line), { seed, steps, faults, trace, verdict })
  }
  assert.match(shown.at(-1) ?? '', '4 of 4 seeds, 0 failed')
})

test('a seed without faults, of one client', async () => {
  const { code, out } = await run('--seed', '7', '--steps', '100', '--clients', '1', '--faults', 'none', '--json')
  assert.is(code, exitCodes.held)
  const { trace } = await simulate({ seed: 7, steps: 100, clients: 1, faults: {} })
  assert.is((JSON.parse(out[0] ?? '') as { readonly trace: string }).trace, trace)
})

test('every sequence of no letters, in two processes', async () => {
  const { code, out } = await run('--exhaust', '0', '--jobs', '2', '--json')
  assert.is(code, exitCodes.held)
  const { crashStates, violations } = JSON.parse(out[0] ?? '') as Record<string, number>
  assert.is(violations, 0)
  assert.ok((crashStates ?? 0) > 100)
})

const inDirectory =
  (body: (directory: string) => Promise<void>): (() => Promise<void>) =>
  async () => {
    const directory = mkdtempSync(join(tmpdir(), 'varve-simulate-'))
    const before = process.cwd()
    process.chdir(directory)
    try {
      await body(directory)
    } finally {
      process.chdir(before)
      rmSync(directory, { recursive: true })
    }
  }

const onMachine = ({ disk }: Machine): void => void Object.assign(disk.disk, { sync: () => undefined })

test(
  'a failing run becomes one small file for each checker, and its replay is told',
  inDirectory(async (directory) => {
    const chooser = recording(seededChooser({ seed: 1, steps: 600, chances: { powerLoss: 0.01 } }), 'bind', 3)
    const { verdict } = await play({ chooser, profile: 'bind', clients: 3, onMachine })
    if (verdict === 'held') return assert.unreachable('it held')
    const failure = { ...verdict, case: chooser.recorded() }
    const { said, output } = listening()
    let shrunk = 0
    const lane = ((request: { readonly case: Case }) => {
      shrunk++
      return shrink(request.case, { onMachine })
    }) as unknown as Lane
    await writeFailures([failure, { ...failure }], lane, output)
    assert.is(shrunk, 1)
    const files = readdirSync(directory)
    assert.is(files.length, 1)
    const [file = ''] = files
    assert.match(said.error.at(-1) ?? '', `npx varve-simulate --case ${file}`)
    const small = JSON.parse(readFileSync(file, 'utf8')) as Case
    assert.ok(small.clients.flat().length <= 4)

    const replayed = await run('--case', file)
    assert.is(replayed.code, exitCodes.held, 'nothing is broken here')
    assert.ok(replayed.out.some((line) => line.startsWith('command 0.0 {"do":"')))
    assert.match(replayed.out.at(-1) ?? '', /^case: held/)
  }),
)

test(
  'wrong usage ends with 2 and says what is wrong',
  inDirectory(async () => {
    writeFileSync('broken.json', '{"profile":"bind","clients":[[{"do":"jump"}]]}')
    const wrong: readonly (readonly [string, readonly string[]])[] = [
      ['--seed must be', ['--seed', 'x']],
      ['--seeds A..B must be', ['--seeds', '4']],
      ['must go up', ['--seeds', '4..3']],
      ['no fault "flood"', ['--faults', 'flood']],
      ['chance of crash', ['--faults', 'crash=2']],
      ['leave steps without a fault', ['--faults', 'crash=1']],
      ["--seed and --case don't go together", ['--seed', '1', '--case', 'broken.json']],
      ['only of seeds', ['--exhaust', '1', '--steps', '5']],
      ['clients[0]', ['--case', 'broken.json']],
      ["can't be read", ['--case', 'missing.json']],
      ['--jobs must be', ['--jobs', '0']],
      ['Unknown option', ['--what']],
    ]
    for (const [message, argv] of wrong) {
      const { code, error } = await run(...argv)
      assert.is(code, exitCodes.usage, argv.join(' '))
      assert.ok(error.join('\n').includes(message), `${argv.join(' ')}: ${error[0]}`)
    }
    const { code, out } = await run('--help')
    assert.is(code, exitCodes.held)
    assert.ok(out.join('\n').split('\n').length < 25)
  }),
)

test.run()

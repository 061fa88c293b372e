import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { faultTable, simulate, type Action, type Case, type FaultName } from '../src/index.js'
import { scaled } from './support/simulations.js'

test('the same seed gives the same run', async () => {
  for (const seed of [1, 2, 3]) {
    const [one, other] = [await simulate({ seed, steps: 700 }), await simulate({ seed, steps: 700 })]
    assert.is(one.trace, other.trace, `seed ${seed}`)
    assert.is(JSON.stringify(one), JSON.stringify(other), `seed ${seed}`)
    assert.is(one.verdict, 'held', `seed ${seed}`)
  }
})

// Any change of what is recorded, asked for or answered gives another trace, which is to be put here then.
test('a run has the same trace on every host and every Node', async () => {
  const { trace } = await simulate({ seed: 7, steps: 1_500, faults: scaled(3) })
  assert.is(trace, 'ade84589fb02c12b3f38c981ed2243642a99b7491cf284b5e8ca1d4005f693ad')
})

test('other seeds, and other faults, give other runs', async () => {
  const traces = new Set<string>()
  for (const seed of [1, 2])
    for (const faults of [{}, scaled(1)]) traces.add((await simulate({ seed, steps: 300, faults })).trace)
  assert.is(traces.size, 4)
})

test('a case does again what a seed chose, also as JSON', async () => {
  for (const seed of [4, 5]) {
    const { seed: _seed, ...chosen } = await simulate({ seed, steps: 1_200, faults: scaled(4) })
    const text = JSON.stringify(chosen.case)
    const { seed: _none, ...again } = await simulate({ case: JSON.parse(text) as Case })
    assert.is(again.trace, chosen.trace, `seed ${seed}`)
    assert.is(JSON.stringify(again), JSON.stringify(chosen), `seed ${seed}`)
  }
})

test('a case of one command runs', async () => {
  const lines: string[] = []
  const { verdict, commands } = await simulate({
    case: { profile: 'bind', clients: [[{ do: 'prepare', key: 'a' }]], order: [], faults: [], rests: [] },
    watch: (line) => lines.push(line),
  })
  assert.is(verdict, 'held')
  assert.is(commands, 1)
  assert.ok(lines.some((line) => line.startsWith('event') && line.includes('"Prepared"')))
})

test('runs hold, in both profiles, however many clients there are', async () => {
  for (let seed = 100; seed < 112; seed++) {
    const profile = seed % 2 === 0 ? 'bind' : 'windows-layer'
    const { verdict } = await simulate({ seed, profile, clients: 1 + (seed % 5), steps: 1_000, faults: scaled(2) })
    assert.equal(verdict, 'held', `seed ${seed}, ${profile}`)
  }
})

test("an id that a directory of others had may come to be the log's own", async () => {
  const made = Array.from({ length: 52 }, (_, index): Action => ({
    do: 'prepare',
    key: `extract-${index}`,
    purpose: 'unpack',
  }))
  const faults = [{ fault: 'directoryAppears', at: 20, detail: 0 }] as const
  for (const first of [[], [{ do: 'reopen' }]] as const) {
    const lines: string[] = []
    const { verdict } = await simulate({
      case: {
        profile: 'bind',
        clients: [[{ do: 'prepare', key: 'a' }, ...first, ...made, { do: 'reopen' }]],
        order: [],
        faults,
        rests: [],
      },
      watch: (line) => lines.push(line),
    })
    assert.ok(
      lines.some((line) => line.startsWith('appeared')),
      'no directory appeared',
    )
    assert.equal(verdict, 'held', `reopened first: ${first.length > 0}`)
  }
})

test('every kind of fault happens', async () => {
  const left = new Set(Object.keys(faultTable) as FaultName[])
  for (let seed = 200; left.size > 0; seed++) {
    assert.ok(seed < 240, `in 40 runs there was never ${[...left].join(', ')}`)
    const { faults, verdict } = await simulate({ seed, steps: 600, faults: scaled(6) })
    assert.equal(verdict, 'held', `seed ${seed}`)
    for (const name of left) if ((faults[name] ?? 0) > 0) left.delete(name)
  }
})

test('only the faults that are named happen', async () => {
  const { faults } = await simulate({ seed: 9, steps: 1_000, faults: { crash: 0.01 } })
  assert.equal(Object.keys(faults), ['crash'])
})

test('options that make no sense are refused, and which', async () => {
  const refused: readonly (readonly [options: unknown, field: string])[] = [
    [null, 'options'],
    [{ seed: 'x' }, 'seed'],
    [{ seed: -1 }, 'seed'],
    [{ steps: 0 }, 'steps'],
    [{ steps: Infinity }, 'steps'],
    [{ clients: 1.5 }, 'clients'],
    [{ profile: 'linux' }, 'profile'],
    [{ faults: 'crash' }, 'faults'],
    [{ faults: { crush: 0.1 } }, 'faults.crush'],
    [{ faults: { failBefore: 2 } }, 'faults.failBefore'],
    [{ faults: { crash: 0.5, powerLoss: 0.5 } }, 'faults'],
    [{ case: {} }, 'case'],
    [{ watch: 'yes' }, 'watch'],
    [{ sede: 1 }, 'sede'],
  ]
  for (const [options, field] of refused) {
    const error: unknown = await simulate(options as object).then(
      () => undefined,
      (cause: unknown) => cause,
    )
    assert.instance(error, Error, `${JSON.stringify(options)} was taken`)
    const { _tag, field: found } = error as Record<string, unknown>
    assert.equal([_tag, found], ['InvalidArgument', field])
  }
  const { verdict } = await simulate({ steps: 5, faults: { failBefore: 1, crash: 0.5 } })
  assert.is(verdict, 'held')
})

test.run()

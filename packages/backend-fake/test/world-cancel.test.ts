import * as E from 'fp-ts/lib/Either.js'
import type { FilesError, Intent } from '@varve/core/ports'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { Control } from '../src/world/control.js'
import { operations } from '../src/world/operations.js'
import type { World } from '../src/world/world.js'
import { addLayer, attach, change, create, detach, namesIn, perform, seal } from './support/acts.js'
import { listing } from './support/listing.js'
import { apply, arriving, importing, item, tarOf, unpack, type Item } from './support/tars.js'
import { grounds, hasSymlinks, onGround, outcomeOf, run, type Ground } from './support/worlds.js'

const { folder, file, link, symlink, stream, whiteout } = item

const tar: readonly Item[] = [
  folder('Files'),
  whiteout('Files/gone'),
  folder('Files/dir'),
  file('Files/dir/a', 'a'),
  stream('Files/dir/a', 's', 'stream'),
  file('Files/dir/b', 'b'.repeat(3_000)),
  link('Files/again', 'Files/dir/a'),
  link('Files/copy', 'Files/parent'),
  ...(hasSymlinks ? [symlink('Files/link', 'dir')] : []),
  folder('UtilityVM'),
  folder('UtilityVM/Files'),
  file('UtilityVM/Files/new', 'new'),
]

const base = (world: World): void =>
  unpack(
    world,
    1,
    [],
    folder('Files'),
    file('Files/parent', 'of the parent'),
    folder('UtilityVM'),
    folder('UtilityVM/Files'),
    file('UtilityVM/Files/EFI/Microsoft/Boot/BCD', 'store'),
    file('UtilityVM/Files/old', 'old'),
  )

/** An intent, the world that it is performed in, and what it leaves when it is cancelled: by default what was there. */
type Scenario = { readonly prepare: (world: World) => void; readonly intent: Intent; readonly body?: Uint8Array }

const scratch = (world: World): void => {
  base(world)
  perform(world, create(2, { parents: [1] }))
}

const written = (world: World): void => {
  scratch(world)
  change(world, 2, [1], (content) => {
    content.write('parent', 'changed')
    content.write('mine', 'mine')
  })
  change(world, 2, [1], (content) => content.remove('parent'))
}

const scenarios: Readonly<Record<string, Scenario>> = {
  'filling a layer': {
    prepare: (world) => {
      base(world)
      perform(world, create(2, { parents: [1], purpose: 'unpack' }))
    },
    intent: importing(2, [1]),
    body: tarOf(...tar),
  },
  'sealing a base layer': {
    prepare: (world) => {
      perform(world, create(1))
      change(world, 1, [], (content) => content.write('windows/System32/config/SAM', 'mine'))
    },
    intent: seal(1),
  },
  'sealing an empty base layer': { prepare: (world) => perform(world, create(1)), intent: seal(1) },
  'sealing a base layer that was applied': {
    prepare: (world) => {
      perform(world, create(1, { purpose: 'unpack' }))
      apply(world, 1, [], folder('Files'), file('Files/a', 'a'), folder('Hives'), file('Hives/SAM_BASE', 'mine'))
    },
    intent: seal(1, { purpose: 'unpack', applied: true }),
  },
  'sealing a child that was applied': {
    prepare: (world) => {
      base(world)
      perform(world, create(2, { parents: [1], purpose: 'unpack' }))
      apply(world, 2, [1], ...tar)
    },
    intent: seal(2, { parents: [1], purpose: 'unpack', applied: true }),
  },
  'sealing a child': { prepare: written, intent: seal(2, { parents: [1] }) },
  'sealing a child that nobody wrote to': { prepare: scratch, intent: seal(2, { parents: [1] }) },
  'sealing a parentless layer that gains a parent': {
    prepare: (world) => {
      base(world)
      perform(world, create(2))
      change(world, 2, [], (content) => content.write('mine', 'mine'))
    },
    intent: seal(2, { parents: [1], madeParentless: true }),
  },
}

/** Cancelled from the `after`-th look on, at every step there is one. */
const controlOf = ({ body }: Scenario, after = Number.MAX_SAFE_INTEGER): Control => {
  let looks = 0
  const isCancelled = (): boolean => looks++ >= after
  return body === undefined ? { isCancelled } : arriving(body, 700, isCancelled)
}

const codeOf = (failure: FilesError): unknown => ('code' in failure ? failure.code : failure._tag)
const state = ({ disk }: World): readonly string[] => listing(disk, '')
/** The same for two runs, also where the table has times at which something was written to. */
const lasting = ({ disk }: World): readonly string[] => listing(disk, '', /^tables\/2\.ndjson$/)

const stateAfter = (make: () => Ground, scenario: Scenario): readonly string[] => {
  let ending: readonly string[] = []
  onGround(make, ({ open }) => {
    const world = open()
    scenario.prepare(world)
    run(operations.perform(world, scenario.intent, controlOf(scenario)))
    ending = lasting(world)
  })
  return ending
}

/** Cancels at a step; then it is as before, and doing it again is as doing it once. Answers whether it was still in time. */
const cancelledAt = (make: () => Ground, scenario: Scenario, look: number, expected: readonly string[]): boolean => {
  let wasInTime = false
  onGround(make, ({ open }) => {
    const world = open()
    scenario.prepare(world)
    const before = state(world)
    const outcome = outcomeOf(operations.perform(world, scenario.intent, controlOf(scenario, look)))
    wasInTime = E.isLeft(outcome)
    if (E.isLeft(outcome)) {
      assert.is(codeOf(outcome.left), 0x800704c7, outcome.left.message)
      assert.equal(state(world), before, `cancelled at look ${look}`)
      run(operations.perform(world, scenario.intent, controlOf(scenario)))
    }
    assert.equal(lasting(world), expected, `look ${look}`)
  })
  return wasInTime
}

/** Cut after some steps; cancelled in the next process, and cut there too; cancelled again. Answers whether each was cut. */
const cutAndCancelled = (make: () => Ground, scenario: Scenario, steps: number, undone: number) => {
  let [wasCut, wasCutAgain] = [false, false]
  onGround(make, ({ open }) => {
    const world = open()
    scenario.prepare(world)
    const before = state(world)
    wasCut = E.isLeft(outcomeOf(operations.perform(world, scenario.intent, controlOf(scenario)), steps))
    if (!wasCut) return
    const first = outcomeOf(operations.perform(open(), scenario.intent, controlOf(scenario, 0)), undone)
    wasCutAgain = E.isLeft(first) && codeOf(first.left) === 0x80004004
    const next = open()
    const last = outcomeOf(operations.perform(next, scenario.intent, controlOf(scenario, 0)))
    // What was done but for telling so is done.
    if (E.isLeft(last)) {
      assert.is(codeOf(last.left), 0x800704c7, last.left.message)
      assert.equal(state(next), before, `cut after ${steps} steps, and after ${undone} of the undoing`)
    } else assert.is(last.right.type, 'LayerSealed')
  })
  return { wasCut, wasCutAgain }
}

/** Every place in memory; on the host's disk, where each takes its time, one of a few. */
const stride = { memory: 1, disk: process.platform === 'win32' ? 45 : 9 } as const

for (const [name, make] of Object.entries(grounds)) {
  const by = stride[name as keyof typeof stride]
  for (const [title, scenario] of Object.entries(scenarios)) {
    test(`${name}: ${title}: cancelled anywhere it leaves what was there`, () => {
      const expected = stateAfter(make, scenario)
      let looks = 0
      while (cancelledAt(make, scenario, looks, expected)) looks += by
      assert.ok(looks > 0, 'it was never cancelled')
    })

    test(`${name}: ${title}: cut, cancelled, and cut while it is undone, it leaves what was there`, () => {
      let steps = 0
      let cuts = 0
      for (;;) {
        let undone = 0
        let last = cutAndCancelled(make, scenario, steps, undone)
        for (; last.wasCutAgain; last = cutAndCancelled(make, scenario, steps, undone)) {
          undone += by
          cuts++
        }
        if (!last.wasCut) break
        steps += 2 * by
      }
      assert.ok(steps > 0, 'it was never cut')
      if (scenario.intent.type === 'ImportLayer') assert.ok(cuts > 0, 'the undoing was never cut')
    })
  }

  test(`${name}: cut anywhere and done again, filling a layer is as once`, () => {
    const scenario = scenarios['filling a layer']
    if (scenario === undefined) throw new Error('the scenario is missing')
    const expected = stateAfter(make, scenario)
    const cutAt = (steps: number): boolean => {
      let wasCut = false
      onGround(make, ({ open }) => {
        const world = open()
        scenario.prepare(world)
        wasCut = E.isLeft(outcomeOf(operations.perform(world, scenario.intent, controlOf(scenario)), steps))
        const next = steps % 2 === 0 ? world : open()
        run(operations.perform(next, scenario.intent, controlOf(scenario)))
        assert.equal(lasting(next), expected, `after ${steps} steps`)
      })
      return wasCut
    }
    let steps = 0
    while (cutAt(steps)) steps += by
    assert.ok(steps > 20, 'it was hardly ever cut')
  })

  test(`${name}: what a seal that could not be undone has made goes at the next attach`, () =>
    onGround(make, ({ open }) => {
      const world = open()
      perform(world, create(1))
      outcomeOf(operations.perform(world, seal(1)), 12)
      assert.ok(namesIn(world, 'snapshots/1/Files').length > 0, 'it had made nothing')
      perform(world, attach(1))
      assert.equal(namesIn(world, 'snapshots/1/Files'), [])
      perform(world, detach(1))
    }))

  test(`${name}: a seal that fails takes back what it has done`, () =>
    onGround(make, ({ open }) => {
      const world = open()
      addLayer(world, 1, [])
      perform(world, create(2, { parents: [1] }))
      change(world, 2, [1], (content) => content.write('mine', 'mine'))
      const before = state(world)
      const { rename } = world.disk
      const full = {
        ...world.disk,
        rename: (from: string, to: string): void => {
          if (to.startsWith('meta/')) throw Object.assign(new Error('ENOSPC: no space left'), { code: 'ENOSPC' })
          rename(from, to)
        },
      }
      const outcome = outcomeOf(operations.perform({ ...world, disk: full }, seal(2, { parents: [1] })))
      assert.is(E.isLeft(outcome) && codeOf(outcome.left), 0x80070070)
      assert.equal(
        state(world).filter((line) => !line.startsWith('scratch/2.part')),
        before,
      )
    }))
}

test.run()

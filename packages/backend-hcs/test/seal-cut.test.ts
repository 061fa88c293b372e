import * as E from 'fp-ts/lib/Either.js'
import type { Test } from 'uvu'
import * as assert from 'uvu/assert'
import { fieldsIn } from '@varve/core/adapter'
import type { Backend, SnapshotId } from '@varve/core/ports'
import type { NativeSource } from '../src/driver.js'
import { backendOver } from '../src/hcs-backend.js'
import { run } from '../src/layers/operations.js'
import type { World } from '../src/layers/world.js'
import type { Native } from '../src/native/native.js'
import { hostPathBelow } from './standin/library.js'
import { execute, fill, intents, openFor, perform } from './support/acts.js'
import { stride } from './support/at-every-call.js'
import { dropRoot } from './support/drop-root.js'
import { listingOf } from './support/listing.js'
import { openPlan } from './support/plan.js'
import { hive } from './support/scenarios.js'
import { standin } from './support/standin.js'
import { filesOf } from './support/standin-files.js'
import { alone, standinWorld } from './support/standin-world.js'
import { freshRoot } from './support/subjects.js'
import { standinSuite } from './support/suites.js'

const plan = openPlan()

/** Of the first layer, whose number is found nowhere else. */
const first = 700_000

type Ground = {
  readonly backend: Backend
  /** Makes a parentless scratch with a utility VM of its own. */
  readonly make: (layer: SnapshotId) => Promise<void>
  /** The layer's folder, and what its sidecar says that it is. */
  readonly listing: (layer: SnapshotId) => readonly string[]
}

const withGround = async (native: NativeSource, use: (ground: Ground) => Promise<void>): Promise<void> => {
  const backend = backendOver({ root: freshRoot() }, native)
  const { root } = backend.layout
  const files = filesOf(standin())
  try {
    await openFor(backend)
    await use({
      backend,
      make: async (layer) => {
        await perform(backend, intents.create(layer))
        await fill(backend, layer, [], { alone: 'a' })
        const boot = `${root}\\snapshots\\${layer}\\UtilityVM\\Files\\EFI\\Microsoft\\Boot`
        files.makeFolder(boot)
        files.fillFile(`${boot}\\BCD`, hive())
      },
      listing: (layer) => [
        ...listingOf(hostPathBelow(standin().base)(root), layer).filter((line) => line.startsWith('snapshots')),
        String(fieldsIn(files.readFile(`${root}\\meta\\${layer}.json`))['kind']),
      ],
    })
  } finally {
    plan.disarm()
    await backend.close()()
    plan.forgetLeaks()
    await dropRoot(root)
  }
}

/** Works in a process that dies after so many calls; answers at which, if it got there. */
const dying = async (after: number, work: () => Promise<unknown>): Promise<string | undefined> => {
  plan.crash(after)
  await work()
  const { hit } = plan.disarm()
  plan.forgetLeaks()
  return hit
}

const cuts = (it: Test, native: NativeSource): void => {
  it('a seal that was cut anywhere and counts as failed leaves the layer as it was', () =>
    withGround(native, async ({ backend, make, listing }) => {
      for (let after = 0, hit: string | undefined = ''; hit !== undefined; after += stride) {
        const layer = first + after
        await make(layer)
        const before = listing(layer)
        hit = await dying(after, () => execute(backend, intents.seal(layer)))
        await perform(backend, intents.attach(layer))
        assert.equal(listing(layer), before, `cut after ${after} calls, at ${hit}`)
        await perform(backend, intents.detach(layer))
      }
    }))

  it('what undoes a seal may be cut, too', () =>
    withGround(native, async ({ backend, make, listing }) => {
      await make(first)
      await perform(backend, intents.seal(first))
      const expected = listing(first)
      for (let after = 0, hit: string | undefined = ''; hit !== undefined; after += stride) {
        const layer = first + 1 + after
        await make(layer)
        await perform(backend, intents.seal(layer))
        hit = await dying(after, () => execute(backend, intents.attach(layer)))
        await perform(backend, intents.detach(layer))
        await perform(backend, intents.seal(layer))
        assert.equal(listing(layer), expected, `cut after ${after} calls, at ${hit}`)
      }
    }))

  it('a seal that fails when it is repeated has failed altogether', () =>
    withGround(native, async ({ backend, make, listing }) => {
      await make(first)
      const before = listing(first)
      await perform(backend, intents.seal(first))
      plan.fail(0, 0x8007_0070, 'FlushFileBuffers')
      const again = await execute(backend, intents.seal(first))
      assert.is(plan.disarm().hit, 'FlushFileBuffers')
      assert.ok(E.isLeft(again))
      assert.equal(listing(first), before)
    }))
}

const withNative = (world: World, some: Partial<Native>): World => ({
  ...world,
  machine: { ...world.machine, native: { ...world.machine.native, ...some } },
})

/** Of a failure to flush, and a death while what was done is undone. */
const deaths = (it: Test, native: NativeSource): void => {
  it('what a layer was sealed from outlives the end of a process that puts it back', async () => {
    const on = await standinWorld(native)
    on.perform(intents.create(1))
    on.perform(intents.seal(1))
    try {
      for (let after = 0, hit: string | undefined = ''; hit !== undefined; after += stride) {
        const layer = first + after
        on.perform(intents.create(layer))
        on.perform(intents.attach(layer))
        run(on.world, 'write', [layer, 'folder/deep', 'd'], alone)
        on.perform(intents.detach(layer))
        const fail = (): never => {
          plan.crash(after)
          throw new Error('it can not be flushed')
        }
        const seal = intents.seal(layer, [1], { madeParentless: true })
        assert.throws(() => run(withNative(on.world, { FlushFileBuffers: fail }), 'perform', [seal], alone))
        ;({ hit } = plan.disarm())
        run(on.world, 'claim', ['a log'], alone)
        on.perform(intents.attach(layer))
        const what = `dead after ${after} calls, at ${hit}`
        assert.equal(on.list(`snapshots/${layer}`), ['Files'], what)
        assert.is(new TextDecoder().decode(run(on.world, 'read', [layer, 'folder/deep'], alone)), 'd', what)
        on.perform(intents.detach(layer))
      }
    } finally {
      plan.disarm()
      plan.forgetLeaks()
      await dropRoot(on.world.layout.root)
    }
  })
}

const test = await standinSuite('seals that were cut', (it, native) => {
  for (const add of [cuts, deaths]) add(it, native)
})

test.run()

import * as E from 'fp-ts/lib/Either.js'
import type { Backend, Failure, SnapshotId } from '@varve/core/ports'
import * as assert from 'uvu/assert'
import type { NativeSource } from '../../src/driver.js'
import { backendOver } from '../../src/hcs-backend.js'
import { hostPathBelow } from '../standin/library.js'
import { isTyped, openFor } from './acts.js'
import { dropRoot } from './drop-root.js'
import { listingOf } from './listing.js'
import { openPlan } from './plan.js'
import { makeGround, type Scenario } from './scenarios.js'
import { standin } from './standin.js'
import { checkLeaks, freshRoot } from './subjects.js'

const plan = openPlan()

/** Of the layers that are worked on, whose numbers are found nowhere else. */
const first = 700_000

/** A root with layers 1 and 2, and what is there of a layer on which the scenario was done without trouble. */
type Ground = {
  readonly backend: Backend
  readonly reopen: () => Promise<Backend>
  readonly expected: Ending
}

type Ending = { readonly listing: readonly string[]; readonly seen: unknown }

/** What everybody can see takes long to look at, so not every run does. */
const endingOf = async (backend: Backend, { seen }: Scenario, layer: SnapshotId, isWhole: boolean): Promise<Ending> => {
  const host = hostPathBelow(standin().base)(backend.layout.root)
  return { listing: listingOf(host, layer), seen: isWhole ? await seen(backend, layer) : undefined }
}

const withGround = async (
  native: NativeSource,
  scenario: Scenario,
  use: (ground: Ground) => Promise<void>,
): Promise<void> => {
  const root = freshRoot()
  const opened: Backend[] = []
  const open = async (): Promise<Backend> => {
    const backend = backendOver({ root }, native)
    opened.push(backend)
    await openFor(backend)
    return backend
  }
  try {
    const backend = await open()
    await makeGround(backend)
    await scenario.before(backend, first)
    assert.ok(E.isRight(await scenario.run(backend, first)))
    checkLeaks(scenario.name)
    await use({ backend, reopen: open, expected: await endingOf(backend, scenario, first, true) })
  } finally {
    plan.disarm()
    for (const backend of opened) await backend.close()()
    plan.forgetLeaks()
    await dropRoot(root)
  }
}

const wholeEvery = 8

/** Of the calls every one; on Windows, where each takes its time, one of a few. */
export const stride = process.platform === 'win32' ? 41 : 1

const mustEndWell = async (
  { expected }: Ground,
  backend: Backend,
  scenario: Scenario,
  layer: SnapshotId,
  what: string,
): Promise<void> => {
  const isWhole = layer % wholeEvery === 0
  const again: E.Either<Failure, unknown> = await scenario.run(backend, layer)
  assert.ok(E.isRight(again), `${what}: again: ${E.isLeft(again) ? again.left.message : ''}`)
  checkLeaks(`${what}: again`)
  const ending = await endingOf(backend, scenario, layer, isWhole)
  assert.equal(ending, isWhole ? expected : { ...expected, seen: undefined }, what)
}

/** Dies at every call that changes something; then the same process goes on, or another one opens the root. */
export const dieEverywhere = (native: NativeSource, scenario: Scenario): Promise<void> =>
  withGround(native, scenario, async (ground) => {
    const { backend, reopen } = ground
    const later: (readonly [layer: SnapshotId, what: string])[] = []
    for (let after = 0; ; after += stride) {
      const layer = first + 1 + after
      await scenario.before(backend, layer)
      plan.crash(after)
      const outcome = await scenario.run(backend, layer)
      const { hit } = plan.disarm()
      plan.forgetLeaks()
      if (hit === undefined) {
        assert.ok(E.isRight(outcome))
        break
      }
      const what = `${scenario.name}, dead after ${after} calls, at ${hit}`
      if (after % 2 === 0) await mustEndWell(ground, backend, scenario, layer, what)
      else later.push([layer, what])
    }
    const next = await reopen()
    for (const [layer, what] of later) await mustEndWell(ground, next, scenario, layer, what)
  })

const hex = (code: number): string => `0x${code.toString(16)}`

/** Lets every call fail once, those of Windows with each of the codes; then it is asked again. */
export const failEverywhere = (native: NativeSource, scenario: Scenario, codes: readonly number[]): Promise<void> =>
  withGround(native, scenario, async (ground) => {
    const { backend } = ground
    for (let after = 0, isOver = false; !isOver; after += stride) {
      const layer = first + 1 + after
      await scenario.before(backend, layer)
      isOver = true
      const told: string[] = []
      for (const code of codes) {
        plan.fail(after, code)
        const outcome = await scenario.run(backend, layer)
        const { hit } = plan.disarm()
        told.push(`${hex(code)} at ${hit}, call ${after}`)
        isOver &&= hit === undefined
        assert.ok(E.isRight(outcome) || isTyped(outcome.left), `${scenario.name}: ${told.at(-1)}`)
        checkLeaks(`${scenario.name}: ${told.at(-1)}`)
        if (hit?.startsWith('files.') === true) break
      }
      await mustEndWell(ground, backend, scenario, layer, `${scenario.name}: ${told.join(', ')}`)
    }
  })

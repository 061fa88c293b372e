import { type Intent, isOwed } from '../src/model/intent.js'
import { equal } from './assert.js'
import {
  type BackendCase,
  fill,
  intents,
  onBase,
  perform,
  performOrCut,
  reopened,
  seenThroughView,
  withTar,
} from './backend-rig.js'
import type { Scenario } from './backend-scenario.js'
import { holds, sameTree } from './content.js'
import type { BackendSubject } from './subject.js'

const once = ({ name, before, intent, tar, check }: Scenario): BackendCase =>
  onBase(`${name}: once`, async (backend) => {
    await before(backend, 2)
    await check(backend, 2, await perform(backend, intent(2), withTar(tar)))
  })

const twice = ({ name, before, intent, tar, check }: Scenario): BackendCase =>
  onBase(`${name}: twice`, async (backend) => {
    await before(backend, 2)
    const first = await perform(backend, intent(2), withTar(tar))
    const second = await perform(backend, intent(2), withTar(tar))
    if ('effective' in first) equal('the second result', second, first)
    await check(backend, 2, second)
  })

const afterCrash = ({ name, before, intent, tar, check }: Scenario): BackendCase =>
  onBase(`${name}: again after a crash`, async (first, subject) => {
    await before(first, 2)
    await perform(first, intent(2), withTar(tar))
    const { backend } = await reopened(subject)
    await check(backend, 2, await perform(backend, intent(2), withTar(tar)))
  })

/** An intent that was cut after some steps, on a layer of its own. The last one completed. */
export type Cut = { readonly steps: number; readonly intent: Intent; readonly completed: boolean }

/** Cuts the intent after 0 steps, after 1, and so on until it completes. */
export const cutEverywhere = async (
  { backend, cut }: BackendSubject,
  scenario: Scenario,
  after: (cut: Cut) => Promise<void>,
): Promise<void> => {
  for (let steps = 0, completed = false; !completed; steps++) {
    const intent = scenario.intent(2 + steps)
    await scenario.before(backend, intent.layer)
    cut?.(intent.type, steps)
    completed = await performOrCut(backend, intent, withTar(scenario.tar))
    await explained(`cut after ${steps} steps`, () => after({ steps, intent, completed }))
    if (steps > 10_000) throw new Error(`expected ${intent.type} to be done in 10,000 steps, found it cut`)
  }
}

/** Does `run`, whose failure then says `when` it was. */
export const explained = async (when: string, run: () => Promise<unknown>): Promise<void> => {
  try {
    await run()
  } catch (failure) {
    const message = failure instanceof Error ? failure.message : String(failure)
    throw new Error(`${when}: ${message}`, { cause: failure })
  }
}

const thenCrash = (scenario: Scenario): BackendCase =>
  onBase(`${scenario.name}: cut, then again after a crash`, async (_first, subject) => {
    const cuts: Cut[] = []
    await cutEverywhere(subject, scenario, async (cut) => void cuts.push(cut))
    const { backend } = await reopened(subject)
    for (const { steps, intent } of cuts)
      await explained(`cut after ${steps} steps`, async () =>
        scenario.check(backend, intent.layer, await perform(backend, intent, withTar(scenario.tar))),
      )
  })

const thenAgain = (scenario: Scenario): BackendCase =>
  onBase(`${scenario.name}: cut, then again`, (backend, subject) =>
    cutEverywhere(subject, scenario, async ({ intent }) => {
      // A promised intent that failed is over: whoever asks again asks with a new one.
      const next = isOwed(intent) ? intent : { ...intent, id: `${intent.id}9` }
      await scenario.check(backend, intent.layer, await perform(backend, next, withTar(scenario.tar)))
    }),
  )

const thenDestroyed = (scenario: Scenario): BackendCase =>
  onBase(`${scenario.name}: cut, then destroyed`, async (backend, subject) => {
    await cutEverywhere(
      subject,
      scenario,
      async ({ intent }) => void (await perform(backend, intents.destroy(intent.layer))),
    )
    equal('layers left', (await reopened(subject)).found, [{ id: 1, retired: false }])
  })

/** A seal that failed: the snapshot is Active again, is attached and written to, and sealed once more. */
const thenAttached = (scenario: Scenario): BackendCase =>
  onBase(`${scenario.name}: cut, then attached and again`, (backend, subject) =>
    cutEverywhere(subject, scenario, async ({ intent, completed }) => {
      const { active } = scenario
      if (completed || active === undefined) return
      const { layer } = intent
      await fill(backend, layer, active, async (files) => {
        await holds('the layer, active again', files, active.tree)
        await files.write('later', 'l')
      })
      await perform(backend, { ...intent, id: `${intent.id}9` })
      const tree = await seenThroughView(backend, [layer, ...active.sealedOn])
      sameTree('a view of it', tree, { ...active.sealedTree, later: 'file l' })
    }),
  )

/** Runs of a cut intent. A create that failed is not tried again: its layer is destroyed. */
const cuts = (scenario: Scenario): readonly BackendCase[] => {
  const { type } = scenario.intent(2)
  return [
    thenCrash(scenario),
    ...(type === 'CreateLayer' ? [] : [thenAgain(scenario)]),
    ...(type === 'CreateLayer' || type === 'ImportLayer' ? [thenDestroyed(scenario)] : []),
    ...(scenario.active === undefined ? [] : [thenAttached(scenario)]),
  ]
}

/** An intent once, twice, and after being cut in the middle. */
export const runsOf = (scenario: Scenario): readonly BackendCase[] => [
  once(scenario),
  twice(scenario),
  afterCrash(scenario),
  ...cuts(scenario),
]

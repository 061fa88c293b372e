import { type Intent, isOwed } from '../src/model/intent.js'
import type { Backend } from '../src/runtime/ports.js'
import { equal, ok } from './assert.js'
import {
  fails,
  fill,
  intents,
  makeBase,
  openBackend,
  perform,
  performOrCut,
  reopened,
  seenThroughView,
} from './backend-rig.js'
import { type Scenario, scenarios } from './backend-scenarios.js'
import { type Case, caseOf } from './case.js'
import { holds, sameTree } from './content.js'
import { left, right } from './ports.js'
import type { BackendSubject } from './subject.js'

type BackendCase = Case<BackendSubject>

const backendCase = (name: string, body: (subject: BackendSubject) => Promise<void>): BackendCase =>
  caseOf(`backend/${name}`, body)

/** A case on an open backend that holds the base layer 1. */
const onBase = (name: string, body: (backend: Backend, subject: BackendSubject) => Promise<void>): BackendCase =>
  backendCase(name, async (subject) => {
    await openBackend(subject.backend)
    await makeBase(subject.backend)
    await body(subject.backend, subject)
  })

const once = ({ name, before, intent, check }: Scenario): BackendCase =>
  onBase(`${name}: once`, async (backend) => {
    await before(backend, 2)
    await check(backend, 2, await perform(backend, intent(2)))
  })

const twice = ({ name, before, intent, check }: Scenario): BackendCase =>
  onBase(`${name}: twice`, async (backend) => {
    await before(backend, 2)
    const first = await perform(backend, intent(2))
    const second = await perform(backend, intent(2))
    if ('effective' in first) equal('the second result', second, first)
    await check(backend, 2, second)
  })

const afterCrash = ({ name, before, intent, check }: Scenario): BackendCase =>
  onBase(`${name}: again after a crash`, async (first, subject) => {
    await before(first, 2)
    await perform(first, intent(2))
    const { backend } = await reopened(subject)
    await check(backend, 2, await perform(backend, intent(2)))
  })

/** An intent that was cut after some steps, on a layer of its own. The last one completed. */
type Cut = { readonly steps: number; readonly intent: Intent; readonly completed: boolean }

/** Cuts the intent after 0 steps, after 1, and so on until it completes. */
const cutEverywhere = async (
  { backend, cut }: BackendSubject,
  scenario: Scenario,
  after: (cut: Cut) => Promise<void>,
): Promise<void> => {
  for (let steps = 0, completed = false; !completed; steps++) {
    const intent = scenario.intent(2 + steps)
    await scenario.before(backend, intent.layer)
    cut?.(intent.type, steps)
    completed = await performOrCut(backend, intent)
    await explained(steps, () => after({ steps, intent, completed }))
    if (steps > 10_000) throw new Error(`expected ${intent.type} to be done in 10,000 steps, found it cut`)
  }
}

/** Does `run`, whose failure then names the step at which the intent was cut. */
const explained = async (steps: number, run: () => Promise<void>): Promise<void> => {
  try {
    await run()
  } catch (failure) {
    const message = failure instanceof Error ? failure.message : String(failure)
    throw new Error(`cut after ${steps} steps: ${message}`, { cause: failure })
  }
}

const thenCrash = (scenario: Scenario): BackendCase =>
  onBase(`${scenario.name}: cut, then again after a crash`, async (_first, subject) => {
    const cuts: Cut[] = []
    await cutEverywhere(subject, scenario, async (cut) => void cuts.push(cut))
    const { backend } = await reopened(subject)
    for (const { steps, intent } of cuts)
      await explained(steps, async () => scenario.check(backend, intent.layer, await perform(backend, intent)))
  })

const thenAgain = (scenario: Scenario): BackendCase =>
  onBase(`${scenario.name}: cut, then again`, (backend, subject) =>
    cutEverywhere(subject, scenario, async ({ intent }) => {
      // A promised intent that failed is over: whoever asks again asks with a new one.
      const next = isOwed(intent) ? intent : { ...intent, id: `${intent.id}9` }
      await scenario.check(backend, intent.layer, await perform(backend, next))
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
const cuts = (scenario: Scenario): readonly BackendCase[] => [
  thenCrash(scenario),
  scenario.intent(2).type === 'CreateLayer' ? thenDestroyed(scenario) : thenAgain(scenario),
  ...(scenario.active === undefined ? [] : [thenAttached(scenario)]),
]

const fresh = backendCase('an empty root has no layers', async ({ backend }) => {
  equal('open', await openBackend(backend), { found: [], quarantined: [] })
  const { root, separator } = backend.layout
  ok('the root has no separator at its end', root !== '' && !root.endsWith(separator), root)
})

const kept = backendCase('the root is kept for its log', async (subject) => {
  await openBackend(subject.backend)
  await makeBase(subject.backend)
  const other = { log: '00000000-0000-4000-8000-000000000000', unclaimed: async () => [] }
  await left('open for another log', (await subject.reopen()).open(other), 'BackendFault')
  const { backend, found, quarantined } = await reopened(subject)
  equal('layers found', found, [{ id: 1, retired: false }])
  equal('quarantined', quarantined, [])
  ok('what the base layer holds', 'lower' in (await seenThroughView(backend, [1])), found)
})

const quarantine = backendCase('layers without a record are moved to quarantine', async (subject) => {
  const { backend } = subject
  await openBackend(backend)
  await makeBase(backend)
  await perform(backend, intents.create(2, { parents: [1] }))
  await perform(backend, intents.create(3))
  await perform(backend, intents.retire(3))
  await perform(backend, intents.create(4))
  await perform(backend, intents.retire(4))
  const first = await reopened(subject, ({ id }) => id === 1 || id === 3)
  const all = [1, 2, 3, 4].map((id) => ({ id, retired: id > 2 }))
  equal('layers found', first.found, all)
  equal('names in quarantine', new Set(first.quarantined).size, 2)
  const second = await reopened(subject)
  equal(
    'layers found later',
    second.found,
    all.filter(({ id }) => id === 1 || id === 3),
  )
  equal('quarantined later', second.quarantined, [])
  ok('what the base layer holds', 'lower' in (await seenThroughView(second.backend, [1])), second.found)
})

const leftovers = backendCase('what is left of layers is found after a crash', async (subject) => {
  const { backend } = subject
  await openBackend(backend)
  await perform(backend, intents.create(1))
  await perform(backend, intents.create(2))
  await perform(backend, intents.retire(2))
  await perform(backend, intents.create(3))
  await perform(backend, intents.retire(3))
  await perform(backend, intents.destroy(3))
  const { found } = await reopened(subject)
  equal('layers found', found, [
    { id: 1, retired: false },
    { id: 2, retired: true },
  ])
})

const refusals = backendCase('what can not be done is a BackendFault that says why', async ({ backend }) => {
  await openBackend(backend)
  await perform(backend, intents.create(1, { purpose: 'unpack' }))
  await perform(backend, intents.seal(1, { purpose: 'unpack' }))
  const noTemplate = await fails('a scratch without a template', backend, intents.create(2, { parents: [1] }))
  ok('it names the template', noTemplate.message.includes('blank.vhdx'), noTemplate)
  await perform(backend, intents.create(3))
  await perform(backend, intents.seal(3))
  const utilityVm = { utilityVm: true }
  const noUtilityVm = await fails('a utility VM', backend, intents.create(4, { parents: [3], scratch: utilityVm }))
  ok('it names the utility VM', noUtilityVm.message.includes('UtilityVM'), noUtilityVm)
  const scratch = { requested: String((64n << 40n) + 1n), requestedBy: 'a label' }
  const tooLarge = await fails('more than 64 TiB', backend, intents.create(5, { parents: [3], scratch }))
  equal('code', 'code' in tooLarge ? tooLarge.code : undefined, 0x80070057)
  for (const layer of [2, 4, 5]) await perform(backend, intents.destroy(layer))
  await left('usage of a layer that was never made', backend.usage(77), 'BackendFault')
})

const sealedTwice = backendCase('a layer is sealed on what was sealed', async ({ backend }) => {
  await openBackend(backend)
  await makeBase(backend)
  const parents: number[] = [1]
  for (const layer of [2, 3, 4]) {
    await perform(backend, intents.create(layer, { parents: [...parents] }))
    await fill(backend, layer, { parents: [...parents] }, async (files) => {
      await files.write('both', `of ${layer}`)
      await files.remove(layer === 2 ? 'lower' : `by ${layer - 1}`)
      await files.write(`by ${layer}`, '')
    })
    await perform(backend, intents.seal(layer, { parents: [...parents] }))
    parents.unshift(layer)
  }
  sameTree('a view', await seenThroughView(backend, parents), {
    both: 'file of 4',
    'by 4': 'file ',
    folder: 'directory',
    'folder/deep': 'file of the base',
  })
})

const closed = backendCase('close may be called twice', async ({ backend }) => {
  await openBackend(backend)
  await perform(backend, intents.create(1))
  await right('close', backend.close())
  await right('close again', backend.close())
  await fails('an intent after close', backend, intents.create(2))
  await left('usage after close', backend.usage(1), 'BackendFault')
})

/** What every Backend must do: each intent once, twice, and after being cut in the middle. */
export const backendCases: readonly BackendCase[] = [
  fresh,
  kept,
  quarantine,
  leftovers,
  refusals,
  sealedTwice,
  closed,
  ...scenarios.flatMap((scenario) => [once(scenario), twice(scenario), afterCrash(scenario), ...cuts(scenario)]),
]

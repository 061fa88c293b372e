import { equal, ok } from './assert.js'
import { cancelCases } from './backend-cancels.js'
import { exportCases } from './backend-exports.js'
import { importCases } from './backend-imports.js'
import { maintenanceCases } from './backend-maintenance.js'
import {
  baseTree,
  type BackendCase,
  backendCase,
  fails,
  fill,
  intents,
  makeBase,
  openBackend,
  perform,
  reopened,
  seenThroughView,
} from './backend-rig.js'
import { runsOf } from './backend-runs.js'
import { scenarios } from './backend-scenarios.js'
import { sameTree } from './content.js'
import { left, right } from './ports.js'

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

const retiredInVain = backendCase(
  'a layer that was retired and has its record still is brought back',
  async (subject) => {
    const { backend } = subject
    await openBackend(backend)
    await makeBase(backend)
    await perform(backend, intents.create(2, { parents: [1] }))
    await fill(backend, 2, { parents: [1] }, (files) => files.write('mine', 'm'))
    await perform(backend, intents.retire(2))
    await perform(backend, intents.retire(1))
    await fill(backend, 2, { parents: [1] }, (files) => files.write('later', 'l'))
    await perform(backend, intents.retire(2))
    const again = await reopened(subject)
    equal('layers found', again.found, [
      { id: 1, retired: false },
      { id: 2, retired: true },
    ])
    await perform(again.backend, intents.seal(2, { parents: [1] }))
    const tree = await seenThroughView(again.backend, [2, 1])
    sameTree('a view of it', tree, { ...baseTree, mine: 'file m', later: 'file l' })
  },
)

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
    kept: 'file of the base',
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
  retiredInVain,
  refusals,
  sealedTwice,
  closed,
  ...scenarios.flatMap(runsOf),
  ...importCases,
  ...exportCases,
  ...cancelCases,
  ...maintenanceCases,
]

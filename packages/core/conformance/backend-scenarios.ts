import type { Intent, Result } from '../src/model/intent.js'
import type { SnapshotId } from '../src/model/snapshot.js'
import type { Backend } from '../src/runtime/ports.js'
import { equal, ok } from './assert.js'
import { holds, sameTree, type Tree } from './content.js'
import { attached, baseTree, filesOf, fill, intents, makeBase, perform, seenThroughView } from './backend-rig.js'
import { left, right } from './ports.js'
import type { PromiseFiles } from './subject.js'

/** One intent, what it needs to be there, and what must hold once it is done, however often it took. */
export type Scenario = {
  readonly name: string
  readonly before: (backend: Backend) => Promise<void>
  readonly intent: Intent
  readonly holds: (backend: Backend, result: Result) => Promise<void>
  /** What the layer shows when the intent failed: of a seal, because the snapshot is Active again. */
  readonly active?: { readonly parents: readonly SnapshotId[]; readonly tree: Tree }
}

const onBase = { parents: [1] }
const mebibyte = 1n << 20n

const hasNoScratch = async (backend: Backend, layer: SnapshotId, result: Result): Promise<void> => {
  equal('effective size', 'effective' in result ? result.effective : undefined, null)
  const { size, inodes, scratch } = await right('usage', backend.usage(layer))
  equal('usage', { size, inodes, scratch }, { size: 0, inodes: 0, scratch: 0 })
}

const hasScratch = async (backend: Backend, layer: SnapshotId, result: Result, least: bigint): Promise<void> => {
  const effective = BigInt(('effective' in result ? result.effective : null) ?? 0)
  ok('the scratch disk is large enough, in whole MiB', effective >= least && effective % mebibyte === 0n, effective)
  const { size, scratch } = await right('usage', backend.usage(layer))
  ok('the usage counts the scratch disk', scratch > 0 && size >= scratch, { size, scratch })
}

const shows = async (backend: Backend, layer: SnapshotId, parents: readonly SnapshotId[], tree: Tree): Promise<void> =>
  attached(backend, layer, { parents }, (files) => holds(`layer ${layer}`, files, tree))

const nothing = async (): Promise<void> => undefined

const creations: readonly Scenario[] = [
  {
    name: 'create a parentless layer',
    before: nothing,
    intent: intents.create(1),
    holds: async (backend, result) => {
      await hasNoScratch(backend, 1, result)
      await shows(backend, 1, [], {})
    },
  },
  {
    name: 'create a parentless view',
    before: nothing,
    intent: intents.create(1, { kind: 'View' }),
    holds: async (backend, result) => {
      await hasNoScratch(backend, 1, result)
      await perform(backend, intents.attach(1, {}, 'View'))
      await holds('the view', await filesOf(backend, 1), {})
    },
  },
  {
    name: 'create a layer with a parent',
    before: makeBase,
    intent: intents.create(2, onBase),
    holds: async (backend, result) => {
      await hasScratch(backend, 2, result, mebibyte)
      await shows(backend, 2, [1], baseTree)
    },
  },
  {
    name: 'create a layer with a large scratch disk',
    before: makeBase,
    intent: intents.create(2, {
      ...onBase,
      scratch: { requested: String((200n << 30n) + 1n), requestedBy: 'a label' },
    }),
    holds: async (backend, result) => {
      await hasScratch(backend, 2, result, 200n << 30n)
      equal(
        'effective size, rounded up',
        'effective' in result ? result.effective : null,
        String((200n << 30n) + mebibyte),
      )
    },
  },
  {
    name: 'create a view with a parent',
    before: makeBase,
    intent: intents.create(2, { ...onBase, kind: 'View', scratch: { requested: '1073741824', requestedBy: 'a rule' } }),
    holds: async (backend, result) => {
      await hasScratch(backend, 2, result, 1n << 30n)
      await perform(backend, intents.attach(2, onBase, 'View'))
      await holds('the view', await filesOf(backend, 2), baseTree)
    },
  },
  {
    name: 'create an unpack layer',
    before: makeBase,
    intent: intents.create(2, { ...onBase, purpose: 'unpack' }),
    holds: (backend, result) => hasNoScratch(backend, 2, result),
  },
]

const changeChild = async (files: PromiseFiles): Promise<void> => {
  await files.write('both', 'of the child')
  await files.write('upper/file', 'of the child')
  await files.remove('lower')
  await files.rename('folder', 'moved')
}
const childTree: Tree = {
  both: 'file of the child',
  moved: 'directory',
  'moved/deep': 'file of the base',
  upper: 'directory',
  'upper/file': 'file of the child',
}

const makeChild = async (backend: Backend): Promise<void> => {
  await makeBase(backend)
  await perform(backend, intents.create(2, onBase))
  await fill(backend, 2, onBase, changeChild)
}

const makeAlone = async (backend: Backend): Promise<void> => {
  await perform(backend, intents.create(2))
  await fill(backend, 2, {}, (files) => files.write('alone', 'x'.repeat(1_000)))
}
const aloneTree: Tree = { alone: `file ${'x'.repeat(1_000)}` }

const attachments: readonly Scenario[] = [
  {
    name: 'attach a parentless layer',
    before: makeAlone,
    intent: intents.attach(2),
    holds: async (backend) => holds('its content', await filesOf(backend, 2), aloneTree),
  },
  {
    name: 'attach a layer with a parent',
    before: makeChild,
    intent: intents.attach(2, onBase),
    holds: async (backend) => holds('its content', await filesOf(backend, 2), childTree),
  },
  {
    name: 'attach a view',
    before: async (backend) => {
      await makeBase(backend)
      await perform(backend, intents.create(2, { ...onBase, kind: 'View' }))
    },
    intent: intents.attach(2, onBase, 'View'),
    holds: async (backend) => holds('its content', await filesOf(backend, 2), baseTree),
  },
  {
    name: 'detach a parentless layer',
    before: async (backend) => {
      await makeAlone(backend)
      await attached(backend, 2, {}, (files) => files.write('more', 'm'))
    },
    intent: intents.detach(2),
    holds: async (backend, result) => {
      equal('size', 'usage' in result ? result.usage.size : undefined, 1_001)
      await left('files of a detached layer', backend.files(2), 'BackendFault')
      await shows(backend, 2, [], { ...aloneTree, more: 'file m' })
    },
  },
  {
    name: 'detach a layer with a parent',
    before: async (backend) => {
      await makeChild(backend)
      await attached(backend, 2, onBase, (files) => files.write('upper/more', 'm'))
    },
    intent: intents.detach(2, onBase),
    holds: async (backend) => {
      await shows(backend, 2, [1], { ...childTree, 'upper/more': 'file m' })
      sameTree('the base below it', await seenThroughView(backend, [1]), baseTree)
    },
  },
  {
    name: 'detach a layer that is not attached',
    before: makeChild,
    intent: intents.detach(2, onBase),
    holds: (backend) => shows(backend, 2, [1], childTree),
  },
]

const seals: readonly Scenario[] = [
  {
    name: 'seal a parentless layer',
    before: makeAlone,
    intent: intents.seal(2),
    active: { parents: [], tree: aloneTree },
    holds: async (backend, result) => {
      ok('its usage counts the files', 'usage' in result && result.usage.size > 1_000, result)
      sameTree('a view of it', await seenThroughView(backend, [2]), aloneTree)
    },
  },
  {
    name: 'seal a layer with a parent',
    before: makeChild,
    intent: intents.seal(2, onBase),
    active: { parents: [1], tree: childTree },
    holds: async (backend, result) => {
      ok('it keeps its scratch disk', 'usage' in result && result.usage.scratch > 0, result)
      sameTree('a view of it', await seenThroughView(backend, [2, 1]), childTree)
    },
  },
  {
    name: 'seal an empty unpack layer',
    before: (backend) => perform(backend, intents.create(2, { purpose: 'unpack' })).then(() => undefined),
    intent: intents.seal(2, { purpose: 'unpack' }),
    holds: async (_backend, result) => equal('size', 'usage' in result ? result.usage.size : undefined, 0),
  },
  {
    name: 'seal a parentless layer that gained a parent',
    before: async (backend) => {
      await makeBase(backend)
      await makeAlone(backend)
    },
    intent: intents.seal(2, { ...onBase, madeParentless: true }),
    active: { parents: [], tree: aloneTree },
    holds: async (backend) =>
      sameTree('a view of it', await seenThroughView(backend, [2, 1]), { ...baseTree, ...aloneTree }),
  },
]

const isGone = async (backend: Backend): Promise<void> => {
  await left('usage of what is gone', backend.usage(2), 'BackendFault')
  await left('files of what is gone', backend.files(2), 'BackendFault')
}

const removals: readonly Scenario[] = [
  { name: 'retire a layer', before: makeChild, intent: intents.retire(2), holds: isGone },
  { name: 'retire a parentless layer', before: makeAlone, intent: intents.retire(2), holds: isGone },
  {
    name: 'retire an attached layer',
    before: async (backend) => {
      await makeChild(backend)
      await attached(backend, 2, onBase, (files) => files.write('lost', ''))
    },
    intent: intents.retire(2),
    holds: async (backend) => {
      await isGone(backend)
      sameTree('the base below it', await seenThroughView(backend, [1]), baseTree)
    },
  },
  { name: 'retire a layer that is not there', before: nothing, intent: intents.retire(2), holds: isGone },
  {
    name: 'destroy a retired layer',
    before: async (backend) => {
      await makeChild(backend)
      await perform(backend, intents.retire(2))
    },
    intent: intents.destroy(2),
    holds: isGone,
  },
  { name: 'destroy a layer under its own name', before: makeChild, intent: intents.destroy(2), holds: isGone },
  { name: 'destroy a layer that is not there', before: nothing, intent: intents.destroy(2), holds: isGone },
]

/** Every intent in every form that matters. */
export const scenarios: readonly Scenario[] = [...creations, ...attachments, ...seals, ...removals]

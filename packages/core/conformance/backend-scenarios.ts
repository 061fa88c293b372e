import type { SnapshotId } from '../src/model/snapshot.js'
import type { Backend } from '../src/runtime/ports.js'
import { equal, ok, rejects } from './assert.js'
import { attached, baseTree, filesOf, fill, intents, perform, seenThroughView, withTar } from './backend-rig.js'
import { holds, sameTree, type Tree } from './content.js'
import { item, tarOf } from './layer-tars.js'
import { left } from './ports.js'
import type { PromiseFiles } from './subject.js'
import { creations } from './backend-creations.js'
import { nothing, onBase, type Scenario, shows } from './backend-scenario.js'

const isDetached = async (backend: Backend, layer: SnapshotId, how = {}): Promise<void> => {
  await rejects('reading a detached layer', filesOf(backend, layer, how).list(''), 'FailedPrecondition')
  await rejects('writing to a detached layer', filesOf(backend, layer, how).write('stray', ''), 'FailedPrecondition')
}

const changeChild = async (files: PromiseFiles): Promise<void> => {
  await files.write('both', 'of the child')
  await files.write('upper/file', 'of the child')
  await files.remove('lower')
  await files.rename('folder', 'moved')
}
export const childTree: Tree = {
  both: 'file of the child',
  kept: 'file of the base',
  moved: 'directory',
  'moved/deep': 'file of the base',
  upper: 'directory',
  'upper/file': 'file of the child',
}

export const makeChild = async (backend: Backend, layer: SnapshotId): Promise<void> => {
  await perform(backend, intents.create(layer, onBase))
  await fill(backend, layer, onBase, changeChild)
}

export const makeAlone = async (backend: Backend, layer: SnapshotId): Promise<void> => {
  await perform(backend, intents.create(layer))
  await fill(backend, layer, {}, (files) => files.write('alone', 'x'.repeat(1_000)))
}
export const aloneTree: Tree = { alone: `file ${'x'.repeat(1_000)}` }

const attachments: readonly Scenario[] = [
  {
    name: 'attach a parentless layer',
    before: makeAlone,
    intent: (layer) => intents.attach(layer),
    check: (backend, layer) => holds('its content', filesOf(backend, layer), aloneTree),
  },
  {
    name: 'attach a layer with a parent',
    before: makeChild,
    intent: (layer) => intents.attach(layer, onBase),
    check: (backend, layer) => holds('its content', filesOf(backend, layer, onBase), childTree),
  },
  {
    name: 'attach a view',
    before: (backend, layer) => perform(backend, intents.create(layer, { ...onBase, kind: 'View' })),
    intent: (layer) => intents.attach(layer, { ...onBase, kind: 'View' }),
    check: (backend, layer) => holds('its content', filesOf(backend, layer, { ...onBase, kind: 'View' }), baseTree),
  },
  {
    name: 'detach a parentless layer',
    before: async (backend, layer) => {
      await makeAlone(backend, layer)
      await attached(backend, layer, {}, (files) => files.write('more', 'm'))
    },
    intent: (layer) => intents.detach(layer),
    check: async (backend, layer, result) => {
      equal('size', 'usage' in result ? result.usage.size : undefined, 1_001)
      await isDetached(backend, layer)
      await shows(backend, layer, [], { ...aloneTree, more: 'file m' })
    },
  },
  {
    name: 'detach a layer with a parent',
    before: async (backend, layer) => {
      await makeChild(backend, layer)
      await attached(backend, layer, onBase, async (files) => {
        await files.write('upper/more', 'm')
        await files.write('both', 'once more')
      })
    },
    intent: (layer) => intents.detach(layer, onBase),
    check: async (backend, layer) => {
      await isDetached(backend, layer, onBase)
      await shows(backend, layer, [1], { ...childTree, both: 'file once more', 'upper/more': 'file m' })
      await perform(backend, intents.create(layer + 500_000, onBase))
      await shows(backend, layer + 500_000, [1], baseTree)
    },
  },
  {
    name: 'detach a layer that is not attached',
    before: makeChild,
    intent: (layer) => intents.detach(layer, onBase),
    check: (backend, layer) => shows(backend, layer, [1], childTree),
  },
]

/** Whatever is on top of an empty layer shows the base layer. */
const carriesBase = async (backend: Backend, layer: SnapshotId): Promise<void> => {
  const upper = { parents: [layer, 1] }
  sameTree('a view of it', await seenThroughView(backend, upper.parents), baseTree)
  await perform(backend, intents.create(layer + 500_000, upper))
  await fill(backend, layer + 500_000, upper, (files) => files.write('upper', 'u'))
  await perform(backend, intents.seal(layer + 500_000, upper))
  const tree = await seenThroughView(backend, [layer + 500_000, ...upper.parents])
  sameTree('a view of a layer on it', tree, { ...baseTree, upper: 'file u' })
}

export const seals: readonly Scenario[] = [
  {
    name: 'seal a parentless layer',
    before: makeAlone,
    intent: (layer) => intents.seal(layer),
    active: { parents: [], tree: aloneTree, sealedOn: [], sealedTree: aloneTree },
    check: async (backend, layer, result) => {
      ok('its usage counts the files', 'usage' in result && result.usage.size > 1_000, result)
      sameTree('a view of it', await seenThroughView(backend, [layer]), aloneTree)
    },
  },
  {
    name: 'seal a layer with a parent',
    before: makeChild,
    intent: (layer) => intents.seal(layer, onBase),
    active: { parents: [1], tree: childTree, sealedOn: [1], sealedTree: childTree },
    check: async (backend, layer, result) => {
      ok('it keeps its scratch disk', 'usage' in result && result.usage.scratch > 0, result)
      sameTree('a view of it', await seenThroughView(backend, [layer, 1]), childTree)
    },
  },
  {
    name: 'seal an empty unpack layer',
    before: (backend, layer) => perform(backend, intents.create(layer, { purpose: 'unpack' })),
    intent: (layer) => intents.seal(layer, { purpose: 'unpack' }),
    check: async (_backend, _layer, result) => equal('size', 'usage' in result ? result.usage.size : undefined, 0),
  },
  {
    name: 'seal an empty unpack layer with a parent',
    before: (backend, layer) => perform(backend, intents.create(layer, { ...onBase, purpose: 'unpack' })),
    intent: (layer) => intents.seal(layer, { ...onBase, purpose: 'unpack' }),
    check: carriesBase,
  },
  {
    name: 'seal an empty unpack layer that gained a parent',
    before: (backend, layer) => perform(backend, intents.create(layer, { purpose: 'unpack' })),
    intent: (layer) => intents.seal(layer, { ...onBase, purpose: 'unpack', madeParentless: true }),
    check: carriesBase,
  },
  {
    name: 'seal an applied layer that gained a parent',
    before: async (backend, layer) => {
      await perform(backend, intents.create(layer, { purpose: 'unpack' }))
      await perform(
        backend,
        intents.import(layer),
        withTar(tarOf(item.folder('Files'), item.file('Files/both', 'tar'))),
      )
    },
    intent: (layer) => intents.seal(layer, { ...onBase, purpose: 'unpack', madeParentless: true, applied: true }),
    check: async (backend, layer) =>
      sameTree('a view of it', await seenThroughView(backend, [layer, 1]), { ...baseTree, both: 'file tar' }),
  },
  {
    name: 'seal a parentless layer that gained a parent',
    before: makeAlone,
    intent: (layer) => intents.seal(layer, { ...onBase, madeParentless: true }),
    active: { parents: [], tree: aloneTree, sealedOn: [1], sealedTree: { ...baseTree, ...aloneTree } },
    check: async (backend, layer) =>
      sameTree('a view of it', await seenThroughView(backend, [layer, 1]), { ...baseTree, ...aloneTree }),
  },
]

const isGone = async (backend: Backend, layer: SnapshotId): Promise<void> => {
  await left('usage of what is gone', backend.usage(layer), 'BackendFault')
  await isDetached(backend, layer)
  await isDetached(backend, layer, onBase)
}

const removals: readonly Scenario[] = [
  { name: 'retire a layer', before: makeChild, intent: intents.retire, check: isGone },
  { name: 'retire a parentless layer', before: makeAlone, intent: intents.retire, check: isGone },
  {
    name: 'retire an attached layer',
    before: async (backend, layer) => {
      await makeChild(backend, layer)
      await attached(backend, layer, onBase, (files) => files.write('lost', ''))
    },
    intent: intents.retire,
    check: isGone,
  },
  { name: 'retire a layer that is not there', before: nothing, intent: intents.retire, check: isGone },
  {
    name: 'destroy a retired layer',
    before: async (backend, layer) => {
      await makeChild(backend, layer)
      await perform(backend, intents.retire(layer))
    },
    intent: intents.destroy,
    check: isGone,
  },
  { name: 'destroy a layer under its own name', before: makeChild, intent: intents.destroy, check: isGone },
  { name: 'destroy a layer that is not there', before: nothing, intent: intents.destroy, check: isGone },
]

/** Every intent in every form that matters. */
export const scenarios: readonly Scenario[] = [...creations, ...attachments, ...seals, ...removals]

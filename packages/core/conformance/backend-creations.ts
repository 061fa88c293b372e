import type { Result } from '../src/model/intent.js'
import type { SnapshotId } from '../src/model/snapshot.js'
import type { Backend } from '../src/runtime/ports.js'
import { equal, ok } from './assert.js'
import { baseTree, intents } from './backend-rig.js'
import { nothing, onBase, type Scenario, shows } from './backend-scenario.js'
import { right } from './ports.js'

const mebibyte = 1n << 20n

const effectiveOf = (result: Result): string | null | undefined =>
  'effective' in result ? result.effective : undefined

const hasNoScratch = async (backend: Backend, layer: SnapshotId, result: Result): Promise<void> => {
  equal('effective size', effectiveOf(result), null)
  const { size, inodes, scratch } = await right('usage', backend.usage(layer))
  equal('usage', { size, inodes, scratch }, { size: 0, inodes: 0, scratch: 0 })
}

const hasScratch = async (backend: Backend, layer: SnapshotId, result: Result, least: bigint): Promise<void> => {
  const effective = BigInt(effectiveOf(result) ?? 0)
  ok('the scratch disk is large enough, in whole MiB', effective >= least && effective % mebibyte === 0n, effective)
  const { size, scratch } = await right('usage', backend.usage(layer))
  ok('the usage counts the scratch disk', scratch > 0 && size >= scratch, { size, scratch })
}

const large = (200n << 30n) + 1n

export const creations: readonly Scenario[] = [
  {
    name: 'create a parentless layer',
    before: nothing,
    intent: (layer) => intents.create(layer),
    check: async (backend, layer, result) => {
      await hasNoScratch(backend, layer, result)
      await shows(backend, layer, [], {})
    },
  },
  {
    name: 'create a parentless view',
    before: nothing,
    intent: (layer) => intents.create(layer, { kind: 'View' }),
    check: async (backend, layer, result) => {
      await hasNoScratch(backend, layer, result)
      await shows(backend, layer, [], {}, 'View')
    },
  },
  {
    name: 'create a layer with a parent',
    before: nothing,
    intent: (layer) => intents.create(layer, onBase),
    check: async (backend, layer, result) => {
      await hasScratch(backend, layer, result, mebibyte)
      await shows(backend, layer, [1], baseTree)
    },
  },
  {
    name: 'create a layer with a large scratch disk',
    before: nothing,
    intent: (layer) =>
      intents.create(layer, { ...onBase, scratch: { requested: String(large), requestedBy: 'a label' } }),
    check: async (backend, layer, result) => {
      await hasScratch(backend, layer, result, large)
      equal('effective size, rounded up', effectiveOf(result), String(large - 1n + mebibyte))
    },
  },
  {
    name: 'create a view with a parent',
    before: nothing,
    intent: (layer) =>
      intents.create(layer, { ...onBase, kind: 'View', scratch: { requested: '1073741824', requestedBy: 'a rule' } }),
    check: async (backend, layer, result) => {
      await hasScratch(backend, layer, result, 1n << 30n)
      await shows(backend, layer, [1], baseTree, 'View')
    },
  },
  {
    name: 'create an unpack layer',
    before: nothing,
    intent: (layer) => intents.create(layer, { ...onBase, purpose: 'unpack' }),
    check: hasNoScratch,
  },
]

import { initialState } from '@varve/core'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { checkers } from '../src/simulate/checkers.js'
import { simulatedDisk } from '../src/simulate/disk.js'
import type { Machine } from '../src/simulate/machine.js'
import { newModel, type Layer, type Model } from '../src/simulate/model.js'

const layer = (id: number, parents: readonly number[]): Layer => ({
  id,
  name: `layer ${id}`,
  kind: 'Committed',
  parents,
  purpose: 'scratch',
  labels: {},
  attachedBy: undefined,
  isHalfDetached: false,
  content: new Map(),
  unsynced: new Set(),
})

/** What only a broken decider could do, which reads the same records as the model. */
const seen = (name: string, model: Model, moment: 'intent' | 'answer', ...rest: readonly unknown[]): unknown => {
  const checker = checkers.find((one) => one.name === name)
  const look = checker?.[moment] as ((...args: readonly unknown[]) => unknown) | undefined
  return look?.({ model, state: { ...initialState('bind'), outstanding: { size: model.asking.size } } }, ...rest)
}

test('"no layer is destroyed below another" sees one that is', () => {
  const model = newModel()
  for (const one of [layer(1, []), layer(2, [1])]) model.layers.set(one.name, one)
  const destroy = { type: 'DestroyLayer', id: '9', layer: 1 }
  assert.match(String(seen('no layer is destroyed below another', model, 'intent', destroy)), /layer 2 stands on it/)
})

test('"pending marks and intents agree" sees a mark that is missing', () => {
  const model = newModel()
  assert.is(seen('pending marks and intents agree', model, 'answer'), undefined)
  model.asking.set('1', { type: 'RemoveAccepted', data: { id: 1, key: 'a' } })
  assert.match(String(seen('pending marks and intents agree', model, 'answer')), /0 names are pending, and 1 should be/)
})

test('"child counts are right" sees a count that is not', () => {
  const model = newModel()
  model.layers.set('layer 1', layer(1, []))
  assert.match(String(seen('child counts are right', model, 'answer')), /counts no record, and 0 stand on it/)
})

test('"foreign directories are moved away, and no others" sees one that was there before, and none that came meanwhile', () => {
  const { disk } = simulatedDisk(() => 0n)
  const opened = checkers.find(({ name }) => name === 'foreign directories are moved away, and no others')?.opened
  const machine = { disk: { disk }, foreign: new Set(['snapshots/9']), model: newModel() } as unknown as Machine
  disk.mkdir('snapshots')
  disk.mkdir('snapshots/9')
  assert.is(opened?.(machine), undefined)
  assert.match(String(opened?.(machine)), /left it where it was/)
  disk.rmdir('snapshots/9')
  assert.is(opened?.(machine), undefined)
  disk.mkdir('snapshots/9')
  assert.is(opened?.(machine), undefined)
})

test.run()

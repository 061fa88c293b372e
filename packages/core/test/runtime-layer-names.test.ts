import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { evolve, initialState, type Clock, type Decided, type Event, type Mount, type Snapshotter } from '@varve/core'
import { openLayerNames } from '../src/runtime/layer-names.js'
import { descriptorFor, mapContent, textBytes } from './support/blobs.js'
import { turns, virtualClock } from './support/clock.js'
import { committed, layer, logCreated, prepared, removed } from './support/events.js'
import { gate, layersBackend, openLayers } from './support/layers.js'
import { sealed } from './support/logs.js'
import { arrayStore } from './support/memory.js'
import { ending, hasEnded, ok, refused } from './support/runtime.js'
import { decidedAfter, stateOf } from './support/spec.js'

const tar = textBytes('a tar')
const unpack = { purpose: 'unpack' } as const

/** A log of so many unpack snapshots, `k1` and so on. */
const storeOf = (count: number): ReturnType<typeof arrayStore> => {
  const store = arrayStore()
  const events: Decided[] = []
  let state = initialState('bind')
  const add = (event: Event): void => {
    const decided = decidedAfter(state, event)
    state = evolve(state, decided)
    events.push(decided)
  }
  add(logCreated)
  for (let id = 1; id <= count; id++) for (const event of prepared(id, `k${id}`, unpack)) add(event)
  store.texts.push(...sealed(events))
  return store
}

/** A clock of which a turn can be held up. */
const holdingClock = () => {
  const shut = gate()
  let isHolding = false
  let turnsTaken = 0
  const clock: Clock = {
    ...virtualClock(),
    yield: () => {
      turnsTaken++
      return isHolding ? shut.opened : turns(1)
    },
  }
  const hold = (): void => {
    isHolding = true
    turnsTaken = 0
  }
  const release = async (): Promise<void> => {
    isHolding = false
    await shut.open()
  }
  return { clock, hold, release, taken: () => turnsTaken }
}

const mountOf = (id: number): readonly Mount[] => [
  { type: 'bind', source: `/layers/snapshots/${id}`, target: '', options: ['rw', 'parentLayerPaths=[]'] },
]

const applyTo = (snapshotter: Snapshotter, id: number) => ending(snapshotter.apply(descriptorFor(tar), mountOf(id)))

test('layers are found by their directories although commands come while the names are gathered', async () => {
  const held = holdingClock()
  const content = mapContent()
  content.put(tar)
  const opened = await openLayers({
    clock: held.clock,
    from: { store: storeOf(2_500), content, backend: layersBackend() },
  })
  const { snapshotter, backend } = opened
  held.hold()
  const first = applyTo(snapshotter, 2_400)
  await turns()
  assert.is(held.taken(), 1, 'the names are gathered in one go')
  assert.not.ok(await hasEnded(first))
  for (let id = 1; id <= 2_500; id += 100) await ok(snapshotter.commit(`n${id}`, `k${id}`))
  for (let id = 2; id <= 2_500; id += 100) await ok(snapshotter.remove(`k${id}`))
  await ok(snapshotter.prepare('late', unpack))
  await ok(snapshotter.prepare('late and gone', unpack))
  await ok(snapshotter.remove('late and gone'))
  const second = applyTo(snapshotter, 2_501)
  await held.release()
  assert.equal([await first, await second], ['done', 'done'])
  for (let id = 1; id <= 2_500; id += 100) assert.is(await applyTo(snapshotter, id), 'FailedPrecondition', `${id}`)
  for (let id = 2; id <= 2_500; id += 100) assert.is(await applyTo(snapshotter, id), 'NotFound', `${id}`)
  for (const id of [3, 1_000, 2_500]) assert.is(await applyTo(snapshotter, id), 'done')
  assert.is(await applyTo(snapshotter, 2_502), 'NotFound')
  assert.is(backend.contents.size, 5)
  await ok(snapshotter.close())
})

test('nothing is gathered for those who never apply or compare', async () => {
  const held = holdingClock()
  const { snapshotter } = await openLayers({ clock: held.clock, from: { store: storeOf(1_500) } })
  held.hold()
  await ok(snapshotter.prepare('a', unpack))
  assert.is(held.taken(), 0)
  await held.release()
  await ok(snapshotter.close())
})

test('a name follows its layer once it is gathered', async () => {
  const { snapshotter, content } = await openLayers()
  content.put(tar)
  assert.is(await applyTo(snapshotter, 1), 'NotFound')
  await ok(snapshotter.prepare('a', unpack))
  assert.is(await applyTo(snapshotter, 1), 'done')
  await ok(snapshotter.commit('n', 'a'))
  const refusal = await refused(snapshotter.apply(descriptorFor(tar), mountOf(1)))
  assert.match(refusal.message, 'snapshot n is Committed')
  await ok(snapshotter.remove('n'))
  assert.is(await applyTo(snapshotter, 1), 'NotFound')
  await ok(snapshotter.close())
})

test('names are gathered once, of what was accepted then, and follow events from then on', async () => {
  const history = [...layer(1, 'base'), ...prepared(2, 'a'), ...prepared(3, 'b')]
  let state = stateOf(history)
  let asked = 0
  const names = openLayerNames(() => {
    asked++
    return state
  }, virtualClock())
  const follow = (events: readonly Event[]): void => {
    for (const event of events) {
      const decided = decidedAfter(state, event)
      state = evolve(state, decided)
      names.follow([decided])
    }
  }
  follow(committed(2, 'a', 'n'))
  assert.is(names.get(2), undefined, 'it is kept up before anybody asked')
  await Promise.all([names.ready(), names.ready()])
  follow([...removed(3, 'b'), ...prepared(4, 'c')])
  await names.ready()
  assert.is(asked, 1)
  assert.equal(
    [1, 2, 3, 4, 5].map((id) => names.get(id)),
    ['base', 'n', undefined, 'c', undefined],
  )
})

test.run()

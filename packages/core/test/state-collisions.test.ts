import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { nameLimit, step, initialState, type State } from '@varve/core'
import { textProblem, utf8Length } from '../src/model/text.js'
import { changes, collectRows, emptyTable, entries, get, remove, set } from '../src/state/table.js'
import { settle } from './support/actions.js'
import { collidingKeys } from './support/collisions.js'
import { timeOf } from './support/spec.js'

const keys = collidingKeys(10_000)

const empty = emptyTable((row) => Number(row))
const full = keys.reduce((table, key, index) => set(table, key, index), empty)

/** Milliseconds of the processor's time, so that other processes don't count; of three tries while those are too slow. */
const milliseconds = (work: () => void): number => {
  let best = Infinity
  for (let time = 0; time < 3 && best >= 1_000; time++) {
    const before = process.cpuUsage()
    work()
    const { user, system } = process.cpuUsage(before)
    best = Math.min(best, (user + system) / 1_000)
  }
  return best
}

test('the keys are legal names, all different, and do collide', () => {
  assert.is(new Set(keys).size, 10_000)
  for (const key of keys) {
    assert.is(textProblem(key), undefined)
    assert.ok(utf8Length(key) <= nameLimit)
  }
  assert.is(full.size, 10_000)
  assert.is(full.root?.tag === 2 ? full.root.leaves.length : 'no collision', 10_000)
})

test('10,000 colliding keys are set, read, listed and removed in less than a second each', () => {
  const times = {
    setting: milliseconds(() => assert.is(keys.reduce((table, key) => set(table, key, 1), empty).size, 10_000)),
    loading: milliseconds(() => {
      const rows = collectRows(Number)
      for (const key of keys) rows.add(key, '1')
      assert.is(rows.table().size, 10_000)
    }),
    reading: milliseconds(() => {
      for (const [index, key] of keys.entries()) assert.is(get(full, key), index)
    }),
    listing: milliseconds(() => assert.is([...entries(full)].length, 10_000)),
    comparing: milliseconds(() => assert.is([...changes(empty, full)].length, 10_000)),
    removing: milliseconds(() => assert.is(keys.reduce((table, key) => remove(table, key), full).size, 0)),
  }
  for (const [what, time] of Object.entries(times)) assert.ok(time < 1_000, `${what} took ${Math.round(time)} ms`)
})

test('a collision splits and joins again when other keys come and go', () => {
  const some = keys.slice(0, 20)
  let table = some.reduce((into, key, index) => set(into, key, index), set(empty, 'first', -1))
  for (let other = 0; other < 200; other++) table = set(table, `other ${other}`, other)
  for (const [index, key] of some.entries()) assert.is(get(table, key), index)
  for (let other = 0; other < 200; other++) table = remove(table, `other ${other}`)
  table = remove(table, 'first')
  assert.is(table.root?.tag === 2 ? table.root.leaves.length : 'no collision', 20)
  for (const key of some.slice(1)) table = remove(table, key)
  assert.is(table.root?.tag, 0)
  assert.is(get(table, some[0] as string), 0)
})

test('snapshots whose keys collide are made in less than a second', () => {
  const time = milliseconds(() => {
    let state: State = initialState('bind')
    for (const key of keys.slice(0, 1_000)) {
      const result = step(state, { type: 'Prepare', key }, timeOf(state.seq))
      if (result._tag === 'Left') throw new Error(result.left.message)
      state = settle(result.right.state)
    }
    assert.is(state.snapshots.size, 1_000)
  })
  assert.ok(time < 1_000, `it took ${Math.round(time)} ms`)
})

test.run()

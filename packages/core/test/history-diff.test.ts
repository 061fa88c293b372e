import { test } from 'uvu'
import * as assert from 'uvu/assert'
import * as fc from 'fast-check'
import { changesBetween, type Changes, type State } from '@varve/core'
import { entries, get } from '../src/state/table.js'
import { isAttached } from '../src/state/state.js'
import { actions, recordedIn, runActions } from './support/actions.js'
import { attached, layer, logCreated, prepared, removed, updated } from './support/events.js'
import { sealed } from './support/logs.js'
import { checkAsync } from './support/random.js'
import { ok } from './support/runtime.js'
import { stateOf } from './support/spec.js'
import { decided, historyOf, prefix } from './support/histories.js'

const namesOf = (state: State): readonly string[] => [...entries(state.snapshots)].map(([name]) => name).sort()

const diffLaws = (changes: Changes, before: State, after: State): void => {
  const idsOf = (state: State): readonly string[] =>
    [...entries(state.snapshots)].map(([name, { id }]) => `${name} ${id}`)
  const named = (all: Changes['added']): readonly string[] => all.map(({ name, id }) => `${name} ${id}`)
  const gone = new Set(named(changes.removed))
  const there = [...idsOf(before).filter((one) => !gone.has(one)), ...named(changes.added)]
  assert.equal([...there].sort(), [...idsOf(after)].sort())
  const whole = (state: State, name: string): unknown => ({
    ...get(state.snapshots, name),
    attached: isAttached(state, name),
  })
  const changed = new Map(changes.changed.map((one) => [one.name, one.fields]))
  for (const name of namesOf(before)) {
    if (get(before.snapshots, name)?.id !== get(after.snapshots, name)?.id) continue
    const isSame = JSON.stringify(whole(before, name)) === JSON.stringify(whole(after, name))
    assert.is(changed.has(name), !isSame, `${name} changed`)
  }
}

test('a difference tells what came, what went and what changed, and nothing else; of a moment and itself it is empty', async () => {
  await checkAsync(
    fc.asyncProperty(actions, fc.nat(200), fc.nat(200), async (taken, one, other) => {
      const texts = sealed(recordedIn(runActions(taken)))
      const history = await historyOf(texts)
      const [from, to] = [one % (texts.length + 1), other % (texts.length + 1)]
      const changes = await ok(history.diff(from, to))
      assert.equal([changes.from, changes.to], [from, to])
      diffLaws(changes, prefix(texts, from), prefix(texts, to))
      assert.equal(await ok(history.diff(from, from)), { from, to: from, added: [], removed: [], changed: [] })
    }),
    60,
  )
})

test('a difference names the fields', async () => {
  const events = [
    logCreated,
    ...layer(1, 'base'),
    ...prepared(2, 'a', { labels: { x: '1', y: '1' } }),
    ...prepared(3, 'gone'),
    updated('a', { x: '2', z: '3' }),
    ...attached(2, 'a'),
    ...removed(3, 'gone'),
    ...prepared(4, 'gone', { parent: 'base' }),
  ]
  const history = await historyOf(sealed(decided(events)))
  const { added, removed: left, changed } = await ok(history.diff(9, events.length))
  assert.equal(added, [{ name: 'gone', id: 4 }])
  assert.equal(left, [{ name: 'gone', id: 3 }])
  assert.equal(changed, [
    {
      name: 'a',
      id: 2,
      fields: [
        { path: 'labels.x', before: '1', after: '2' },
        { path: 'labels.y', before: '1', after: undefined },
        { path: 'labels.z', before: undefined, after: '3' },
        { path: 'updated', before: '2024-02-28T23:59:57.000000000Z', after: '2024-02-29T00:00:00.000000000Z' },
        { path: 'attached', before: false, after: true },
      ],
    },
    { name: 'base', id: 1, fields: [{ path: 'children', before: 0, after: 1 }] },
  ])
})

test('what is attached is a change of its own', () => {
  const before = stateOf([logCreated, ...prepared(1, 'a')])
  const after = stateOf(attached(1, 'a'), 'bind', before)
  const fields = [{ path: 'attached', before: false, after: true }]
  assert.equal([...changesBetween(before, after)], [{ change: 'changed', name: 'a', id: 1, fields }])
  assert.equal(
    [...changesBetween(before, stateOf(removed(1, 'a'), 'bind', after))],
    [{ change: 'removed', name: 'a', id: 1 }],
  )
})

test.run()

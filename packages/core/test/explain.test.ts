import { test } from 'uvu'
import * as assert from 'uvu/assert'
import * as E from 'fp-ts/lib/Either.js'
import * as fc from 'fast-check'
import {
  evolve,
  explain,
  explanationText,
  openHistory,
  initialState,
  step,
  type Command,
  type Decided,
  type Event,
  type Explanation,
  type State,
} from '@varve/core'
import { entries } from '../src/state/table.js'
import { actions, recordedIn, runActions } from './support/actions.js'
import {
  committing,
  destroyed,
  givenUp,
  layer,
  logCreated,
  prepared,
  prepareFailed,
  preparing,
  removed,
  removing,
  rescued,
  updated,
} from './support/events.js'
import { sealed } from './support/logs.js'
import { virtualClock } from './support/clock.js'
import { arrayStore, recordingBackend } from './support/memory.js'
import { check, checkAsync } from './support/random.js'
import { ok, open, refused } from './support/runtime.js'
import { decidedAfter, timeOf } from './support/spec.js'

/** The texts of a log. `by`: who asked, by the number of the event. */
const logOf = (events: readonly Event[], by: Readonly<Record<number, string>> = {}): readonly string[] => {
  const all: Decided[] = []
  let state = initialState('bind')
  for (const event of events) {
    const decided = decidedAfter(state, event)
    const who = by[decided.seq]
    all.push(who === undefined ? decided : { ...decided, cause: { ...decided.cause, by: who } })
    state = evolve(state, decided)
  }
  return sealed(all)
}

const explained = (texts: readonly string[], target: string | number): Explanation => {
  const result = explain(texts, target)
  if (E.isLeft(result)) throw new Error(result.left.message)
  return result.right
}

const seqs = ({ story }: Explanation): readonly number[] => story.map(({ seq }) => seq)

/** 1 log, 2 to 5 base, 6 and 7 a, 8 labels, 9 and 10 removal of a, 11 destroyed, 12 and 13 a again. */
const twice = [
  logCreated,
  ...layer(1, 'base'),
  ...prepared(2, 'a', { parent: 'base' }),
  updated('a', { x: '1' }),
  ...removed(2, 'a'),
  destroyed(2),
  ...prepared(3, 'a', { parent: 'base' }),
]
const log = logOf(twice, { 2: 'alice', 6: 'bob', 9: 'carol', 12: 'dan' })

test('a snapshot is explained by the events of its life, with who asked for each', () => {
  const { story, ...rest } = explained(log, 2)
  assert.equal(rest, {
    id: 2,
    name: 'a',
    now: 'removed',
    parent: 'base',
    ended: story[4],
    blockers: [],
    owed: false,
    others: [3],
  })
  assert.equal(
    story.map(({ seq, type, by }) => [seq, type, by]),
    [
      [6, 'PrepareAccepted', 'bob'],
      [7, 'Prepared', 'bob'],
      [8, 'Updated', null],
      [9, 'RemoveAccepted', 'carol'],
      [10, 'Removed', 'carol'],
      [11, 'Destroyed', 'carol'],
    ],
  )
  assert.is(story[2]?.text, 'its labels became {"x":"1"}')
})

test('a key means the snapshot that has it, or had it last', () => {
  assert.equal(seqs(explained(log, 'a')), [12, 13])
  assert.equal(explained(log, 'a').others, [2])
  assert.equal(seqs(explained(log.slice(0, 11), 'a')), [6, 7, 8, 9, 10, 11])
  assert.equal(seqs(explained(log, 'base-key')), [2, 3, 4, 5])
  assert.is(explained(log, 'base-key').name, 'base')
  const later = logOf([...twice, updated('a', { y: '2' })])
  assert.equal(
    [seqs(explained(later, 'a')), seqs(explained(later, 2))],
    [
      [12, 13, 14],
      [6, 7, 8, 9, 10, 11],
    ],
  )
})

test('what was never there is not found', () => {
  for (const target of ['none', 'base-ke', 99]) {
    const result = explain(log, target)
    assert.is(E.isLeft(result) && result.left._tag, 'NotFound')
  }
  const result = explain(log.slice(1), 'a')
  assert.is(E.isLeft(result) && result.left._tag, 'StoreFault')
})

test('what stands on a snapshot blocks its removal, also what is only being made', () => {
  const history: readonly Event[] = [
    ...twice,
    ...prepared(4, 'b', { parent: 'base' }),
    preparing(5, 'coming', { parent: 'base' }),
    ...prepared(6, 'gaining'),
    committing(6, 'gaining', 'gained', { parent: 'base' }),
    committing(4, 'b', 'own', { parent: 'base' }),
  ]
  assert.equal(
    explained(logOf(history), 'base').blockers.map(({ kind, name }) => `${kind} ${name}`),
    ['child a', 'child b', 'child coming', 'child gaining'],
  )
  const { blockers, now } = explained(logOf(history), 'coming')
  assert.equal([now, blockers], ['being made', [{ kind: 'pending', name: 'coming', intent: '16' }]])
})

test('a removal that waits says for what', () => {
  const leaving = [...twice, removing(3, 'a')]
  assert.equal(explained(logOf(leaving), 'a').blockers, [{ kind: 'pending', name: 'a', intent: '14' }])
  assert.not.ok(explained(logOf(leaving), 'a').owed)
  assert.equal(explained(logOf(leaving), 2).blockers, [])
  assert.equal(explained(logOf(leaving), 'base').blockers, [
    { kind: 'child', name: 'a', intent: null },
    { kind: 'pending', name: 'a', intent: '14' },
  ])
})

test('what was never made says why, and what is left of it is owed', () => {
  const failed = logOf([logCreated, preparing(1, 'a'), prepareFailed(1, 'a')])
  const { now, ended, owed } = explained(failed, 'a')
  assert.equal([now, ended?.text, owed], ['never made', 'its layer could not be made: access denied', true])
  assert.not.ok(explained(logOf([logCreated, preparing(1, 'a'), prepareFailed(1, 'a'), destroyed(1)]), 'a').owed)
  assert.ok(explained(log.slice(0, 10), 'a').owed)
})

test('the parent is the one it has once committed', () => {
  const events = [...twice, ...prepared(4, 'b')]
  assert.is(explained(logOf(events), 'b').parent, '')
  const rebasing: readonly Event[] = [...events, committing(4, 'b', 'n', { parent: 'base' })]
  assert.is(explained(logOf(rebasing), 'b').parent, '')
  const usage = { size: 1, inodes: 0, onDisk: 1, scratch: 0 }
  const rebased: readonly Event[] = [...rebasing, { type: 'Committed', data: { id: 4, key: 'b', name: 'n', usage } }]
  assert.is(explained(logOf(rebased), 'n').parent, 'base')
})

test('an explanation for people', () => {
  assert.is(
    explanationText(explained(log, 2)),
    [
      'snapshot 2, "a" on "base": removed',
      '       6  2024-02-28T23:59:56.000000000Z  PrepareAccepted  prepare "a" on "base" was accepted  (asked by "bob")',
      '       7  2024-02-28T23:59:57.000000000Z  Prepared         its layer was made  (asked by "bob")',
      '       8  2024-02-28T23:59:58.000000000Z  Updated          its labels became {"x":"1"}',
      '       9  2024-02-28T23:59:59.000000000Z  RemoveAccepted   removal of "a" was accepted  (asked by "carol")',
      '      10  2024-02-29T00:00:00.000000000Z  Removed          its record was removed; what is left of it, rm-2, is to be destroyed  (asked by "carol")',
      '      11  2024-02-29T00:00:01.000000000Z  Destroyed        what was left of it was destroyed  (asked by "carol")',
      'It was removed at 2024-02-29T00:00:00.000000000Z (asked by "carol").',
      'Other snapshots had this name: 3.',
    ].join('\n'),
  )
  const endingOf = (texts: readonly string[], target: string): string =>
    explanationText(explained(texts, target)).split('\n').slice(-2).join('\n')
  assert.is(endingOf(log, 'base'), 'In the way of its removal:\n  "a" stands on it')
  assert.match(endingOf(log.slice(0, 5), 'base'), /\nNothing stands in the way of its removal\.$/)
  assert.match(
    endingOf(log.slice(0, 10), 'a'),
    /\(asked by "carol"\)\.\nWhat is left of it on the disk is still to be destroyed\.$/,
  )
  assert.match(endingOf(logOf([...twice, removing(3, 'a')]), 'a'), /intent 14 on "a" has to end first/)
  assert.match(
    endingOf(logOf([...layer(1, 'b'), ...removed(1, 'b'), destroyed(1)]), 'b'),
    /\(nobody said who asked\)\.$/,
  )
})

const removal = (state: State, key: string): string => {
  const command: Command = { type: 'Remove', key }
  const stepped = step(state, command, timeOf(state.seq + 1))
  return E.isRight(stepped) ? 'done' : stepped.left._tag
}

test('nothing is in the way of a removal just when it is accepted', () => {
  check(
    fc.property(actions, (taken) => {
      const turns = runActions(taken)
      const state = turns.at(-1)?.after ?? initialState('bind')
      const texts = sealed(recordedIn(turns))
      for (const [name, snapshot] of entries(state.snapshots)) {
        const { blockers, now, id } = explained(texts, name)
        assert.equal([now, id], [snapshot.kind, snapshot.id])
        const answer = removal(state, name)
        assert.is(blockers.length === 0, answer === 'done', `${name}: ${answer}`)
        if (answer === 'Unavailable') assert.ok(blockers.some(({ kind }) => kind === 'pending'))
        if (answer === 'FailedPrecondition') assert.ok(blockers.every(({ kind }) => kind === 'child'))
      }
    }),
    60,
  )
})

test('every record but those of the log itself belongs to one life', () => {
  check(
    fc.property(actions, (taken) => {
      const turns = runActions(taken)
      const texts = sealed(recordedIn(turns))
      const lastId = turns.at(-1)?.after.lastId ?? 0
      const told = Array.from({ length: lastId }, (_, index) => seqs(explained(texts, index + 1))).flat()
      assert.equal(
        told.toSorted((one, other) => one - other),
        texts.map((_, index) => index + 1),
      )
    }),
    30,
  )
})

test('a history and a running snapshotter explain as the log does', async () => {
  await checkAsync(
    fc.asyncProperty(actions, async (taken) => {
      const texts = sealed(recordedIn(runActions(taken)))
      const store = arrayStore()
      store.texts.push(...texts)
      const history = await ok(openHistory(store))
      for (const target of ['a', 'b', 'k', 'extract-c', 1, 2, 3]) {
        assert.equal(await history.explain(target)(), explain(texts, target))
      }
    }),
    15,
  )
  const store = arrayStore()
  const snapshotter = await open({ store, backend: recordingBackend() })
  await ok(snapshotter.prepare('a', { by: 'alice' }))
  await ok(snapshotter.remove('a', { by: 'bob' }))
  assert.equal((await ok(snapshotter.explain('a'))).ended?.by, 'bob')
  assert.is((await refused(snapshotter.explain('none')))._tag, 'NotFound')
  await ok(snapshotter.close())
  assert.is((await refused(snapshotter.explain('a')))._tag, 'Closed')
})

test('explaining gives others their turn', async () => {
  const clock = virtualClock()
  let yields = 0
  const turn = (): Promise<void> => {
    yields++
    return clock.yield()
  }
  const store = arrayStore()
  const snapshotter = await open({ store, clock: { ...clock, yield: turn } })
  await ok(snapshotter.prepare('k'))
  await ok(snapshotter.commit('base', 'k'))
  for (let n = 0; n < 3; n++) {
    const prepare = (index: number) => ok(snapshotter.prepare(`${n} ${index}`, { parent: 'base' }))
    await Promise.all(Array.from({ length: 1_000 }, (_, index) => prepare(index)))
  }
  yields = 0
  assert.is((await ok(snapshotter.explain('base'))).blockers.length, 3_000)
  assert.is(yields, Math.floor(store.texts.length / 250) + 3)
  await ok(snapshotter.close())
})

test('what was rescued and what was given up is told, with who asked', () => {
  const texts = logOf(
    [logCreated, rescued(7, 'base', { labels: { a: '1' } }), rescued(8, 'top', { parent: 'base' }), givenUp(8, 'top')],
    { 4: 'repair' },
  )
  const base = explained(texts, 'base')
  assert.equal([base.now, seqs(base), base.blockers], ['Committed', [2], []])
  const top = explained(texts, 8)
  assert.equal([top.now, top.parent, seqs(top), top.ended?.by], ['given up', 'base', [3, 4], 'repair'])
  assert.match(explanationText(top), 'It was given up at')
  assert.is(explained(texts, 'top').id, 8)
})

test.run()

import { test } from 'uvu'
import * as assert from 'uvu/assert'
import * as E from 'fp-ts/lib/Either.js'
import * as fc from 'fast-check'
import { decide, evolve, initialState, intentsOf, type Command, type State } from '@varve/core'
import { giveUp } from '../src/decider/give-up.js'
import { intentOf } from '../src/decider/intents.js'
import { entries, get } from '../src/state/table.js'
import { actions, intentsIn, outstandingOf, plain, recordedIn, runActions, settle } from './support/actions.js'
import { check } from './support/random.js'
import { decidedAfter } from './support/spec.js'

const claimsParent = (state: State): readonly string[] => [
  ...[...entries(state.snapshots)].map(([, { parent }]) => parent),
  ...outstandingOf(state).flatMap((asking) => {
    if (asking.type === 'PrepareAccepted') return [asking.data.parent]
    if (asking.type !== 'CommitAccepted') return []
    return get(state.snapshots, asking.data.key)?.parent === asking.data.parent ? [] : [asking.data.parent]
  }),
]

const namesOf = (state: State): readonly string[] =>
  outstandingOf(state).flatMap((asking) => {
    if (asking.type === 'CommitAccepted') return [asking.data.key, asking.data.name]
    return asking.type === 'Removed' || asking.type === 'PrepareFailed' ? [] : [asking.data.key]
  })

/** What holds in every state, told from its tables alone. */
const holds = (state: State): void => {
  const claims = claimsParent(state)
  for (const [name, snapshot] of entries(state.snapshots)) {
    assert.is(snapshot.name, name)
    assert.is(snapshot.children, claims.filter((parent) => parent === name).length, `children of ${name}`)
    if (snapshot.kind !== 'Committed') assert.is(snapshot.children, 0)
    if (snapshot.parent !== '') assert.is(get(state.snapshots, snapshot.parent)?.kind, 'Committed')
    assert.ok(snapshot.id <= state.lastId)
  }
  const ids = [...entries(state.snapshots)].map(([, { id }]) => id)
  assert.is(new Set(ids).size, ids.length, 'two snapshots have one id')
  assert.equal([...entries(state.pending)].map(([name]) => name).sort(), [...namesOf(state)].sort())
  for (const [key] of entries(state.attached)) assert.not.equal(get(state.snapshots, key)?.kind, 'Committed')
  for (const [key] of entries(state.attached)) assert.ok(get(state.snapshots, key) !== undefined)
}

/** Whether a commit under way is to give the snapshot a parent that the layer is, or stands on. */
const gains = (state: State, key: string, id: number): boolean =>
  outstandingOf(state).some(({ type, data }) => {
    if (type !== 'CommitAccepted' || data.key !== key) return false
    const parent = get(state.snapshots, data.parent)
    return parent !== undefined && (parent.id === id || parent.parents?.includes(id) === true)
  })

test('whatever is asked and however it ends, the tables agree with each other', () => {
  check(
    fc.property(actions, (taken) => {
      for (const { after } of runActions(taken)) holds(after)
    }),
    300,
  )
})

const givenUpIn = (state: State, id: number): State =>
  giveUp(state, new Map([[id, 'it is lost']])).reduce((now, event) => evolve(now, decidedAfter(now, event)), state)

test('whatever layer is given up in whatever state, the tables agree, and all that stood on it is gone', () => {
  check(
    fc.property(actions, fc.nat(30), (taken, which) => {
      for (const { after } of runActions(taken)) {
        const id = 1 + (which % Math.max(1, after.lastId))
        const state = givenUpIn(after, id)
        holds(state)
        assert.not.ok([...entries(state.snapshots)].some(([, one]) => one.id === id || one.parents?.includes(id)))
        const asking = outstandingOf(state).filter(({ type }) => type !== 'Removed' && type !== 'PrepareFailed')
        assert.not.ok(asking.some(({ data }) => data.id === id))
        for (const [name, snapshot] of entries(after.snapshots)) {
          const stays = snapshot.id !== id && snapshot.parents?.includes(id) !== true && !gains(after, name, id)
          assert.is(get(state.snapshots, name) !== undefined, stays, name)
        }
      }
    }),
    100,
  )
})

test('every id is given out once', () => {
  check(
    fc.property(actions, (taken) => {
      const ids = recordedIn(runActions(taken)).flatMap((event) =>
        event.type === 'PrepareAccepted' ? [event.data.id] : [],
      )
      assert.equal(
        ids,
        ids.map((_, index) => index + 1),
      )
    }),
    100,
  )
})

test('numbers have no gap, and each event that ends an intent names it', () => {
  check(
    fc.property(actions, (taken) => {
      const turns = runActions(taken)
      assert.equal(
        recordedIn(turns).map(({ seq }) => seq),
        recordedIn(turns).map((_, index) => index + 1),
      )
      for (const { input, result } of turns) {
        if (E.isLeft(result)) continue
        const isOutcome = input.type === 'Succeeded' || input.type === 'Failed'
        for (const { seq, cause } of result.right.recorded) assert.is(cause.id, isOutcome ? input.intent : String(seq))
      }
    }),
    100,
  )
})

test('folding the events again gives the same state and the same intents', () => {
  check(
    fc.property(actions, fc.constantFrom('bind' as const, 'windows-layer' as const), (taken, profile) => {
      const turns = runActions(taken, profile)
      const intents = intentsIn(turns)
      let state = initialState(profile)
      for (const event of recordedIn(turns)) {
        state = evolve(state, event)
        for (const intent of intentsOf(state, event)) assert.equal(intent, intents.get(intent.id))
      }
      assert.equal(plain(state), plain(turns.at(-1)?.after ?? initialState(profile)))
    }),
    150,
  )
})

test('an intent is the same whenever it is derived while it is outstanding', () => {
  check(
    fc.property(actions, (taken) => {
      const turns = runActions(taken)
      const intents = intentsIn(turns)
      for (const { after } of turns) {
        for (const asking of outstandingOf(after)) {
          assert.equal(intentOf(after, asking), intents.get(String(asking.seq)))
        }
      }
    }),
    150,
  )
})

test('neither deciding nor folding touches the state it begins with', () => {
  check(
    fc.property(actions, (taken) => {
      const seen: (readonly [State, string])[] = []
      for (const { before } of runActions(taken)) seen.push([before, JSON.stringify(plain(before))])
      for (const [state, text] of seen) assert.is(JSON.stringify(plain(state)), text)
    }),
    50,
  )
})

/** What asking a second time is answered, once everything has ended well: a commit that was cancelled too late, too. */
const again: Readonly<Record<Command['type'], readonly string[]>> = {
  Prepare: ['AlreadyExists'],
  View: ['AlreadyExists'],
  Commit: ['NotFound'],
  Remove: ['NotFound'],
  Attach: ['nothing'],
  Detach: ['nothing'],
  Update: ['Updated'],
  Apply: ['nothing'],
  Cancel: ['NotFound', 'FailedPrecondition'],
}

test('asked again after it is done, a command is refused or does nothing', () => {
  const done = new Map<string, number>()
  check(
    fc.property(actions, (taken) => {
      for (const { input, result } of runActions(taken)) {
        if (E.isLeft(result) || input.type === 'Succeeded' || input.type === 'Failed') continue
        const answer = decide(settle(result.right.state), input)
        const word = E.isLeft(answer) ? answer.left._tag : (answer.right[0]?.type ?? 'nothing')
        assert.ok(again[input.type].includes(word), `${input.type} asked again: ${word}`)
        done.set(input.type, (done.get(input.type) ?? 0) + 1)
      }
    }),
    100,
  )
  for (const type of Object.keys(again))
    assert.ok((done.get(type) ?? 0) > 5, `${type} was accepted ${done.get(type)} times`)
})

test('a cancelled commit or apply stays pending until it has ended, and is cancelled once', () => {
  let cancelled = 0
  check(
    fc.property(actions, (taken) => {
      for (const { input, result, before, after } of runActions(taken)) {
        if (input.type !== 'Cancel' || E.isLeft(result)) continue
        assert.equal([after.pending, after.snapshots], [before.pending, before.snapshots])
        assert.is(after.outstanding.size, before.outstanding.size)
        assert.equal(decide(after, input), E.right([]))
        cancelled += result.right.recorded.length
      }
    }),
    300,
  )
  assert.ok(cancelled > 10, `${cancelled} were cancelled`)
})

test('what was applied stays with the snapshot whatever becomes of it', () => {
  let committed = 0
  check(
    fc.property(actions, (taken) => {
      const unpacked = new Map<number, unknown>()
      for (const { after } of runActions(taken)) {
        for (const [, snapshot] of entries(after.snapshots)) {
          const before = unpacked.get(snapshot.id)
          if (before !== undefined) assert.equal(snapshot.unpacked, before)
          if (snapshot.unpacked === undefined) continue
          assert.is(snapshot.purpose, 'unpack')
          unpacked.set(snapshot.id, snapshot.unpacked)
          if (snapshot.kind === 'Committed') committed++
        }
      }
    }),
    400,
  )
  assert.ok(committed > 10, `${committed} were committed`)
})

test('an update asked again leaves the labels as they are', () => {
  check(
    fc.property(actions, (taken) => {
      for (const { input, result } of runActions(taken)) {
        if (E.isLeft(result) || input.type !== 'Update') continue
        const answer = decide(result.right.state, input)
        assert.equal(
          E.isRight(answer) && answer.right.map(({ data }) => data),
          result.right.recorded.map(({ data }) => data),
        )
      }
    }),
    50,
  )
})

test.run()

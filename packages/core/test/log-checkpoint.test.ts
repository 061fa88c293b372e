import { test } from 'uvu'
import * as assert from 'uvu/assert'
import * as fc from 'fast-check'
import { initialState } from '@varve/core'
import { checkpointRows, headRow, openHeadRow } from '../src/log/checkpoint.js'
import { actions, plain, recordedIn, runActions } from './support/actions.js'
import { keep, loaded, type Kept } from './support/checkpoints.js'
import { layer, prepared, preparing, removed, updated } from './support/events.js'
import { replayed, sealed } from './support/logs.js'
import { check } from './support/random.js'
import { stateOf } from './support/spec.js'

const hash = 'f'.repeat(64)

test('a checkpoint loaded from its rows is the state that it was made of', () => {
  check(
    fc.property(actions, fc.array(fc.nat(80), { maxLength: 4 }), (taken, pauses) => {
      const turns = runActions(taken)
      const kept: Kept = new Map()
      let checkpointed = initialState('bind')
      for (const [index, { after }] of turns.entries()) {
        if (!pauses.includes(index) && index < turns.length - 1) continue
        keep(kept, checkpointRows(checkpointed, after, hash))
        checkpointed = after
      }
      const found = loaded(kept, 'bind')
      assert.equal(plain(found.state), plain(checkpointed))
      assert.is(found.hash, hash)
    }),
    100,
  )
})

test('a log is the same read from its start or from a checkpoint on', () => {
  check(
    fc.property(actions, fc.nat(80), (taken, pause) => {
      const texts = sealed(recordedIn(runActions(taken)))
      const middle = replayed(texts.slice(0, pause % (texts.length + 1)))
      const kept: Kept = new Map()
      keep(kept, checkpointRows(initialState('bind'), middle.state, middle.hash))
      const rest = replayed(texts.slice(middle.state.seq), loaded(kept, 'bind'))
      const all = replayed(texts)
      assert.equal(plain(rest.state), plain(all.state))
      assert.is(rest.hash, all.hash)
    }),
    100,
  )
})

test('a checkpoint writes what changed since the one before and no more', () => {
  const before = stateOf([...layer(1, 'base'), ...prepared(2, 'a', { parent: 'base' }), ...prepared(3, 'b')])
  const after = stateOf([updated('b', { x: '1' }), ...removed(2, 'a'), preparing(4, 'c')], 'bind', before)
  const rows = [...checkpointRows(before, after, hash)]
  assert.equal(
    rows.map(({ key, value }) => `${key}${value === undefined ? ' gone' : ''}`).sort(),
    ['h', 'o12', 'o11', 'pc', 'sa gone', 'sb', 'sbase'].sort(),
  )
  assert.equal(
    [...checkpointRows(after, after, hash)].map(({ key }) => key),
    ['h'],
  )
})

test('the head says which record it stands for; the profile is that of the opening', () => {
  const state = stateOf(layer(1, 'base'))
  const kept: Kept = new Map()
  keep(kept, checkpointRows(initialState('bind'), state, hash))
  assert.equal(JSON.parse(kept.get(headRow) ?? ''), {
    version: 1,
    log: '',
    seq: 4,
    at: '2024-02-28T23:59:54.000000000Z',
    lastId: 1,
    hash,
  })
  assert.is(loaded(kept, 'windows-layer').state.profile, 'windows-layer')
})

test('a head of another version is not read', () => {
  const head = { version: 1, log: 'l', seq: 4, at: 'x', lastId: 1, hash }
  assert.is(openHeadRow(JSON.stringify(head), initialState('bind'))?.state.seq, 4)
  assert.is(openHeadRow(JSON.stringify({ ...head, version: 2 }), initialState('bind')), undefined)
})

test('names with any characters make rows', () => {
  const names = ['', 'h', 's', 'é層\u{1f600}', 'a\nb', ' ', 'constructor']
  const state = stateOf(names.slice(1).flatMap((name, index) => prepared(index + 1, name)))
  const kept: Kept = new Map()
  keep(kept, checkpointRows(initialState('bind'), state, hash))
  assert.equal(plain(loaded(kept, 'bind').state), plain(state))
})

test.run()

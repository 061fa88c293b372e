import { test } from 'uvu'
import * as assert from 'uvu/assert'
import * as fc from 'fast-check'
import { digest, evolve, initialState, sha256, timestamp, type Event, type Snapshot, type State } from '@varve/core'
import { checkpointRows } from '../src/log/checkpoint.js'
import { get, set } from '../src/state/table.js'
import { actions, plain, runActions } from './support/actions.js'
import { keep, loaded, type Kept } from './support/checkpoints.js'
import { collidingKeys } from './support/collisions.js'
import { attached, layer, logCreated, prepared, updated } from './support/events.js'
import { sealed, sha256 as hostSha256 } from './support/logs.js'
import { check } from './support/random.js'
import { decidedAfter, stateOf, timeOf } from './support/spec.js'

const history: readonly Event[] = [
  logCreated,
  ...layer(1, 'base'),
  ...prepared(2, 'a', { parent: 'base', labels: { x: '1', y: '2' } }),
  ...attached(2, 'a'),
]
const state = stateOf(history)

const held = ({ snapshots }: State, key: string): Snapshot => {
  const snapshot = get(snapshots, key)
  if (snapshot === undefined) throw new Error(`no snapshot is called ${key}`)
  return snapshot
}

const lineOf = (key: string, id: number): string => {
  const at = timestamp(timeOf(2 * id + 1))
  return (
    `["snapshots","${key}",{"children":0,"created":"${at}","id":${id},"kind":"Active","labels":{"x":"1","y":"2"},"name":"${key}",` +
    `"parent":"","parents":[],"purpose":"scratch","scratch":null,"updated":"${at}",` +
    '"usage":{"inodes":0,"onDisk":8192,"scratch":0,"size":4096}}]'
  )
}

/** The state in which these keys were prepared, and the lines that its digest is made of. */
const preparedState = (keys: readonly string[]): { readonly state: State; readonly lines: readonly string[] } => {
  const labels = { y: '2', x: '1' }
  const made = stateOf([logCreated, ...keys.flatMap((key, index) => prepared(index + 1, key, { labels }))])
  const lines = keys.map((key, index) => ({ key, line: lineOf(key, index + 1) }))
  const sorted = lines.toSorted((one, other) => (one.key < other.key ? -1 : 1)).map(({ line }) => line)
  const { at, lastId, log, seq } = made
  return { state: made, lines: [JSON.stringify({ at, lastId, log, seq }), ...sorted] }
}

test('the digest is the SHA-256 of the lines that its documentation tells of', () => {
  const { state: made, lines } = preparedState(['b', 'a', 'Z', 'é', '\u{1f600}', '\uffff', ''])
  assert.is(digest(made), hostSha256(lines.join('\n')))
  assert.is(digest(made, hostSha256), digest(made))
})

test('more than a thousand lines are hashed piece by piece', () => {
  const { state: made, lines } = preparedState(Array.from({ length: 2_400 }, (_, index) => `k${(index * 7) % 2_400}`))
  const pieces = [lines.slice(0, 1_000), lines.slice(1_000, 2_000), lines.slice(2_000)]
  assert.is(
    digest(made, hostSha256),
    pieces.reduce((hash, piece) => hostSha256(hash + piece.join('\n')), ''),
  )
})

test('anything that differs makes another digest; the profile does not', () => {
  const a = held(state, 'a')
  const others: readonly State[] = [
    { ...state, seq: state.seq + 1 },
    { ...state, at: '2025-01-01T00:00:00.000000000Z' },
    { ...state, lastId: 3 },
    { ...state, log: 'another' },
    { ...state, snapshots: set(state.snapshots, 'a', { ...a, labels: { x: '1', y: '3' } }) },
    { ...state, snapshots: set(state.snapshots, 'a', { ...a, labels: { x: '1' } }) },
    { ...state, snapshots: set(state.snapshots, 'b', a) },
    { ...state, attached: set(state.attached, 'a', '9') },
    { ...state, pending: set(state.pending, 'a', { intent: '9', blocks: 'everything' }) },
    { ...state, attached: initialState('bind').attached },
  ]
  const digests = new Set([state, ...others].map((one) => digest(one)))
  assert.is(digests.size, others.length + 1)
  assert.is(digest({ ...state, profile: 'windows-layer' }), digest(state))
})

test('the digest does not hang on the order in which the table was filled, nor on that of the fields', () => {
  const keys = collidingKeys(40)
  const start = initialState('bind')
  const a = held(state, 'a')
  const turned = Object.fromEntries(Object.entries(a).reverse()) as typeof a
  const filled = (all: readonly string[], one: typeof a): State => ({
    ...start,
    snapshots: all.reduce((table, key) => set(table, key, one), start.snapshots),
  })
  assert.is(digest(filled(keys, a)), digest(filled([...keys].reverse(), turned)))
})

test('a state that was opened from a checkpoint has the digest of the one that was replayed', () => {
  check(
    fc.property(actions, (taken) => {
      const after = runActions(taken).at(-1)?.after ?? initialState('bind')
      const kept: Kept = new Map()
      keep(kept, checkpointRows(initialState('bind'), after, sha256('')))
      const opened = loaded(kept).state
      assert.equal(plain(opened), plain(after))
      assert.is(digest(opened), digest(after))
    }),
    60,
  )
})

test('rows of old checkpoints, which lack the ids of parents, make the digest of today', () => {
  const { parents: _parents, ...old } = held(state, 'a')
  assert.is(digest({ ...state, snapshots: set(state.snapshots, 'a', old) }), digest(state))
})

test('the SHA-256 without a host is that of the host', () => {
  for (const text of [
    '',
    'a',
    'é層\u{1f600}',
    'x'.repeat(10_000),
    sealed([decidedAfter(initialState('bind'), logCreated)])[0] ?? '',
  ])
    assert.is(sha256(text), hostSha256(text))
})

test('an update changes the digest, and back again but for its time and number', () => {
  const there = evolve(state, decidedAfter(state, updated('a', { x: '9' })))
  assert.is.not(digest(there), digest(state))
})

test.run()

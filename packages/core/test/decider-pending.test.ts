import { test } from 'uvu'
import * as assert from 'uvu/assert'
import * as E from 'fp-ts/lib/Either.js'
import { decide, type Command, type Event } from '@varve/core'
import {
  applying,
  attached,
  attaching,
  committing,
  descriptorOf,
  detaching,
  layer,
  logCreated,
  plainScratch,
  prepared,
  preparing,
  prepareFailed,
  removed,
  removeFailed,
  removing,
} from './support/events.js'
import { given, stateOf } from './support/spec.js'

/** Histories in which `x` is pending, and the intent that holds it. */
const pending: Readonly<Record<string, readonly [history: readonly Event[], intent: string]>> = {
  'a prepare': [[logCreated, preparing(1, 'x')], '2'],
  'an apply': [[...prepared(1, 'x', { purpose: 'unpack' }), applying(1, 'x')], '3'],
  'a commit of the key': [[...prepared(1, 'x'), committing(1, 'x', 'n')], '3'],
  'a commit to the name': [[...prepared(1, 'a'), committing(1, 'a', 'x')], '3'],
  'a remove': [[...layer(1, 'x'), removing(1, 'x')], '5'],
  'a remove of an active one': [[...prepared(1, 'x'), removing(1, 'x')], '3'],
  'an attach': [[...prepared(1, 'x'), attaching(1, 'x')], '3'],
  'a detach': [[...prepared(1, 'x'), ...attached(1, 'x'), detaching(1, 'x')], '5'],
}

const commands: Readonly<Record<string, Command>> = {
  'prepare it': { type: 'Prepare', key: 'x' },
  'prepare on it': { type: 'Prepare', key: 'new', parent: 'x' },
  'view it': { type: 'View', key: 'x' },
  'view on it': { type: 'View', key: 'new', parent: 'x' },
  'update it': { type: 'Update', name: 'x' },
  'commit it': { type: 'Commit', key: 'x', name: 'new' },
  'commit to it': { type: 'Commit', key: 'new', name: 'x' },
  'commit onto it': { type: 'Commit', key: 'new', name: 'newer', parent: 'x' },
  'remove it': { type: 'Remove', key: 'x' },
  'attach it': { type: 'Attach', key: 'x' },
  'detach it': { type: 'Detach', key: 'x' },
  'apply to it': { type: 'Apply', key: 'x', descriptor: descriptorOf('1') },
}

const passAttachment = new Set(['prepare it', 'prepare on it', 'view it', 'view on it', 'update it'])

for (const [what, [history, intent]] of Object.entries(pending)) {
  const waits = (command: string): boolean => !/attach|detach/.test(what) || !passAttachment.has(command)
  test(`during ${what}, a command waits unless it may pass`, () => {
    const state = stateOf(history)
    for (const [name, command] of Object.entries(commands)) {
      const result = decide(state, command)
      const isUnavailable = E.isLeft(result) && result.left._tag === 'Unavailable'
      assert.is(isUnavailable, waits(name), name)
      if (!isUnavailable) continue
      assert.equal(result.left, {
        _tag: 'Unavailable',
        intent,
        message: `snapshot x is pending until intent ${intent} has ended: unavailable`,
      })
    }
  })

  test(`during ${what}, other snapshots are free`, () => {
    const state = stateOf([...prepared(7, 'free'), ...layer(8, 'layer')], 'bind', stateOf(history))
    const others: readonly Command[] = [
      { type: 'Prepare', key: 'y' },
      { type: 'View', key: 'y', parent: 'layer' },
      { type: 'Update', name: 'free' },
      { type: 'Commit', key: 'free', name: 'y', parent: 'layer' },
      { type: 'Remove', key: 'layer' },
      { type: 'Attach', key: 'free' },
      { type: 'Detach', key: 'free' },
    ]
    for (const command of others) assert.is(decide(state, command)._tag, 'Right', command.type)
  })
}

test('what a command would be refused for is said only when nothing is pending', () => {
  given(preparing(1, 'x'))
    .when({ type: 'Prepare', key: 'x', parent: 'none' })
    .thenRefused('Unavailable', 'snapshot x is pending until intent 1 has ended: unavailable')
})

test('what is owed holds no name', () => {
  given(preparing(1, 'x'), prepareFailed(1, 'x')).when({ type: 'Prepare', key: 'x' }).thenEvents(preparing(2, 'x'))
  given(prepared(1, 'x'), removed(1, 'x')).when({ type: 'Prepare', key: 'x' }).thenEvents(preparing(2, 'x'))
})

test('a pending child counts as a child, of whatever kind it becomes', () => {
  const base = layer(1, 'base')
  const child = { parent: 'base', scratch: plainScratch }
  const remove = { type: 'Remove', key: 'base' } as const
  const words = '1 snapshot stands on it, remove those first: failed precondition'
  given(base, preparing(2, 'a', child))
    .when(remove)
    .thenRefused('FailedPrecondition', words)
  given(base, prepared(2, 'a'), committing(2, 'a', 'n', { parent: 'base' }))
    .when(remove)
    .thenRefused('FailedPrecondition', words)
  given(base, preparing(2, 'a', child), prepareFailed(2, 'a'))
    .when(remove)
    .thenEvents(removing(1, 'base'))
})

test('the removal of a parent waits for the removal of its last children', () => {
  const base = layer(1, 'base')
  const child = { parent: 'base', scratch: plainScratch }
  const remove = { type: 'Remove', key: 'base' } as const
  const two = [base, prepared(2, 'a', child), prepared(3, 'b', child), removing(2, 'a')]
  given(base, prepared(2, 'a', child), removing(2, 'a'))
    .when(remove)
    .thenRefused('Unavailable', 'snapshot a is pending until intent 7 has ended: unavailable')
  given(...two)
    .when(remove)
    .thenRefused('FailedPrecondition', ': failed precondition')
  given(...two, removing(3, 'b'))
    .when(remove)
    .thenRefused('Unavailable', 'until intent 9 has ended: unavailable')
  given(base, prepared(2, 'a', child), removed(2, 'a'))
    .when(remove)
    .thenEvents(removing(1, 'base'))
  given(base, prepared(2, 'a', child), removing(2, 'a'), removeFailed(2, 'a'))
    .when(remove)
    .thenRefused('FailedPrecondition', '1 snapshot stands on it, remove those first: failed precondition')
})

test('the empty parent is no name', () => {
  given(preparing(1, 'x')).when({ type: 'Prepare', key: 'y', parent: '' }).thenEvents(preparing(2, 'y'))
})

test.run()

import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { decide, defaultApplyLimits, find, step, type Apply, type Event, type Outcome, type State } from '@varve/core'
import {
  accessDenied,
  applied,
  applyFailed,
  applying,
  cancelling,
  committed,
  committing,
  descriptorOf,
  layer,
  prepared,
  preparing,
  removing,
  tarOf,
  usage,
} from './support/events.js'
import { given, givenIn, stateOf, timeOf } from './support/spec.js'

const unpack = { purpose: 'unpack' } as const
const apply: Apply = { type: 'Apply', key: 'a', descriptor: descriptorOf('1') }
const counted = { size: 7_777, inodes: 0, onDisk: 8_888, scratch: 0 }

const imported = (intent: string): Outcome => {
  const { diffId, size, entries } = tarOf('d')
  return {
    type: 'Succeeded',
    intent,
    result: { type: 'LayerImported', usage: counted, entries },
    tar: { diffId, size },
  }
}

const snapshotOf = (state: State, name: string) => {
  const found = find(state, name)
  if (found._tag === 'Left') throw new Error(found.left.message)
  return found.right
}

test('an apply is accepted with the limits that were asked for, and the defaults of the others', () => {
  for (const [limits, recorded] of [
    [undefined, defaultApplyLimits],
    [{}, defaultApplyLimits],
    [{ bytes: 5 }, { entries: 2_000_000, bytes: 5 }],
    [{ entries: 1 }, { entries: 1, bytes: 1_099_511_627_776 }],
    [
      { entries: 9, bytes: 2 ** 53 - 1 },
      { entries: 9, bytes: 2 ** 53 - 1 },
    ],
  ] as const) {
    const asked = limits === undefined ? apply : { ...apply, limits }
    given(prepared(1, 'a', unpack))
      .when(asked)
      .thenEvents(applying(1, 'a', { limits: recorded }))
      .thenIntents({
        type: 'ImportLayer',
        id: '3',
        layer: 1,
        parents: [],
        descriptor: apply.descriptor,
        limits: recorded,
      })
  }
})

test('an import knows the layers below, nearest first', () => {
  const { intents } = given(
    layer(1, 'base'),
    layer(2, 'middle', 'base'),
    prepared(3, 'a', { parent: 'middle', ...unpack }),
  )
    .when(apply)
    .thenEvents(applying(3, 'a'))
  assert.equal(intents[0]?.type === 'ImportLayer' && intents[0].parents, [2, 1])
})

test('an apply leaves the command as it was, and is not changed through it', () => {
  const descriptor = { ...apply.descriptor }
  const limits = { bytes: 1 }
  const { state } = given(prepared(1, 'a', unpack)).when({ ...apply, descriptor, limits })
  descriptor.size = 5
  limits.bytes = 6
  const result = step(state, imported('3'), timeOf(9))
  if (result._tag === 'Left') throw new Error(result.left.message)
  assert.equal(snapshotOf(result.right.state, 'a').unpacked?.descriptor, apply.descriptor)
})

test('only the key of an Active unpack snapshot can be applied to', () => {
  given().when(apply).thenRefused('NotFound', 'apply: snapshot a: not found')
  for (const profile of ['bind', 'windows-layer'] as const) {
    givenIn(profile, prepared(1, 'a', { kind: 'View', ...unpack }))
      .when(apply)
      .thenRefused(
        'InvalidArgument',
        'key must name an Active snapshot, and this is a View; found "a": invalid argument',
      )
  }
  given(prepared(1, 'a', { kind: 'View' }))
    .when(apply)
    .thenRefused('InvalidArgument', ': invalid argument')
  given(prepared(1, 'a'))
    .when(apply)
    .thenRefused(
      'FailedPrecondition',
      "snapshot a is Active, made with the purpose scratch; prepare one with purpose: 'unpack' for it: failed precondition",
    )
  given(prepared(1, 'k', unpack), committed(1, 'k', 'a'))
    .when(apply)
    .thenRefused(
      'FailedPrecondition',
      "snapshot a is Committed, made with the purpose unpack; prepare one with purpose: 'unpack' for it: failed precondition",
    )
})

test('what was applied is applied once: again it is nothing, another blob is refused', () => {
  const filled = given(prepared(1, 'a', unpack), applied(1, 'a'))
  filled.when(apply).thenEvents().thenIntents()
  filled.when({ ...apply, limits: { bytes: 1 }, by: 'another' }).thenEvents()
  const otherwise = { ...descriptorOf('1'), mediaType: 'application/vnd.oci.image.layer.v1.tar+gzip', size: 3 }
  filled.when({ ...apply, descriptor: otherwise }).thenEvents()
  filled
    .when({ ...apply, descriptor: descriptorOf('2') })
    .thenRefused(
      'FailedPrecondition',
      `snapshot a holds ${descriptorOf('1').digest} already; prepare another with purpose: 'unpack' for it: failed precondition`,
    )
})

test('an apply that failed leaves the snapshot Active and empty, for any blob', () => {
  const failed = given(prepared(1, 'a', unpack), applying(1, 'a'), applyFailed(1, 'a'))
  const { kind, unpacked, usage: unchanged } = snapshotOf(failed.state, 'a')
  assert.equal([kind, unpacked, unchanged], ['Active', undefined, usage])
  assert.is(failed.state.pending.size + failed.state.outstanding.size, 0)
  failed.when(apply).thenEvents(applying(1, 'a'))
  failed
    .when({ ...apply, descriptor: descriptorOf('2') })
    .thenEvents(applying(1, 'a', { descriptor: descriptorOf('2') }))
})

test('an apply under way blocks every command on its snapshot but Cancel', () => {
  const { state } = given(layer(1, 'base'), prepared(2, 'a', { parent: 'base', ...unpack }), applying(2, 'a'))
  for (const command of [
    apply,
    { type: 'Commit', key: 'a', name: 'n' },
    { type: 'Commit', key: 'x', name: 'a' },
    { type: 'Remove', key: 'a' },
    { type: 'Update', name: 'a' },
    { type: 'Attach', key: 'a' },
    { type: 'Detach', key: 'a' },
    { type: 'Prepare', key: 'a' },
    { type: 'View', key: 'new', parent: 'a' },
  ] as const) {
    const answer = decide(state, command)
    assert.equal(answer._tag === 'Left' && answer.left, {
      _tag: 'Unavailable',
      intent: '7',
      message: 'snapshot a is pending until intent 7 has ended: unavailable',
    })
  }
  for (const command of [
    { type: 'Prepare', key: 'new', parent: 'base' },
    { type: 'Update', name: 'base' },
    { type: 'Apply', key: 'none', descriptor: apply.descriptor },
    { type: 'Cancel', key: 'a' },
  ] as const) {
    const answer = decide(state, command)
    assert.ok(answer._tag === 'Right' || answer.left._tag === 'NotFound', command.type)
  }
})

const waiting: Readonly<Record<string, readonly Event[]>> = {
  'a prepare': [preparing(1, 'a', unpack)],
  'a commit': [...prepared(1, 'a', unpack), committing(1, 'a', 'n')],
  'a remove': [...prepared(1, 'a', unpack), removing(1, 'a')],
  'an apply': [...prepared(1, 'a', unpack), applying(1, 'a')],
}

for (const [what, history] of Object.entries(waiting)) {
  test(`an apply waits for ${what} of its snapshot`, () => {
    given(history).when(apply).thenRefused('Unavailable', ': unavailable')
  })
}

test('what was read of the tar is recorded with its end, and kept through the commit', () => {
  const { diffId, size, entries } = tarOf('d')
  const done = given(prepared(1, 'a', unpack), applying(1, 'a'))
    .when(imported('3'))
    .thenEvents({ type: 'Applied', data: { id: 1, key: 'a', diffId, size, entries, usage: counted } })
    .thenIntents()
  const unpacked = { descriptor: apply.descriptor, diffId, size, entries }
  const active = snapshotOf(done.state, 'a')
  assert.equal([active.kind, active.unpacked, active.usage], ['Active', unpacked, counted])
  assert.is(done.state.pending.size + done.state.outstanding.size, 0)
  const sealed = stateOf(committed(1, 'a', 'n'), 'bind', done.state)
  const { kind, unpacked: kept, usage: sealedUsage } = snapshotOf(sealed, 'n')
  assert.equal([kind, kept, sealedUsage], ['Committed', unpacked, usage])
})

test('an import that succeeded without a tar having been read breaks a rule of the library', () => {
  const { state } = given(prepared(1, 'a', unpack), applying(1, 'a'))
  const { tar: _tar, ...withoutTar } = imported('3') as Extract<Outcome, { type: 'Succeeded' }>
  assert.throws(() => step(state, withoutTar, timeOf(9)), /intent 3 of ApplyAccepted can't end with LayerImported/)
})

test('a failure is kept as it was told, entry and place included', () => {
  const failure = {
    _tag: 'InvalidArgument',
    message: 'tar entry "x" at byte 512 must not leave the layer; found "..": invalid argument',
    field: 'tar',
    value: '".."',
    entry: 'x',
    offset: 512,
  } as const
  given(prepared(1, 'a', unpack), applying(1, 'a'))
    .when({ type: 'Failed', intent: '3', failure })
    .thenEvents(applyFailed(1, 'a', failure))
})

test('a seal says whether a tar was applied', () => {
  const seals = (...history: readonly Event[]): boolean | undefined => {
    const [intent] = given(history).when({ type: 'Commit', key: 'a', name: 'n' }).intents
    return intent?.type === 'SealLayer' ? intent.applied : undefined
  }
  assert.is(seals(...prepared(1, 'a', unpack), ...applied(1, 'a')), true)
  assert.is(seals(...prepared(1, 'a', unpack)), false)
  assert.is(seals(...prepared(1, 'a', unpack), applying(1, 'a'), applyFailed(1, 'a')), false)
  assert.is(seals(...prepared(1, 'a')), false)
  const failed: Event = { type: 'CommitFailed', data: { id: 1, key: 'a', name: 'n', failure: accessDenied } }
  assert.is(
    seals(...prepared(1, 'a', unpack), ...applied(1, 'a'), committing(1, 'a', 'n'), cancelling(1, 'a'), failed),
    true,
  )
})

test('an apply under way holds no key that the snapshot does not have', () => {
  const { state } = given(prepared(1, 'a', unpack), applying(1, 'a'))
  assert.is(state.pending.size, 1)
  assert.is(decide(state, { type: 'Prepare', key: 'n' })._tag, 'Right')
})

test.run()

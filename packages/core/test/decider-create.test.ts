import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { mountsOf, sizeBytesLabel, type Command, type Profile } from '@varve/core'
import { get } from '../src/state/table.js'
import { accessDenied, layer, plainScratch, prepared, prepareFailed, preparing } from './support/events.js'
import { given, givenIn } from './support/spec.js'

const profiles: readonly Profile[] = ['bind', 'windows-layer']

test('a prepare without a parent makes a layer with Files', () => {
  for (const profile of profiles) {
    givenIn(profile)
      .when({ type: 'Prepare', key: 'a' })
      .thenEvents(preparing(1, 'a', { profile }))
      .thenIntents({
        type: 'CreateLayer',
        id: '1',
        layer: 1,
        key: 'a',
        kind: 'Active',
        parents: [],
        purpose: 'scratch',
        labels: {},
        profile,
        scratch: null,
      })
  }
})

test('a prepare on a parent asks for a scratch disk, and names all layers below, nearest first', () => {
  for (const profile of profiles) {
    const then = givenIn(profile, layer(1, 'base'), layer(2, 'middle', 'base'), layer(3, 'top', 'middle'))
      .when({ type: 'Prepare', key: 'a', parent: 'top' })
      .thenEvents(preparing(4, 'a', { parent: 'top', profile, scratch: plainScratch }))
    const [intent] = then.intents
    assert.equal(intent?.type === 'CreateLayer' ? intent.parents : undefined, [3, 2, 1])
  }
})

test('a view is made like an active snapshot, and in the bind profile always asks for one gibibyte', () => {
  given()
    .when({ type: 'View', key: 'v' })
    .thenEvents(preparing(1, 'v', { kind: 'View' }))
  given(layer(1, 'base'))
    .when({ type: 'View', key: 'v', parent: 'base' })
    .thenEvents(
      preparing(2, 'v', {
        kind: 'View',
        parent: 'base',
        scratch: { ...plainScratch, requested: '1073741824', requestedBy: 'a view in the bind profile' },
      }),
    )
  givenIn('windows-layer', layer(1, 'base'))
    .when({ type: 'View', key: 'v', parent: 'base' })
    .thenEvents(preparing(2, 'v', { kind: 'View', parent: 'base', profile: 'windows-layer', scratch: plainScratch }))
})

test('the purpose is as asked, else unpack for a key with extract- and scratch for any other', () => {
  const purposeOf = (key: string, purpose?: 'scratch' | 'unpack'): unknown => {
    const then = given(layer(1, 'base')).when({
      type: 'Prepare',
      key,
      parent: 'base',
      ...(purpose === undefined ? {} : { purpose }),
    })
    const [intent] = then.intents
    return intent?.type === 'CreateLayer' ? [intent.purpose, intent.scratch !== null] : undefined
  }
  assert.equal(purposeOf('k8s/1/extract-123-AbCd sha256:1'), ['unpack', false])
  assert.equal(purposeOf('extract'), ['scratch', true])
  assert.equal(purposeOf('extractor/1'), ['scratch', true])
  assert.equal(purposeOf('a'), ['scratch', true])
  assert.equal(purposeOf('a', 'unpack'), ['unpack', false])
  assert.equal(purposeOf('extract-1', 'scratch'), ['scratch', true])
})

test('labels are stored without the empty ones', () => {
  given()
    .when({ type: 'Prepare', key: 'a', labels: { kept: '1', dropped: '', '': '' } })
    .thenEvents(preparing(1, 'a', { labels: { kept: '1' } }))
})

test('the checks come in order: parent there, parent committed, key free, size labels', () => {
  const history = [
    layer(1, 'base'),
    prepared(2, 'active', { parent: 'base', scratch: plainScratch }),
    prepared(3, 'view', { kind: 'View' }),
  ]
  const labels = { [sizeBytesLabel]: 'much' }
  for (const type of ['Prepare', 'View'] as const) {
    const asked = type === 'Prepare' ? 'prepare' : 'view'
    const when = (command: Omit<Extract<Command, { readonly type: typeof type }>, 'type'>) =>
      givenIn('windows-layer', ...history).when({ type, ...command })
    when({ key: 'active', parent: 'none', labels }).thenRefused(
      'NotFound',
      `${asked} active: parent snapshot none: not found`,
    )
    for (const parent of ['active', 'view']) {
      const refusal = when({ key: 'active', parent, labels }).thenRefused('InvalidArgument', ': invalid argument')
      assert.is(refusal._tag === 'InvalidArgument' ? refusal.field : '', 'parent')
      assert.is(refusal.message.includes('commit it first'), parent === 'active', 'a view is never committed')
    }
    for (const key of ['active', 'view', 'base']) {
      when({ key, parent: 'base', labels }).thenRefused('AlreadyExists', `snapshot ${key}: already exists`)
    }
    const refusal = when({ key: 'new', parent: 'base', labels }).thenRefused('InvalidArgument', ': invalid argument')
    assert.is(refusal._tag === 'InvalidArgument' ? refusal.field : '', `labels.${sizeBytesLabel}`)
  }
})

test('a snapshot can not stand on itself', () => {
  given().when({ type: 'Prepare', key: 'a', parent: 'a' }).thenRefused('NotFound', 'parent snapshot a: not found')
})

test('a refusal uses no id, a failure burns it', () => {
  const refused = given(layer(1, 'base'))
  refused.when({ type: 'Prepare', key: 'base' }).thenRefused('AlreadyExists', 'Committed snapshot base: already exists')
  refused.when({ type: 'Prepare', key: 'a' }).thenEvents(preparing(2, 'a'))
  given(layer(1, 'base'), preparing(2, 'a'), prepareFailed(2, 'a'))
    .when({ type: 'Prepare', key: 'a' })
    .thenEvents(preparing(3, 'a'))
})

test('a snapshot appears only once it is made, and bears the time of that', () => {
  const accepted = given().when({ type: 'Prepare', key: 'a', labels: { l: '1' } })
  const layout = { root: '/layers', separator: '/' } as const
  assert.is(mountsOf(accepted.state, 'a', layout)._tag, 'Left')
  const made = given(prepared(1, 'a', { labels: { l: '1' } }))
  assert.equal(mountsOf(made.state, 'a', layout), {
    _tag: 'Right',
    right: [{ type: 'bind', source: '/layers/snapshots/1/Files', target: '', options: ['rw', 'parentLayerPaths=[]'] }],
  })
  assert.is(made.state.at, '2024-02-28T23:59:52.000000000Z')
})

test('the scratch disk is recorded with the size it has in effect, where there is one', () => {
  const scratch = { ...plainScratch, requested: '5', requestedBy: sizeBytesLabel }
  const scratchOf = (event: Parameters<typeof prepared>[2], effective: string | null) =>
    get(given(layer(1, 'base'), prepared(2, 'a', event, effective)).state.snapshots, 'a')?.scratch
  assert.equal(scratchOf({ parent: 'base', scratch }, '21474836480'), { ...scratch, effective: '21474836480' })
  assert.is(scratchOf({ parent: 'base', scratch: null }, '21474836480'), null)
  assert.is(scratchOf({ parent: 'base', scratch }, null), null)
})

test('a failed prepare leaves nothing but its directory to be destroyed', () => {
  const then = given(layer(1, 'base'), preparing(2, 'a', { parent: 'base', scratch: plainScratch }))
    .when({ type: 'Failed', intent: '5', failure: accessDenied })
    .thenEvents(prepareFailed(2, 'a'))
    .thenIntents({ type: 'DestroyLayer', id: '6', layer: 2 })
  assert.is(then.state.pending.size, 0)
  assert.is(then.state.snapshots.size, 1)
})

test.run()

import { test } from 'uvu'
import * as assert from 'uvu/assert'
import * as E from 'fp-ts/lib/Either.js'
import { check, findingKinds, initialState, repair } from '@varve/core'
import { judge, type Read } from '../src/fsck/judge.js'
import { indexFound } from '../src/fsck/root.js'
import { attached, committed, detaching, layer, logCreated, plainScratch, prepared } from './support/events.js'
import { arrayStore, recordingBackend } from './support/memory.js'
import { refused } from './support/runtime.js'
import { stateOf } from './support/spec.js'
import type { Event, Found, FoundDisk, State } from '@varve/core'

test('a store and a backend that can not be looked into are refused', async () => {
  const pair = { store: arrayStore(), backend: recordingBackend() }
  const first = await refused(check(pair))
  assert.is(first._tag === 'InvalidArgument' && first.field, 'store.maintenance')
  const maintenance = {
    open: () => async () => E.left({ _tag: 'StoreFault', message: 'in use', code: 'IN_USE' } as const),
  }
  const plan = { log: '', head: { seq: 0, hash: '' }, store: null, events: [], mends: [] }
  const second = await refused(repair(plan, { ...pair, store: { ...pair.store, maintenance } }))
  assert.is(second._tag === 'InvalidArgument' && second.field, 'backend.maintenance')
})

test('every finding says what it means and what is done about it', () => {
  for (const [code, { means, repair: does }] of Object.entries(findingKinds)) {
    assert.match(code, /^[a-z]+(-[a-z]+)+$/)
    assert.ok(means.length > 10 && does.length > 10, code)
  }
})

const { log } = (logCreated as Extract<Event, { type: 'LogCreated' }>).data

const readOf = (state: State, found: readonly Found[]): Read => ({
  log: { state, hash: 'a hash', lastFound: state.seq, broken: undefined, isForeign: false, marked: new Map() },
  facts: { log, head: undefined, anchor: undefined },
  checkpoint: undefined,
  root: indexFound(found),
  remakes: new Set(),
})

const layerAt = (
  id: number,
  names: readonly string[],
  more: Partial<Extract<Found, { role: 'layer' }>['parts']> = {},
): Found => ({
  role: 'layer',
  path: `snapshots/${id}`,
  id,
  retired: false,
  parts: { names, hasFiles: names.includes('Files'), hasUtilityVm: false, missingBaseFiles: [], disks: [], ...more },
})

test('a backend that can not make a template anew leaves that to people, and never gives up a layer that is there', () => {
  const state = stateOf([logCreated, ...layer(1, 'base')])
  const { findings, plan } = judge(readOf(state, [{ role: 'owner', path: 'varve.json', log }, layerAt(1, ['Files'])]))
  const codes = findings.filter(({ code }) => code === 'missing-template')
  assert.is(codes.length, 2)
  assert.equal(new Set(codes.map(({ repair: does }) => does)), new Set([null]))
  assert.not.ok(plan.events.some(({ type }) => type === 'GivenUp'))
})

test('a snapshot whose disk held its content is given up where no backend can make that anew', () => {
  const state = stateOf([
    logCreated,
    ...layer(1, 'base'),
    ...prepared(
      2,
      'work',
      { parent: 'base', scratch: { requested: null, requestedBy: null, utilityVm: false, note: null } },
      '1024',
    ),
  ])
  const { plan } = judge(
    readOf(state, [{ role: 'owner', path: 'varve.json', log }, layerAt(1, ['Files']), layerAt(2, [])]),
  )
  assert.equal(
    plan.events.map(({ type, data }) => [type, 'key' in data && data.key]),
    [
      ['GivenUp', 'work'],
      ['Quarantined', false],
    ],
  )
})

test('a scratch is made anew only where the template that it is made from is there', () => {
  const data = { kind: 'View', parent: 'base', scratch: plainScratch } as const
  const state = stateOf([logCreated, ...layer(1, 'base'), ...prepared(2, 'look', data, '1024')])
  const owner: Found = { role: 'owner', path: 'varve.json', log }
  const repairs = (template: readonly FoundDisk[]): readonly unknown[] => {
    const read = readOf(state, [owner, layerAt(1, ['Files'], { disks: template }), layerAt(2, [])])
    const { findings, plan } = judge({ ...read, remakes: new Set(['scratch of a View']) })
    const scratch = findings.find(({ code }) => code === 'missing-scratch')
    return [scratch?.repair === null, plan.mends.filter(({ type }) => type === 'RemakeDisk').length]
  }
  assert.equal(repairs([]), [true, 0])
  assert.equal(repairs([{ path: 'blank.vhdx', virtualSize: '1024' }]), [false, 1])
  const problem = { kind: 'truncated', message: 'it ends' } as const
  assert.equal(repairs([{ path: 'blank.vhdx', problem }]), [true, 0])
})

test('only what has parents, is attached, and is neither lost nor about to be detached has to be shown', () => {
  const data = { kind: 'Active', parent: 'base', scratch: plainScratch } as const
  const made = [logCreated, ...layer(1, 'base'), ...prepared(2, 'work', data, '1024'), ...prepared(3, 'alone')]
  const owner: Found = { role: 'owner', path: 'varve.json', log }
  const scratch = layerAt(2, [], { disks: [{ path: 'sandbox.vhdx', virtualSize: '1024' }] })
  const judged = (events: readonly Event[], ...found: readonly Found[]): readonly unknown[] => {
    const root = [owner, layerAt(1, ['Files']), layerAt(3, ['Files']), ...found]
    const { findings, plan } = judge(readOf(stateOf([...made, ...events]), root))
    const ids = findings.filter(({ code }) => code === 'missing-attachment').map(({ id }) => id)
    return [ids, plan.events.filter(({ type }) => type === 'DetachAccepted')]
  }
  const mark = { role: 'attachment', path: 'mounts/2.mark', id: 2, shows: false } as const
  const asked = detaching(2, 'work')
  const both = [...attached(2, 'work'), ...attached(3, 'alone')]
  assert.equal(judged(both, scratch, mark), [[2], [asked]])
  assert.equal(judged(both, scratch, { ...mark, path: 'mounts/2', shows: true }), [[], []])
  assert.equal(judged([...both, asked], scratch, mark), [[], []])
  assert.equal(judged([], scratch, mark), [[], []])
  assert.equal(judged(both, mark), [[], []])
})

test('a root that belongs to another log is not touched', () => {
  const state = stateOf([logCreated, ...prepared(1, 'a'), ...committed(1, 'a', 'b')])
  const other = '00000000-0000-4000-8000-000000000000'
  const sidecar = {
    id: 7,
    kind: 'Active',
    name: 'x',
    parents: [],
    purpose: 'scratch',
    profile: 'bind',
    labels: {},
  } as const
  const found: readonly Found[] = [
    { role: 'owner', path: 'varve.json', log: other },
    { role: 'sidecar', path: 'meta/7.json', id: 7, log: other, sidecar },
    layerAt(7, ['Files']),
  ]
  const { findings, plan } = judge(readOf(state, found))
  assert.equal(
    findings.filter(({ code }) => code !== 'damaged-head').map(({ code, repair: does }) => [code, does]),
    [['foreign-root', null]],
  )
  assert.equal([plan.events, plan.mends], [[], []])
})

test('layers without a log are left to a rescue', () => {
  const { findings, plan } = judge(readOf(initialState('bind'), [layerAt(1, ['Files'])]))
  assert.equal(
    findings.map(({ code, repair: does }) => [code, does]),
    [['missing-log', null]],
  )
  assert.equal([plan.events, plan.mends, plan.store], [[], [], null])
})

test.run()

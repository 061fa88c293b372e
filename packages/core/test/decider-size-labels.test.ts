import { test } from 'uvu'
import * as assert from 'uvu/assert'
import {
  sizeBytesLabel,
  sizeGbLabel,
  utilityVmLabel,
  type Labels,
  type Profile,
  type Rejection,
  type Scratch,
} from '@varve/core'
import { layer } from './support/events.js'
import { givenIn } from './support/spec.js'

type Creation = 'Prepare' | 'View'

const create = (profile: Profile, type: Creation, labels: Labels, key = 'key', parent = 'base') =>
  givenIn(profile, layer(1, 'base')).when({ type, key, parent, labels })

const scratchOf = (profile: Profile, type: Creation, labels: Labels, key?: string, parent?: string): Scratch | null => {
  const [intent] = create(profile, type, labels, key, parent).intents
  if (intent?.type !== 'CreateLayer') throw new Error('nothing is to be created')
  return intent.scratch
}

const refusalOf = (profile: Profile, type: Creation, labels: Labels): Rejection =>
  create(profile, type, labels).thenRefused('InvalidArgument', ': invalid argument')

/** Where the labels set the size. */
const honoured: readonly (readonly [profile: Profile, type: Creation])[] = [
  ['bind', 'Prepare'],
  ['windows-layer', 'Prepare'],
  ['windows-layer', 'View'],
]

const deprecated = `label ${sizeGbLabel} is deprecated, use ${sizeBytesLabel}`

type Row = readonly [
  gigabytes: string | undefined,
  bytes: string | undefined,
  requested: string | null,
  by: string | null,
]

const valid: readonly Row[] = [
  [undefined, undefined, null, null],
  ['20', undefined, '21474836480', sizeGbLabel],
  ['0', undefined, null, sizeGbLabel],
  ['007', undefined, '7516192768', sizeGbLabel],
  ['4294967295', undefined, '4611686017353646080', sizeGbLabel],
  [undefined, '1', '1', sizeBytesLabel],
  [undefined, '0', null, sizeBytesLabel],
  [undefined, '000', null, sizeBytesLabel],
  [undefined, '0021474836480', '21474836480', sizeBytesLabel],
  [undefined, '9007199254740993', '9007199254740993', sizeBytesLabel],
  [undefined, '18446744073709551615', '18446744073709551615', sizeBytesLabel],
  ['20', '1', '1', sizeBytesLabel],
  ['20', '0', null, sizeBytesLabel],
  ['0', '5', '5', sizeBytesLabel],
]

const labelsOf = (gigabytes: string | undefined, bytes: string | undefined): Labels => ({
  ...(gigabytes === undefined ? {} : { [sizeGbLabel]: gigabytes }),
  ...(bytes === undefined ? {} : { [sizeBytesLabel]: bytes }),
})

const malformed = [
  '',
  ' ',
  '+20',
  '-1',
  '-0',
  ' 20',
  '20 ',
  '20\n',
  '0x10',
  '1_000',
  '1,000',
  '20GB',
  '1e3',
  '1.5',
  '٢٠',
  '２０',
]

for (const [profile, type] of honoured) {
  test(`${type} in ${profile}: bytes win over gibibytes, whatever they are`, () => {
    for (const [gigabytes, bytes, requested, requestedBy] of valid) {
      const note = gigabytes === undefined ? null : deprecated
      const expected = { requested, requestedBy, utilityVm: false, note }
      assert.equal(scratchOf(profile, type, labelsOf(gigabytes, bytes)), expected, `${gigabytes} and ${bytes}`)
    }
  })

  test(`${type} in ${profile}: a malformed size is refused, that of gibibytes first`, () => {
    const refused = (gigabytes: string | undefined, bytes: string | undefined, label: string): void => {
      const refusal = refusalOf(profile, type, labelsOf(gigabytes, bytes))
      const value = label === sizeGbLabel ? gigabytes : bytes
      assert.equal(
        refusal._tag === 'InvalidArgument' && [refusal.field, refusal.value],
        [`labels.${label}`, JSON.stringify(value)],
        `${gigabytes} and ${bytes}`,
      )
    }
    for (const value of [...malformed, '4294967296', '18446744073709551616']) {
      refused(value, undefined, sizeGbLabel)
      refused(value, '5', sizeGbLabel)
      refused(value, 'x', sizeGbLabel)
    }
    for (const value of [...malformed, '18446744073709551616', '9'.repeat(100)]) {
      refused(undefined, value, sizeBytesLabel)
      refused('5', value, sizeBytesLabel)
    }
  })
}

test('a view in the bind profile has one gibibyte; its size labels are not read, malformed or not', () => {
  const expected = { requested: '1073741824', requestedBy: 'a view in the bind profile', utilityVm: false, note: null }
  for (const [gigabytes, bytes] of [...valid, ['x', 'x'] as const]) {
    assert.equal(scratchOf('bind', 'View', labelsOf(gigabytes, bytes)), expected)
  }
})

test('where there is no scratch disk the size labels are not read', () => {
  const labels = labelsOf('x', 'x')
  for (const profile of ['bind', 'windows-layer'] as const) {
    for (const type of ['Prepare', 'View'] as const) {
      assert.is(scratchOf(profile, type, labels, 'key', ''), null)
      assert.is(scratchOf(profile, type, labels, 'extract-1'), null)
    }
  }
})

test('the label for a utility VM counts by its presence', () => {
  for (const value of ['', 'true', 'false']) {
    for (const [profile, type] of [...honoured, ['bind', 'View'] as const]) {
      assert.is(scratchOf(profile, type, { [utilityVmLabel]: value })?.utilityVm, true)
      assert.is(scratchOf(profile, type, {})?.utilityVm, false)
      assert.is(scratchOf(profile, type, { [utilityVmLabel]: value }, 'extract-1'), null)
    }
  }
})

test('sizes of a prototype are no sizes', () => {
  const labels: Labels = Object.create({ [sizeBytesLabel]: '5', [utilityVmLabel]: '' }) as Labels
  assert.equal(scratchOf('bind', 'Prepare', labels), {
    requested: null,
    requestedBy: null,
    utilityVm: false,
    note: null,
  })
})

test('a malformed size uses no id and records nothing', () => {
  const state = givenIn('bind', layer(1, 'base'))
  const prepare = { type: 'Prepare', key: 'key', parent: 'base' } as const
  state
    .when({ ...prepare, labels: { [sizeBytesLabel]: '20GB' } })
    .thenRefused('InvalidArgument', 'digits only; found "20GB": invalid argument')
  assert.is(state.state.lastId, 1)
})

test.run()

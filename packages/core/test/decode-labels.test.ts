import { test } from 'uvu'
import * as assert from 'uvu/assert'
import * as E from 'fp-ts/lib/Either.js'
import { decodeCommand, type Labels } from '@varve/core'
import { labelsFault } from '../src/model/labels.js'

const invalid = (labels: unknown, field: string, value: string): void => {
  for (const command of [
    { type: 'Prepare', key: 'a' },
    { type: 'View', key: 'a' },
    { type: 'Commit', name: 'n', key: 'a' },
    { type: 'Update', name: 'a' },
    { type: 'Update', name: 'a', paths: ['labels.other'] },
  ]) {
    const result = decodeCommand({ ...command, labels })
    if (E.isRight(result) || result.left._tag !== 'InvalidArgument') throw new Error(`${command.type} took it`)
    assert.equal([result.left.field, result.left.value], [field, value], result.left.message)
  }
}

const taken = (labels: Labels): void => {
  for (const type of ['Prepare', 'View'] as const) {
    assert.equal(decodeCommand({ type, key: 'a', labels }), E.right({ type, key: 'a', labels }))
  }
}

/** Pairs of `length` bytes each. */
const pairs = (count: number, length: number): Labels =>
  Object.fromEntries(
    Array.from({ length: count }, (_, index) => [String(index).padStart(8, '0'), 'x'.repeat(length - 8)]),
  )

test('labels are an object of texts', () => {
  for (const [labels, shown] of [
    ['a', '"a"'],
    [7, '7'],
    [null, 'null'],
    [['a'], 'an array of 1'],
    [() => 1, 'function'],
  ] as const) {
    invalid(labels, 'labels', shown)
  }
  for (const [value, shown] of [
    [7, '7'],
    [null, 'null'],
    [undefined, 'undefined'],
    [{}, 'an object'],
    [['a'], 'an array of 1'],
    [Symbol('a'), 'symbol'],
  ] as const) {
    invalid({ fine: '1', a: value }, 'labels.a', shown)
  }
})

test('keys and values are texts that survive', () => {
  for (const [text, shown] of [
    ['x\0', '"x\\u0000"'],
    ['\udfff', '"\\udfff"'],
  ] as const) {
    invalid({ a: text }, 'labels.a', shown)
    invalid({ [text]: 'a' }, `labels.${text}`, shown)
  }
  invalid(JSON.parse('{"__proto__":"x"}'), 'labels.__proto__', '"__proto__"')
  taken({ a: '__proto__', constructor: 'x', toString: 'y', ' ': ' ', é: '\u{1f600}' })
})

test('an empty value is taken, an empty key only with one', () => {
  taken({ a: '', '': '' })
  invalid({ '': 'x' }, 'labels', '""')
})

test('a pair has up to 4096 bytes, key and value together', () => {
  taken({ a: 'x'.repeat(4_095) })
  taken({ ['é'.repeat(2_048)]: '' })
  invalid({ a: 'x'.repeat(4_096) }, 'labels.a', `"${'x'.repeat(128)}… (4096 characters)`)
  invalid({ a: 'é'.repeat(2_048) }, 'labels.a', `"${'é'.repeat(128)}… (2048 characters)`)
  invalid({ ['k'.repeat(4_097)]: '' }, `labels.${'k'.repeat(128)}…`, '""')
})

test('a snapshot has up to 1024 labels, however long the list', () => {
  taken(pairs(1_024, 16))
  invalid(pairs(1_025, 16), 'labels', '"1025 labels"')
  invalid(pairs(100_000, 16), 'labels', '"100000 labels"')
})

test('a snapshot has up to 256 KiB of labels', () => {
  taken(pairs(64, 4_096))
  invalid({ ...pairs(64, 4_096), b: '' }, 'labels', '"262145 bytes"')
  invalid({ ...pairs(63, 4_096), ['é'.repeat(2_048)]: '', b: '' }, 'labels', '"262145 bytes"')
})

test('labels are fields: what a Map, a Set or an array holds would be lost', () => {
  for (const labels of [new Map([['a', '1']]), new Set(['a']), [['a', '1']], 'a=1', 1]) {
    assert.is(labelsFault(labels)?.field, 'labels')
    const decoded = decodeCommand({ type: 'Prepare', key: 'k', labels })
    assert.is('left' in decoded && decoded.left._tag, 'InvalidArgument')
  }
})

test('nothing is wrong with no labels', () => {
  assert.is(labelsFault({}), undefined)
  assert.is(labelsFault(Object.create(null)), undefined)
})

test.run()

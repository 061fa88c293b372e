import { test } from 'uvu'
import * as assert from 'uvu/assert'
import * as fc from 'fast-check'
import { invalidArgument, shown } from '@varve/core'
import { textProblem, utf8Length } from '../src/model/text.js'
import { check } from './support/random.js'

const encoder = new TextEncoder()
/** Any UTF-16 units, well-formed or not. */
const units = fc
  .array(fc.oneof(fc.integer({ min: 0, max: 0xffff }), fc.integer({ min: 0xd7f0, max: 0xe00f })), { maxLength: 20 })
  .map((all) => String.fromCharCode(...all))
const wellFormed = fc.string({ unit: 'binary' })

test('the length of a well-formed text is that of its UTF-8', () => {
  for (const text of [
    '',
    'a',
    '\x7f',
    '\x80',
    'é',
    '\u07ff',
    '\u0800',
    '層',
    '\ud7ff',
    '\ue000',
    '\uffff',
    '\u{1f600}',
  ]) {
    assert.is(utf8Length(text), encoder.encode(text).length, JSON.stringify(text))
  }
  check(
    fc.property(wellFormed, (text) => assert.is(utf8Length(text), encoder.encode(text).length)),
    1_000,
  )
})

test('a text without a problem survives UTF-8, C strings and objects; every other one has a problem', () => {
  const survives = (text: string): boolean =>
    new TextDecoder('utf-8', { ignoreBOM: true }).decode(encoder.encode(text)) === text &&
    !text.includes('\0') &&
    text !== '__proto__'
  check(
    fc.property(fc.oneof(units, wellFormed, fc.constantFrom('__proto__', '\0', 'a\0', '\ufeff')), (text) => {
      assert.is(textProblem(text) === undefined, survives(text), JSON.stringify(text))
    }),
    2_000,
  )
})

test('each problem has its own words', () => {
  assert.match(textProblem('a\0b') ?? '', 'NUL')
  for (const text of ['\ud800', 'a\udc00', '\udc00\ud800', '\ud800a\udc00']) {
    assert.match(textProblem(text) ?? '', 'lone surrogate')
  }
  assert.match(textProblem('__proto__') ?? '', '__proto__')
  for (const text of ['', 'a', '\u{1f600}', 'constructor', '__proto__x', 'toString'])
    assert.is(textProblem(text), undefined)
})

test('an error shows a value in a few words, whatever it is', () => {
  const cases: readonly (readonly [value: unknown, text: string])[] = [
    ['a', '"a"'],
    ['', '""'],
    [7, '7'],
    [Number.NaN, 'NaN'],
    [7n, '7n'],
    [undefined, 'undefined'],
    [null, 'null'],
    [true, 'true'],
    [Symbol('s'), 'symbol'],
    [() => 1, 'function'],
    [[1, 2], 'an array of 2'],
    [{ a: 1 }, 'an object'],
    [{ toString: () => 'fooled' }, 'an object'],
    [Object.create(null), 'an object'],
  ]
  for (const [value, text] of cases) assert.is(shown(value), text)
  check(
    fc.property(fc.anything(), (value) => {
      const text = shown(value)
      assert.ok(text.length > 0 && text.length < 200)
    }),
    500,
  )
})

test('a long value is shortened', () => {
  assert.ok(shown('x'.repeat(1_000_000)).length < 200)
  assert.ok(shown('\0'.repeat(1_000)).length < 200)
})

test('an InvalidArgument says the field, the rule and what was found, and ends in the words of the field', () => {
  assert.equal(invalidArgument('labels.a', 7, 'must be a string'), {
    _tag: 'InvalidArgument',
    field: 'labels.a',
    value: '7',
    message: 'labels.a must be a string; found 7: invalid argument',
  })
})

test.run()

import { test } from 'uvu'
import * as assert from 'uvu/assert'
import * as E from 'fp-ts/lib/Either.js'
import * as fc from 'fast-check'
import { decodeCommand, type Command, type InvalidArgument, type Rejection } from '@varve/core'
import { decodeName } from '../src/model/decode-command.js'
import { descriptorOf } from './support/events.js'
import { check } from './support/random.js'

const refusal = (input: unknown): Rejection => {
  const result = decodeCommand(input)
  if (E.isRight(result)) throw new Error(`taken: ${JSON.stringify(result.right).slice(0, 200)}`)
  return result.left
}

const invalid = (input: unknown, field: string, value: string): void => {
  const left = refusal(input)
  if (left._tag !== 'InvalidArgument') throw new Error(`refused with ${left._tag}`)
  assert.equal([left.field, left.value], [field, value], left.message)
  assert.ok(left.message.startsWith(`${field} `) && left.message.endsWith(`; found ${value}: invalid argument`))
}

/** The smallest command of each type, and the fields of it that are keys or names. */
const commands: readonly (readonly [Command, readonly string[]])[] = [
  [{ type: 'Prepare', key: 'a' }, ['key', 'parent']],
  [{ type: 'View', key: 'a' }, ['key', 'parent']],
  [{ type: 'Commit', name: 'n', key: 'a' }, ['name', 'key', 'parent']],
  [{ type: 'Remove', key: 'a' }, ['key']],
  [{ type: 'Update', name: 'a' }, ['name']],
  [{ type: 'Attach', key: 'a' }, ['key']],
  [{ type: 'Detach', key: 'a' }, ['key']],
  [{ type: 'Apply', key: 'a', descriptor: descriptorOf('1') }, ['key']],
  [{ type: 'Cancel', key: 'a' }, ['key']],
]

const long = 'x'.repeat(4_097)
const longShown = `"${'x'.repeat(128)}… (4097 characters)`

const badTexts: readonly (readonly [value: unknown, shown: string])[] = [
  [7, '7'],
  [null, 'null'],
  [true, 'true'],
  [7n, '7n'],
  [Symbol('a'), 'symbol'],
  [{}, 'an object'],
  [['a'], 'an array of 1'],
  [new String('a'), 'an object'],
  [long, longShown],
  ['é'.repeat(2_049), `"${'é'.repeat(128)}… (2049 characters)`],
  ['層'.repeat(1_366), `"${'層'.repeat(128)}… (1366 characters)`],
  ['a\0', '"a\\u0000"'],
  ['\ud800', '"\\ud800"'],
  ['a\udc00b', '"a\\udc00b"'],
  ['__proto__', '"__proto__"'],
]

test('what is no object is refused', () => {
  for (const [value, shown] of [
    [undefined, 'undefined'],
    [null, 'null'],
    ['Prepare', '"Prepare"'],
    [7, '7'],
    [() => 1, 'function'],
  ] as const) {
    invalid(value, 'command', shown)
  }
})

test('a type that is none is refused', () => {
  for (const [type, shown] of [
    [undefined, 'undefined'],
    ['', '""'],
    ['prepare', '"prepare"'],
    ['apply', '"apply"'],
    ['ApplyAccepted', '"ApplyAccepted"'],
    ['toString', '"toString"'],
    ['__proto__', '"__proto__"'],
    [7, '7'],
    [['Prepare'], 'an array of 1'],
  ] as const) {
    invalid({ type, key: 'a' }, 'type', shown)
  }
  invalid([], 'type', 'undefined')
})

for (const [command, names] of commands) {
  test(`${command.type}: keys and names that are none are refused`, () => {
    assert.equal(decodeCommand(command), E.right(command))
    for (const field of names) {
      for (const [value, shown] of badTexts) invalid({ ...command, [field]: value }, field, shown)
      if (field !== 'parent') invalid({ ...command, [field]: undefined }, field, 'undefined')
    }
  })

  test(`${command.type}: an empty key or name is InvalidArgument where it is made, NotFound where it is looked up`, () => {
    for (const field of names) {
      const empty = { ...command, [field]: '' }
      if (field === 'parent') assert.equal(decodeCommand(empty), E.right(empty))
      else if (['Prepare', 'View', 'Commit'].includes(command.type)) invalid(empty, field, '""')
      else assert.equal(refusal(empty), { _tag: 'NotFound', message: 'snapshot "": not found' })
    }
  })

  test(`${command.type}: who asks is a text`, () => {
    for (const [value, shown] of badTexts) invalid({ ...command, by: value }, 'by', shown)
    for (const by of ['', 'x'.repeat(4_096)])
      assert.equal(decodeCommand({ ...command, by }), E.right({ ...command, by }))
  })

  test(`${command.type}: unknown fields are refused, by their names`, () => {
    for (const field of ['id', 'Key', 'signal', 'hasOwnProperty', 'constructor', '']) {
      invalid({ ...command, [field]: 7 }, field, '7')
    }
    invalid({ ...command, unknown: undefined }, 'unknown', 'undefined')
    invalid({ ...command, [Symbol('s')]: 7 }, 'Symbol(s)', 'undefined')
    const left = refusal(JSON.parse(`{"__proto__":7,${JSON.stringify(command).slice(1)}`)) as InvalidArgument
    assert.is(left.field, '__proto__')
  })
}

test('a name has up to 4096 bytes of UTF-8', () => {
  for (const key of ['x'.repeat(4_096), 'é'.repeat(2_048), '\u{1f600}'.repeat(1_024), ' ', 'a/b\\c:d', '\u0001']) {
    assert.is(decodeCommand({ type: 'Prepare', key })._tag, 'Right')
  }
})

test('fields that are there and undefined are as absent', () => {
  const result = decodeCommand({ type: 'Prepare', key: 'a', parent: undefined, labels: undefined, by: undefined })
  assert.equal(result, E.right({ type: 'Prepare', key: 'a' }))
  assert.equal(E.isRight(result) && Object.keys(result.right), ['type', 'key'])
})

test('fields of a prototype are not there', () => {
  const input: unknown = Object.assign(Object.create({ parent: 'p' }) as object, { type: 'Prepare', key: 'a' })
  assert.equal(decodeCommand(input), E.right({ type: 'Prepare', key: 'a' }))
})

test('the purpose is one of two words', () => {
  for (const type of ['Prepare', 'View']) {
    for (const purpose of ['scratch', 'unpack']) {
      assert.is(decodeCommand({ type, key: 'a', purpose })._tag, 'Right')
    }
    invalid({ type, key: 'a', purpose: 'Unpack' }, 'purpose', '"Unpack"')
    invalid({ type, key: 'a', purpose: null }, 'purpose', 'null')
  }
  invalid({ type: 'Commit', name: 'n', key: 'a', purpose: 'unpack' }, 'purpose', '"unpack"')
})

test('field paths are an array of texts', () => {
  const update = (paths: unknown): unknown => ({ type: 'Update', name: 'a', paths })
  for (const [paths, shown] of [
    ['labels', '"labels"'],
    [null, 'null'],
    [{ 0: 'labels' }, 'an object'],
    [Array.from({ length: 1_025 }, () => 'labels'), 'an array of 1025'],
  ] as const) {
    invalid(update(paths), 'paths', shown)
  }
  for (const [value, shown] of badTexts.filter(([text]) => text !== '__proto__' && text !== long)) {
    if (typeof value === 'string' && value.length > 1_000) continue
    invalid(update(['labels', value]), 'paths[1]', shown)
  }
  invalid(update([`labels.${'x'.repeat(4_097)}`]), 'paths[0]', `"labels.${'x'.repeat(121)}… (4104 characters)`)
  invalid(update(['labels.__proto__']), 'paths[0]', '"labels.__proto__"')
  invalid(update(Array(1)), 'paths[0]', 'undefined')
  for (const paths of [
    [],
    ['labels'],
    ['labels.', 'anything'],
    [`labels.${'x'.repeat(4_096)}`],
    Array<string>(1_024).fill('labels'),
  ]) {
    assert.equal(decodeCommand(update(paths)), E.right(update(paths)))
  }
})

test('anything at all is taken or refused, never thrown at', () => {
  const fields = fc.record(
    {
      type: fc.oneof(fc.constantFrom(...commands.map(([{ type }]) => type)), fc.anything()),
      ...Object.fromEntries(
        ['key', 'name', 'parent', 'labels', 'purpose', 'paths', 'descriptor', 'limits', 'by'].map((field) => [
          field,
          fc.oneof(
            fc.constantFrom('a', '', undefined, descriptorOf('1'), { bytes: 1 }),
            fc.anything({ withNullPrototype: true, withBigInt: true }),
          ),
        ]),
      ),
    },
    { requiredKeys: ['type'] },
  )
  check(
    fc.property(fc.oneof(fields, fc.anything()), (input) => {
      const result = decodeCommand(input)
      if (E.isRight(result)) assert.equal(decodeCommand(result.right), result)
      else assert.ok(['InvalidArgument', 'NotFound'].includes(result.left._tag))
    }),
    3_000,
  )
})

test('a name that is looked up: text, maybe of nothing', () => {
  assert.equal(decodeName('key', 'a'), E.right('a'))
  assert.equal(decodeName('key', ''), E.left({ _tag: 'NotFound', message: 'snapshot "": not found' }))
  for (const [value, shown] of [...badTexts, [undefined, 'undefined'] as const]) {
    const result = decodeName('key', value)
    assert.equal(E.isLeft(result) && result.left._tag === 'InvalidArgument' && result.left.value, shown)
  }
})

test.run()

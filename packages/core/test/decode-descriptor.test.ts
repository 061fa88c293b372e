import { test } from 'uvu'
import * as assert from 'uvu/assert'
import * as E from 'fp-ts/lib/Either.js'
import { decodeCommand } from '@varve/core'
import { descriptorOf } from './support/events.js'

const descriptor = descriptorOf('1')
const apply = { type: 'Apply', key: 'a', descriptor }

const invalid = (input: unknown, field: string, value: string): void => {
  const result = decodeCommand(input)
  if (E.isRight(result)) throw new Error(`taken: ${JSON.stringify(result.right).slice(0, 200)}`)
  const { left } = result
  if (left._tag !== 'InvalidArgument') throw new Error(`refused with ${left._tag}`)
  assert.equal([left.field, left.value], [field, value], left.message)
}

test('a descriptor is an object with its three fields', () => {
  for (const [value, shown] of [
    [undefined, 'undefined'],
    [null, 'null'],
    ['sha256:0', '"sha256:0"'],
    [[descriptor], 'an array of 1'],
    [new Map(), 'an object'],
  ] as const) {
    invalid({ ...apply, descriptor: value }, 'descriptor', shown)
  }
  for (const field of ['mediaType', 'digest', 'size'] as const) {
    const { [field]: _missing, ...rest } = descriptor
    invalid({ ...apply, descriptor: rest }, `descriptor.${field}`, 'undefined')
  }
})

test('what manifests say besides is left out', () => {
  const annotations = { a: '1' }
  const result = decodeCommand({ ...apply, descriptor: { ...descriptor, annotations, urls: ['https://example.org'] } })
  assert.equal(result, E.right(apply))
})

test('a media type is a text, whatever it says', () => {
  for (const [value, shown] of [
    [7, '7'],
    ['a\0', '"a\\u0000"'],
    ['\ud800', '"\\ud800"'],
    ['x'.repeat(4_097), `"${'x'.repeat(128)}… (4097 characters)`],
  ] as const) {
    invalid({ ...apply, descriptor: { ...descriptor, mediaType: value } }, 'descriptor.mediaType', shown)
  }
  for (const mediaType of ['', 'anything']) {
    const command = { ...apply, descriptor: { ...descriptor, mediaType } }
    assert.equal(decodeCommand(command), E.right(command))
  }
})

test('a digest is sha256 in lower-case hex, 64 of it', () => {
  const hex = 'a'.repeat(64)
  for (const digest of [
    '',
    hex,
    `sha256:${hex.slice(1)}`,
    `sha256:${hex}0`,
    `sha256:${hex.toUpperCase()}`,
    `sha256:${hex}\n`,
    `SHA256:${hex}`,
    `sha512:${hex}`,
    ` sha256:${hex}`,
    `sha256:${'g'.repeat(64)}`,
    7,
    null,
    [`sha256:${hex}`],
  ]) {
    const result = decodeCommand({ ...apply, descriptor: { ...descriptor, digest } })
    const left = E.isLeft(result) ? result.left : undefined
    assert.is(left?._tag === 'InvalidArgument' && left.field, 'descriptor.digest', String(digest))
  }
  const command = { ...apply, descriptor: { ...descriptor, digest: `sha256:${hex}` } }
  assert.equal(decodeCommand(command), E.right(command))
})

test('a size is a whole number of bytes', () => {
  for (const [size, shown] of [
    [-1, '-1'],
    [0.5, '0.5'],
    [Number.NaN, 'NaN'],
    [Number.POSITIVE_INFINITY, 'Infinity'],
    [2 ** 53, '9007199254740992'],
    ['7', '"7"'],
    [7n, '7n'],
    [null, 'null'],
  ] as const) {
    invalid({ ...apply, descriptor: { ...descriptor, size } }, 'descriptor.size', shown)
  }
  for (const size of [0, 1, 2 ** 53 - 1]) {
    const command = { ...apply, descriptor: { ...descriptor, size } }
    assert.equal(decodeCommand(command), E.right(command))
  }
})

test('limits are whole numbers from one, each of them optional', () => {
  for (const [value, shown] of [
    [null, 'null'],
    [7, '7'],
    [[], 'an array of 0'],
  ] as const) {
    invalid({ ...apply, limits: value }, 'limits', shown)
  }
  invalid({ ...apply, limits: { size: 7 } }, 'limits.size', '7')
  for (const field of ['entries', 'bytes']) {
    for (const [value, shown] of [
      [0, '0'],
      [-1, '-1'],
      [1.5, '1.5'],
      [2 ** 53, '9007199254740992'],
      ['7', '"7"'],
      [null, 'null'],
    ] as const) {
      invalid({ ...apply, limits: { [field]: value } }, `limits.${field}`, shown)
    }
  }
  for (const limits of [{}, { entries: 1 }, { bytes: 2 ** 53 - 1 }, { entries: 2, bytes: 1 }]) {
    assert.equal(decodeCommand({ ...apply, limits }), E.right({ ...apply, limits }))
  }
})

test('no other command has a descriptor or limits', () => {
  invalid({ type: 'Prepare', key: 'a', descriptor }, 'descriptor', 'an object')
  invalid({ type: 'Cancel', key: 'a', limits: {} }, 'limits', 'an object')
})

test('a command keeps the descriptor and the limits it was asked with', () => {
  const own = { ...descriptor }
  const limits = { bytes: 1 }
  const result = decodeCommand({ ...apply, descriptor: own, limits })
  own.digest = 'other'
  limits.bytes = 0
  assert.equal(result, E.right({ ...apply, limits: { bytes: 1 } }))
})

test('a digest that changes between two readings does not get past the checks', () => {
  for (const times of [1, 2, 3]) {
    let reads = 0
    const turning = Object.defineProperty({ ...descriptor }, 'digest', {
      enumerable: true,
      get: () => (reads++ < times ? descriptor.digest : '../../etc'),
    })
    const result = decodeCommand({ ...apply, descriptor: turning })
    if (E.isRight(result)) assert.equal(result.right, apply)
  }
})

test.run()

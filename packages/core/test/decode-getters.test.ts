import { test } from 'uvu'
import * as assert from 'uvu/assert'
import * as E from 'fp-ts/lib/Either.js'
import { decodeCommand } from '@varve/core'

/** An object whose field gives one value after the other, the last one for ever. */
const turning = (fixed: object, field: string, ...values: readonly unknown[]): object => {
  let reads = 0
  return Object.defineProperty({ ...fixed }, field, {
    enumerable: true,
    get: () => values[Math.min(reads++, values.length - 1)],
  })
}

test('a field that changes its value between two readings does not get past the checks', () => {
  for (const times of [1, 2, 3]) {
    const good = Array.from({ length: times }, () => 'a')
    for (const bad of ['a\0', '', 7, 'x'.repeat(5_000)]) {
      const result = decodeCommand(turning({ type: 'Prepare' }, 'key', ...good, bad))
      if (E.isRight(result)) assert.equal(result.right, { type: 'Prepare', key: 'a' })
    }
  }
})

test('a label that changes its value between two readings does not get past the checks', () => {
  for (const times of [1, 2, 3]) {
    const labels = turning({}, 'a', ...Array.from({ length: times }, () => '1'), 7)
    const result = decodeCommand({ type: 'Prepare', key: 'a', labels })
    if (E.isLeft(result) || result.right.type !== 'Prepare') continue
    for (let reading = 0; reading < 5; reading++) assert.is(result.right.labels?.['a'], '1')
  }
})

test('a command keeps the labels and paths it was asked with', () => {
  const labels: Record<string, string> = { a: '1' }
  const paths = ['labels.a']
  const result = decodeCommand({ type: 'Update', name: 'n', labels, paths })
  labels['a'] = 'x\0'
  paths.push('labels.__proto__')
  assert.equal(result, E.right({ type: 'Update', name: 'n', labels: { a: '1' }, paths: ['labels.a'] }))
})

test('a field that throws when it is read is refused', () => {
  const throwing = (field: string): object =>
    Object.defineProperty({ type: 'Prepare', key: 'a' }, field, {
      enumerable: true,
      get: () => {
        throw new Error('no')
      },
    })
  for (const field of ['type', 'key', 'labels']) {
    const result = decodeCommand(throwing(field))
    if (E.isRight(result)) throw new Error(`the field ${field} was taken`)
    assert.is(result.left._tag, 'InvalidArgument', field)
    assert.match(result.left.message, /^command must have fields that can be read \(no\)/)
  }
})

test.run()

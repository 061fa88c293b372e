import { test } from 'uvu'
import * as assert from 'uvu/assert'
import * as fc from 'fast-check'
import { nanosecondsOf, timestamp } from '@varve/core'
import { timestampAfter } from '../src/model/time.js'
import { check } from './support/random.js'

const billion = 1_000_000_000n

/** What the host's calendar makes of it. */
const expected = (nanoseconds: bigint): string => {
  const seconds = new Date(Number(nanoseconds / billion) * 1_000).toISOString().slice(0, 19)
  return `${seconds}.${String(nanoseconds % billion).padStart(9, '0')}Z`
}

const agrees = (nanoseconds: bigint): void => {
  const text = timestamp(nanoseconds)
  assert.is(text, expected(nanoseconds))
  assert.is(nanosecondsOf(text), nanoseconds)
}

test('some times that are easy to get wrong', () => {
  const texts = [
    '1970-01-01T00:00:00.000000000Z',
    '1970-01-01T00:00:00.000000001Z',
    '1972-02-29T23:59:59.999999999Z',
    '1999-12-31T23:59:59.999999999Z',
    '2000-02-29T00:00:00.000000000Z',
    '2000-03-01T00:00:00.000000000Z',
    '2023-02-28T12:34:56.000000789Z',
    '2024-02-29T12:34:56.100000000Z',
    '2100-02-28T23:59:59.999999999Z',
    '2100-03-01T00:00:00.000000000Z',
    '2400-02-29T00:00:00.000000000Z',
    '9999-12-31T23:59:59.999999999Z',
  ]
  for (const text of texts) {
    assert.is(timestamp(nanosecondsOf(text)), text)
    const milliseconds = BigInt(Date.parse(`${text.slice(0, 23)}Z`))
    assert.is(nanosecondsOf(text), milliseconds * 1_000_000n + BigInt(text.slice(23, 29)))
  }
})

test('the first and last moment of every day of four years around each turn of a century', () => {
  for (const year of [1970, 1999, 2099, 2199, 2399]) {
    const from = BigInt(Date.UTC(year, 0, 1)) * 1_000_000n
    for (let day = 0n; day < 1_462n; day++) {
      agrees(from + day * 86_400n * billion)
      agrees(from + (day + 1n) * 86_400n * billion - 1n)
    }
  }
})

test('every time from 1970 to 9999 is written as the calendar has it, and read back', () => {
  const last = BigInt(Date.UTC(9999, 11, 31, 23, 59, 59)) * 1_000_000n + billion - 1n
  check(fc.property(fc.bigInt({ min: 0n, max: last }), agrees), 2_000)
})

test('times within one second keep their own nanoseconds', () => {
  const second = nanosecondsOf('2024-02-29T12:34:56.000000000Z')
  for (const inSecond of [0n, 999_999_999n, 1n, 10n, 123_456_789n]) agrees(second + inSecond)
  agrees(second + billion)
  agrees(second)
})

test('texts sort like the times they name', () => {
  const time = fc.bigInt({ min: 0n, max: 1n << 67n })
  check(
    fc.property(time, time, (one, other) => {
      assert.is(timestamp(one) < timestamp(other), one < other)
    }),
    500,
  )
})

test('the next time is that of the clock, unless the clock has not moved on', () => {
  const last = '2024-12-31T23:59:59.999999999Z'
  const at = nanosecondsOf(last)
  assert.is(timestampAfter('', at), last)
  assert.is(timestampAfter(last, at + 1n), '2025-01-01T00:00:00.000000000Z')
  assert.is(timestampAfter(last, at), '2025-01-01T00:00:00.000000000Z')
  assert.is(timestampAfter(last, 0n), '2025-01-01T00:00:00.000000000Z')
  assert.is(timestampAfter(last, at + 5n), '2025-01-01T00:00:00.000000004Z')
})

test.run()

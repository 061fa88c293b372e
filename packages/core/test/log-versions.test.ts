import { test } from 'uvu'
import * as assert from 'uvu/assert'
import * as E from 'fp-ts/lib/Either.js'
import * as t from 'io-ts'
import { noHash, openRecord, versions, type Versions } from '@varve/core'
import { eventData } from '../src/model/event.js'
import { prepared } from './support/events.js'
import { faultOf, replayed } from './support/logs.js'

const envelope = {
  v: 1,
  seq: 1,
  at: '2024-02-29T00:00:00.000000000Z',
  type: 'Destroyed',
  data: { id: 1 },
  cause: { id: '1' },
  hash: noHash,
}

const problemOf = (record: unknown, known: Versions = versions): string => {
  const result = openRecord(typeof record === 'string' ? record : JSON.stringify(record), 1, known)
  if (E.isRight(result)) throw new Error('the record was taken')
  assert.is(result.left.code, 'MALFORMED_RECORD')
  assert.match(result.left.message, /^record 1 of the log can't be read: /)
  return result.left.message
}

test('a type or version that is not known is refused, with what to do', () => {
  for (const [type, v] of [
    ['Destroyed', 2],
    ['Destroyed', 0],
    ['Destroyed', 1.5],
    ['Imported', 1],
    ['toString', 1],
    ['__proto__', 1],
    ['', 1],
  ] as const) {
    assert.match(
      problemOf({ ...envelope, type, v }),
      `its type ${type}@${v} is not known to this version of the library; open it with a newer one`,
    )
  }
})

test('what is no record is refused', () => {
  for (const text of ['', '{', 'null', '7', '"x"', '[]', '{}', '\ufffd']) problemOf(text)
  for (const field of ['v', 'at', 'type', 'cause', 'hash'] as const) {
    const { [field]: _dropped, ...rest } = envelope
    problemOf(rest)
    for (const value of [null, true, [], {}]) problemOf({ ...envelope, [field]: value })
  }
  problemOf({ ...envelope, cause: { id: 1 } })
  problemOf({ ...envelope, data: undefined })
  problemOf({ ...envelope, data: { id: '1' } })
  problemOf({ ...envelope, data: null })
})

test('a record says its own number', () => {
  for (const seq of [2, 0, '1', undefined, null]) {
    assert.match(problemOf({ ...envelope, seq }), `it says that its number is ${String(seq)}`)
  }
})

test('a failure in the log has all that a failure has', () => {
  const failed = { ...envelope, type: 'PrepareFailed' }
  const data = { id: 1, key: 'a' }
  const failures = [
    { _tag: 'BackendFault', message: 'm', code: 1 },
    { _tag: 'InvalidArgument', message: 'm', field: 'f', value: 'v' },
  ]
  for (const failure of failures) {
    assert.is(openRecord(JSON.stringify({ ...failed, data: { ...data, failure } }), 1)._tag, 'Right')
    for (const field of Object.keys(failure)) {
      problemOf({ ...failed, data: { ...data, failure: { ...failure, [field]: undefined } } })
    }
  }
  problemOf({ ...failed, data: { ...data, failure: { _tag: 'StoreFault', message: 'm', code: 'x' } } })
})

/** As if `Destroyed` had been written in two older forms. */
const known: Versions = {
  newest: { ...versions.newest, Destroyed: 3 },
  codecs: {
    ...versions.codecs,
    'Destroyed@1': t.type({ layer: t.string }),
    'Destroyed@2': t.type({ layer: t.number }),
    'Destroyed@3': eventData.Destroyed,
  },
  upcasters: {
    'Destroyed@1': (data) => ({ layer: Number((data as { readonly layer: string }).layer) }),
    'Destroyed@2': (data) => ({ id: (data as { readonly layer: number }).layer }),
  },
}

test('older data is brought to the newest version, step by step', () => {
  for (const [v, data] of [
    [1, { layer: '7' }],
    [2, { layer: 7 }],
    [3, { id: 7 }],
  ] as const) {
    const result = openRecord(JSON.stringify({ ...envelope, v, data }), 1, known)
    assert.equal(result, E.right({ ...envelope, v, data: { id: 7 } } as never))
  }
})

test('older data is checked by the codec of its own version', () => {
  assert.match(problemOf({ ...envelope, v: 1, data: { layer: 7 } }, known), 'its data is not that of Destroyed@1')
  assert.match(problemOf({ ...envelope, v: 2, data: { id: 7 } }, known), 'its data is not that of Destroyed@2')
})

test('a version from which no upcaster leads on is refused', () => {
  const { 'Destroyed@2': _missing, ...upcasters } = known.upcasters
  assert.match(
    problemOf({ ...envelope, v: 1, data: { layer: '7' } }, { ...known, upcasters }),
    'there is no upcaster from Destroyed@2',
  )
})

test('every event has a codec for each version up to its newest, and an upcaster from each before', () => {
  assert.equal(Object.keys(versions.newest).sort(), Object.keys(eventData).sort())
  for (const [type, newest] of Object.entries(versions.newest)) {
    for (let v = 1; v <= newest; v++) assert.ok(versions.codecs[`${type}@${v}`] !== undefined, `${type}@${v}`)
    for (let v = 1; v < newest; v++) assert.type(versions.upcasters[`${type}@${v}`], 'function', `${type}@${v}`)
  }
})

test('replaying refuses a log with a record of an unknown version', () => {
  assert.is(prepared(1, 'a').length, 2)
  assert.match(faultOf([JSON.stringify({ ...envelope, v: 9 })])[1], 'Destroyed@9 is not known')
  assert.is(replayed([]).state.seq, 0)
})

test.run()

import { test } from 'uvu'
import * as assert from 'uvu/assert'
import * as E from 'fp-ts/lib/Either.js'
import * as fc from 'fast-check'
import {
  evolve,
  initialState,
  isChained,
  noHash,
  openRecord,
  replayFrom,
  seal,
  type Decided,
  type Event,
} from '@varve/core'
import { actions, plain, recordedIn, runActions } from './support/actions.js'
import { layer, logCreated, prepared, preparing, removed, updated } from './support/events.js'
import { faultOf, replayed, sealed, sha256 } from './support/logs.js'
import { check } from './support/random.js'
import { decidedAfter } from './support/spec.js'

const decided = (events: readonly Event[]): readonly Decided[] => {
  const all: Decided[] = []
  let state = initialState('bind')
  for (const event of events) {
    const next = decidedAfter(state, event)
    state = evolve(state, next)
    all.push(next)
  }
  return all
}

/** Texts with what JSON and UTF-8 make longer. */
const odd = 'a"b\\c\u2028/é層\u{1f600}\u0001'
const events = decided([
  logCreated,
  ...layer(1, 'base'),
  ...prepared(2, odd, { labels: { [odd]: odd } }),
  updated(odd, { hash: '","hash":"' }),
  ...removed(2, odd),
])
const texts = sealed(events)

test('a record is one line of JSON: version, number, time, type, data, cause, hash', () => {
  const [event] = decided([preparing(1, 'a')])
  const record = seal(noHash, event as Decided, sha256)
  const body =
    '{"v":1,"seq":1,"at":"2024-02-28T23:59:51.000000000Z","type":"PrepareAccepted","data":{"id":1,"key":"a",' +
    '"kind":"Active","parent":"","purpose":"scratch","labels":{},"profile":"bind","scratch":null},"cause":{"id":"1"}'
  const hash = sha256(`${noHash}${body}}`)
  assert.is(record.text, `${body},"hash":"${hash}"}`)
  assert.is(record.hash, hash)
  assert.is(record.seq, 1)
  assert.equal(record.recorded, { ...event, v: 1, hash })
})

test('a record that was sealed is opened as it was, and follows the one before', () => {
  let hash = noHash
  for (const [index, text] of texts.entries()) {
    const opened = openRecord(text, index + 1)
    if (E.isLeft(opened)) throw new Error(opened.left.message)
    assert.equal(opened.right, { ...events[index], v: 1, hash: opened.right.hash })
    assert.ok(isChained(text, hash, sha256))
    assert.not.ok(isChained(text, noHash.replace('0', '1'), sha256))
    assert.not.ok(text.includes('\n'))
    hash = opened.right.hash
  }
})

test('the same events make the same hashes; another first event changes all of them', () => {
  assert.equal(sealed(events), texts)
  const others = sealed(decided([{ type: 'LogCreated', data: { log: 'another' } }, ...layer(1, 'base')]))
  for (const [index, text] of others.entries()) assert.is.not(text.slice(-66), texts[index]?.slice(-66))
})

test('whatever is decided, its log gives the same state again', () => {
  check(
    fc.property(actions, (taken) => {
      const turns = runActions(taken)
      const { state } = replayed(sealed(recordedIn(turns)))
      assert.equal(plain(state), plain(turns.at(-1)?.after ?? initialState('bind')))
    }),
    30,
  )
})

test('data that is not its event’s is never sealed', () => {
  const [event] = decided([preparing(1, 'a')])
  for (const data of [{}, { ...event?.data, id: '1' }, { ...event?.data, labels: { a: 1 } }, null]) {
    assert.throws(() => seal(noHash, { ...event, data } as Decided, sha256), /PrepareAccepted 1 has malformed data/)
  }
})

/** The text with one bit of its UTF-8 turned over, as a store would read it. */
const flipped = (text: string, bit: number): string => {
  const bytes = Buffer.from(text, 'utf8')
  const at = (bit >> 3) % bytes.length
  bytes[at] = (bytes[at] as number) ^ (1 << (bit & 7))
  return bytes.toString('utf8')
}

test('a bit turned over anywhere in a record is noticed', () => {
  for (const [index, text] of texts.entries()) {
    const before = replayed(texts.slice(0, index))
    const bits = Buffer.byteLength(text) * 8
    // Every bit of the first record and of the one with odd texts, every seventh of the others.
    for (let bit = 0; bit < bits; bit += index === 0 || index === 6 ? 1 : 7) {
      const [code, message] = faultOf([flipped(text, bit), ...texts.slice(index + 1)], before)
      assert.ok(code === 'CHAIN_BROKEN' || code === 'MALFORMED_RECORD', code)
      assert.match(message, `record ${index + 1} `)
    }
  }
})

test('a record is not chained when its end is not that of a sealed record', () => {
  const [text = ''] = texts
  for (const wrong of [
    '',
    '}',
    `${text} `,
    text.slice(0, -1),
    text.replace(',"hash"', ', "hash"'),
    text.replace('"hash":"', '"hash": "'),
    text.replace('"hash":"', '"hush":"'),
    `${text.slice(0, -1)}]`,
    text.slice(-80),
    noHash,
  ]) {
    assert.is(isChained(wrong, noHash, sha256), false, wrong)
  }
})

test('records that are missing, swapped, doubled or put in are noticed', () => {
  const swap = (at: number): readonly string[] => texts.with(at, texts[at + 1] ?? '').with(at + 1, texts[at] ?? '')
  for (let at = 0; at < texts.length - 1; at++) {
    assert.is(faultOf(texts.toSpliced(at, 1))[0], 'MALFORMED_RECORD')
    assert.is(faultOf(swap(at))[0], 'MALFORMED_RECORD')
    assert.is(faultOf(texts.toSpliced(at, 0, texts[at] ?? ''))[0], 'MALFORMED_RECORD')
  }
  const renumbered = sealed(events.toSpliced(3, 1).map((event, index) => ({ ...event, seq: index + 1 })))
  // Record 4 is well sealed after record 3, whichever it is; from record 5 on the two logs part.
  for (let at = 4; at < renumbered.length; at++) {
    const [code, message] = faultOf([...texts.slice(0, at), ...renumbered.slice(at)])
    assert.equal(
      [code, message],
      ['CHAIN_BROKEN', `record ${at + 1} does not follow record ${at}: the log was altered`],
    )
  }
})

test('a record of another log is noticed though it is sealed well', () => {
  const other = sealed(decided([{ type: 'LogCreated', data: { log: 'another' } }, ...layer(1, 'base')]))
  for (let at = 1; at < other.length; at++) {
    assert.is(faultOf([...texts.slice(0, at), ...other.slice(at)])[0], 'CHAIN_BROKEN')
  }
})

test('a record that is well sealed and does not fit what comes before it is a fault', () => {
  const misfit: Decided = {
    ...updated('none', {}),
    seq: texts.length + 1,
    at: '2025-01-01T00:00:00.000000000Z',
    cause: { id: '1' },
  }
  const [code, message] = faultOf([...texts, ...sealed([...events, misfit]).slice(-1)])
  assert.is(code, 'MALFORMED_RECORD')
  assert.match(message, /^record 11 does not fit what comes before it: the log names none/)
})

test('replaying tells of every record, and goes on where another replay ended', () => {
  const seen: number[] = []
  const first = replayed(texts.slice(0, 4))
  const rest = replayFrom(first, texts.slice(4), sha256, ({ seq }) => seen.push(seq))
  if (E.isLeft(rest)) throw new Error(rest.left.message)
  const all = replayed(texts)
  assert.equal(seen, [5, 6, 7, 8, 9, 10])
  assert.is(rest.right.hash, all.hash)
  assert.equal(plain(rest.right.state), plain(all.state))
})

test.run()

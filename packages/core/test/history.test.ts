import { test } from 'uvu'
import * as assert from 'uvu/assert'
import * as E from 'fp-ts/lib/Either.js'
import * as fc from 'fast-check'
import { digest, openHistory, storeFault, timestamp, type Decided, type EventStore } from '@varve/core'
import { actions, plain, recordedIn, runActions } from './support/actions.js'
import { logCreated } from './support/events.js'
import { sealed, sha256 } from './support/logs.js'
import { arrayStore } from './support/memory.js'
import { checkAsync } from './support/random.js'
import { ok, refused } from './support/runtime.js'
import { timeOf } from './support/spec.js'
import { decided, historyOf, longLog, prefix, storeOf } from './support/histories.js'

/** A third record, so that the second is not the last. */
const updatedAfter = (at: string): Decided => ({
  ...({ type: 'Quarantined', data: { directories: [] } } as const),
  seq: 3,
  at: at.replace(':51.', ':59.'),
  cause: { id: '3' },
})

test('at a number is the replay of the records up to it', async () => {
  await checkAsync(
    fc.asyncProperty(actions, fc.array(fc.nat(200), { minLength: 1, maxLength: 5 }), async (taken, wanted) => {
      const texts = sealed(recordedIn(runActions(taken)))
      const history = await historyOf(texts)
      for (const want of wanted) {
        const seq = want % (texts.length + 1)
        const moment = await ok(history.at(seq))
        assert.is(moment.seq, seq)
        assert.equal(plain(moment.state), plain(prefix(texts, seq)))
        assert.is(moment.digest(), digest(moment.state))
      }
    }),
    40,
  )
})

test('at any number of a long log, on both sides of every kept state', async () => {
  const history = await historyOf(longLog)
  const last = longLog.length
  for (const seq of [0, 1, 5, 999, 1_000, 1_001, 1_500, 1_999, 2_000, 2_001, 3_000, 3_001, last - 1, last]) {
    assert.is((await ok(history.at(seq))).digest(), digest(prefix(longLog, seq)), `at ${seq}`)
  }
  assert.equal(history.head, { seq: last, hash: longLog.at(-1)?.slice(-66, -2) })
  assert.is(history.log, '5a1d9ad3-5b1c-4f0e-8b0e-000000000001')
})

test('a moment reads at most to the next kept state', async () => {
  const store = storeOf(longLog)
  const texts: string[] = []
  const asked: number[] = []
  const read: EventStore['read'] = async function* (after) {
    asked.push(after)
    for await (const batch of store.read(after)) {
      if (E.isRight(batch)) for (const text of batch.right) yield (texts.push(text), E.right([text]))
    }
  }
  const history = await ok(openHistory({ ...store, read }))
  for (const [when, after, most] of [
    [2_000, undefined, 0],
    [2_999, 2_000, 1_000],
    [timestamp(timeOf(2_999)), 2_000, 1_000],
    [1_001, 1_000, 1],
    [longLog.length, undefined, 0],
  ] as const) {
    asked.length = 0
    texts.length = 0
    await ok(history.at(when))
    assert.equal(asked, after === undefined ? [] : [after], `at ${when}`)
    assert.ok(texts.length <= most, `at ${when} read ${texts.length} records`)
  }
})

test('at a time is at the last record that is not later', async () => {
  const history = await historyOf(longLog)
  const seqAt = async (when: string): Promise<number> => (await ok(history.at(when))).seq
  for (const seq of [1, 2, 999, 1_000, 1_001, 2_400]) {
    assert.is(await seqAt(timestamp(timeOf(seq))), seq)
    assert.is(await seqAt(timestamp(timeOf(seq) + 1n)), seq)
    assert.is(await seqAt(timestamp(timeOf(seq) - 1n)), seq - 1)
  }
  assert.is(await seqAt('2024-02-28T23:59:53Z'), 3)
  assert.is(await seqAt('2024-02-28T23:59:53.9Z'), 3)
  assert.is(await seqAt('1970-01-01T00:00:00Z'), 0)
  assert.is(await seqAt('9999-01-01T00:00:00Z'), longLog.length)
})

test('fractions of a second count', async () => {
  const [first, second] = decided([logCreated, { type: 'Quarantined', data: { directories: ['7'] } }])
  const at = '2024-02-28T23:59:51.500000000Z'
  const history = await historyOf(sealed([first as Decided, { ...(second as Decided), at }, updatedAfter(at)]))
  const seqs = ['51Z', '51.05Z', '51.49Z', '51.5Z', '51.500Z', '51.500000001Z'].map(async (end) => {
    const { seq } = await ok(history.at(`2024-02-28T23:59:${end}`))
    return seq
  })
  assert.equal(await Promise.all(seqs), [1, 1, 1, 2, 2, 2])
})

test('records after the head are not looked at', async () => {
  const store = storeOf(longLog)
  const [seq, hash] = [1_500, longLog[1_499]?.slice(-66, -2) ?? '']
  const history = await ok(openHistory({ ...store, open: () => async () => E.right({ log: '', head: { seq, hash } }) }))
  const moment = await ok(history.at('9999-01-01T00:00:00Z'))
  assert.equal([moment.seq, moment.digest()], [seq, digest(prefix(longLog, seq))])
  assert.is((await ok(history.explain('base'))).story.at(-1)?.seq, seq)
  assert.is((await refused(history.explain('a')))._tag, 'NotFound')
})

test('a moment that is none is refused', async () => {
  const history = await historyOf(longLog)
  for (const when of [
    -1,
    1.5,
    Number.NaN,
    longLog.length + 1,
    '',
    'yesterday',
    '2024-02-28',
    '2024-02-28T23:59:53+01:00',
  ]) {
    assert.is((await refused(history.at(when)))._tag, 'InvalidArgument', String(when))
    assert.is((await refused(history.diff(0, when)))._tag, 'InvalidArgument', String(when))
  }
})

test('a log that is damaged, ends early or can not be opened is refused, and the store is closed', async () => {
  const codeOf = async (change: (store: ReturnType<typeof arrayStore>) => Partial<EventStore>): Promise<string> => {
    const store = storeOf(longLog)
    let closed = 0
    const close: EventStore['close'] = () => async () => E.right(void closed++)
    const { code } = (await refused(openHistory({ ...store, close, ...change(store) }))) as {
      readonly code: string
    } & {
      readonly _tag: string
    }
    return `${code} ${closed}`
  }
  const fault = storeFault('no', 'EIO')
  const spoilt = (store: ReturnType<typeof arrayStore>): Partial<EventStore> => {
    store.texts[1_700] = store.texts[1_701] ?? ''
    return {}
  }
  assert.is(await codeOf(spoilt), 'MALFORMED_RECORD 1')
  const head = { seq: longLog.length + 1, hash: sha256('') }
  assert.is(await codeOf(() => ({ open: () => async () => E.right({ log: '', head }) })), 'STALE_HEAD 1')
  assert.is(await codeOf(() => ({ open: () => async () => E.left(fault) })), 'EIO 0')
})

test.run()

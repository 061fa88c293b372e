import * as E from 'fp-ts/lib/Either.js'
import type { EventStore, Head, Sealed } from '@varve/core/ports'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { memoryStore } from '../src/index.js'

const empty: Head = { seq: 0, hash: '0'.repeat(64) }
const record = (seq: number): Sealed => ({ seq, hash: `hash ${seq}`, text: `record ${seq}` })
const records = (from: number, to: number): readonly Sealed[] =>
  Array.from({ length: to - from + 1 }, (_, at) => record(from + at))
const headAt = ({ seq, hash }: Sealed): Head => ({ seq, hash })
const codeOf = (answer: E.Either<{ readonly code: string }, unknown>): string =>
  E.isLeft(answer) ? answer.left.code : 'no fault'

const all = async <T>(batches: AsyncIterable<E.Either<unknown, readonly T[]>>): Promise<readonly T[]> => {
  const items: T[] = []
  for await (const batch of batches) {
    assert.ok(E.isRight(batch))
    assert.ok(batch.right.length > 0 && batch.right.length <= 250)
    items.push(...batch.right)
  }
  return items
}

const opened = async (): Promise<ReturnType<typeof memoryStore>> => {
  const store = memoryStore()
  assert.ok(E.isRight(await store.open()()))
  return store
}

const headOf = async (store: EventStore): Promise<unknown> => {
  const answer = await store.open()()
  return E.isRight(answer) ? answer.right.head : answer.left.code
}

test('SHA-256 is that of the UTF-8 bytes', () => {
  const { sha256 } = memoryStore()
  assert.is(sha256('abc'), 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad')
  assert.is(sha256('é'), '4a99557e4033c3539de2eb65472017cad5f9557f7a0625a09f1c3f6e2ba69c4c')
})

test('what was appended is there, also after it was closed and opened', async () => {
  const store = memoryStore()
  const first = await store.open()()
  assert.ok(E.isRight(first))
  assert.equal(first.right.head, empty)
  assert.ok(E.isRight(await store.append(empty, records(1, 600), [{ key: 'sa', value: 'x' }])()))
  assert.equal(
    await all(store.read(3)),
    records(4, 600).map(({ text }) => text),
  )
  assert.ok(E.isRight(await store.close()()))
  assert.ok(E.isRight(await store.close()()))
  const again = await store.open()()
  assert.equal(again, E.right({ log: first.right.log, head: headAt(record(600)) }))
  assert.equal(await all(store.rows('s')), [{ key: 'sa', value: 'x' }])
})

test('a stale head is refused and nothing written', async () => {
  const store = await opened()
  await store.append(empty, records(1, 2))()
  for (const stale of [empty, headAt(record(1)), { seq: 2, hash: 'other' }, { seq: 3, hash: 'hash 2' }])
    assert.is(codeOf(await store.append(stale, [record(3)], [{ key: 'a', value: 'a' }])()), 'STALE_HEAD')
  assert.equal(await all(store.read(0)), ['record 1', 'record 2'])
  assert.equal(await all(store.rows('')), [])
})

test('records that do not follow the head are refused and nothing written', async () => {
  const store = await opened()
  for (const wrong of [[record(2)], [record(1), record(3)], [record(1), record(1)]])
    assert.is(codeOf(await store.append(empty, wrong, [{ key: 'a', value: 'a' }])()), 'INVALID_RECORDS')
  assert.equal(await all(store.read(0)), [])
  assert.equal(await all(store.rows('')), [])
})

test('power that goes before a batch is durable takes it away', async () => {
  const store = await opened()
  await store.append(empty, [record(1)], [{ key: 'a', value: '1' }])()
  const pending = store.append(headAt(record(1)), [record(2)], [{ key: 'a', value: '2' }])()
  store.losePower()
  assert.is(codeOf(await pending), 'POWER_LOST')
  assert.is(codeOf(await store.append(headAt(record(1)), [record(2)])()), 'STORE_NOT_OPEN')
  assert.equal(await headOf(store), headAt(record(1)))
  assert.equal(await all(store.read(0)), ['record 1'])
  assert.equal(await all(store.rows('a')), [{ key: 'a', value: '1' }])
})

test('a batch under way when power went does not come back in the next opening', async () => {
  const store = await opened()
  const pending = store.append(empty, [record(1)])()
  store.losePower()
  const reopened = store.open()()
  assert.is(codeOf(await pending), 'POWER_LOST')
  assert.ok(E.isRight(await reopened))
  assert.equal(await all(store.read(0)), [])
})

test('one opening at a time, and none without', async () => {
  const store = memoryStore()
  const first = async (batches: AsyncIterable<E.Either<{ readonly code: string }, unknown>>): Promise<string> => {
    for await (const batch of batches) return codeOf(batch)
    return 'nothing'
  }
  assert.is(codeOf(await store.append(empty, [])()), 'STORE_NOT_OPEN')
  assert.is(await first(store.read(0)), 'STORE_NOT_OPEN')
  assert.is(await first(store.rows('')), 'STORE_NOT_OPEN')
  await store.open()()
  assert.is(codeOf(await store.open()()), 'STORE_IN_USE')
})

test('reading ends with a fault when the store is closed meanwhile', async () => {
  const store = await opened()
  await store.append(empty, records(1, 600))()
  const answers: string[] = []
  for await (const batch of store.read(0)) {
    answers.push(codeOf(batch))
    await store.close()()
  }
  assert.equal(answers, ['no fault', 'STORE_NOT_OPEN'])
})

test.run()

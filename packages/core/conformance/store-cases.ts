import type { EventStore, Row } from '../src/runtime/ports.js'
import { equal, ok } from './assert.js'
import { type Case, caseOf } from './case.js'
import { emptyHead, headAfter, left, opened, readAll, recordsAfter, right, sorted, textsOf } from './ports.js'
import { storeMaintenanceCases } from './store-maintenance.js'
import type { StoreSubject } from './subject.js'

type StoreCase = Case<StoreSubject>

const storeCase = (name: string, body: (subject: StoreSubject) => Promise<void>): StoreCase =>
  caseOf(`store/${name}`, body)

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/

const textsIn = (store: EventStore, after = 0): Promise<readonly string[]> =>
  readAll(`read after ${after}`, store.read(after))
const rowsIn = async (store: EventStore, prefix: string): Promise<readonly Row[]> =>
  sorted(await readAll(`rows ${prefix}`, store.rows(prefix), 250))

const fresh = storeCase('a fresh store is empty and names its log', async ({ store }) => {
  const { log, head, lost } = await right('open', store.open())
  equal('head', head, emptyHead)
  ok('the log is a UUID', uuid.test(log), log)
  equal('lost records', lost, undefined)
  equal('records', await textsIn(store), [])
  equal('rows', await rowsIn(store, 's'), [])
})

const inOrder = storeCase('records come back as they were written, in order', async (subject) => {
  const { store } = subject
  await opened(subject)
  const records = recordsAfter(subject, emptyHead, 9)
  let head = emptyHead
  for (const part of [records.slice(0, 1), records.slice(1, 2), records.slice(2, 8), records.slice(8)]) {
    await right('append', store.append(head, part))
    head = headAfter(head, part)
    equal('records so far', await textsIn(store), textsOf(records.slice(0, head.seq)))
  }
})

const middle = storeCase('a log is read from any record on', async (subject) => {
  const { store } = subject
  await opened(subject)
  const records = recordsAfter(subject, emptyHead, 12)
  await right('append', store.append(emptyHead, records))
  for (const after of [0, 1, 9, 11, 12, 13, 1_000])
    equal(`records after ${after}`, await textsIn(store, after), textsOf(records.slice(after)))
})

const long = storeCase('a long log is read whole', async (subject) => {
  const { store } = subject
  await opened(subject)
  const records = recordsAfter(subject, emptyHead, 3_000)
  await right('append', store.append(emptyHead, records.slice(0, 2_600)))
  await right('append', store.append(headAfter(emptyHead, records.slice(0, 2_600)), records.slice(2_600)))
  equal('records', await textsIn(store), textsOf(records))
  equal('records after 1,999', await textsIn(store, 1_999), textsOf(records.slice(1_999)))
})

const large = storeCase('a record of a megabyte comes back whole', async (subject) => {
  const { store } = subject
  await opened(subject)
  const records = recordsAfter(subject, emptyHead, 3, 'x'.repeat(1_000_000))
  await right('append', store.append(emptyHead, records))
  const texts = await textsIn(store)
  equal(
    'lengths',
    texts.map((text) => text.length),
    records.map(({ text }) => text.length),
  )
  equal('hashes', texts.map(store.sha256), textsOf(records).map(store.sha256))
})

const withRows = storeCase('records and rows of one append are there together', async (subject) => {
  const { store } = subject
  await opened(subject)
  const records = recordsAfter(subject, emptyHead, 2)
  const rows = [
    { key: 'sa', value: '{"a":1}' },
    { key: 'pa', value: '' },
    { key: 's层\u{1F600}', value: '层\n\u0001' },
  ]
  await right('append', store.append(emptyHead, records, rows))
  equal('records', await textsIn(store), textsOf(records))
  equal('rows s', await rowsIn(store, 's'), sorted([rows[0], rows[2]] as readonly Row[]))
  equal('rows p', await rowsIn(store, 'p'), [rows[1]])
  equal('rows o', await rowsIn(store, 'o'), [])
})

const rowsAlone = storeCase('rows may come without records', async (subject) => {
  const { store } = subject
  await opened(subject)
  const records = recordsAfter(subject, emptyHead, 1)
  const head = headAfter(emptyHead, records)
  await right('append records', store.append(emptyHead, records))
  await right('append rows', store.append(head, [], [{ key: 'h', value: '1' }]))
  await right('append nothing', store.append(head, []))
  await right('append the next record', store.append(head, recordsAfter(subject, head, 1)))
  equal('rows', await rowsIn(store, 'h'), [{ key: 'h', value: '1' }])
  equal('number of records', (await textsIn(store)).length, 2)
})

const replaced = storeCase('a row is replaced and deleted', async (subject) => {
  const { store } = subject
  await opened(subject)
  const put = (rows: readonly Row[]): Promise<void> => right('append', store.append(emptyHead, [], rows))
  await put(['a', 'b', 'c'].map((name) => ({ key: `s${name}`, value: name })))
  await put([
    { key: 'sa', value: 'A' },
    { key: 'sb', value: undefined },
    { key: 'snever', value: undefined },
  ])
  equal('rows', await rowsIn(store, 's'), [
    { key: 'sa', value: 'A' },
    { key: 'sc', value: 'c' },
  ])
  await put([
    { key: 'sb', value: 'again' },
    { key: 'sb', value: undefined },
    { key: 'sc', value: undefined },
    { key: 'sc', value: 'last' },
  ])
  equal('rows after two changes of one key in one append', await rowsIn(store, 's'), [
    { key: 'sa', value: 'A' },
    { key: 'sc', value: 'last' },
  ])
})

const prefixes = storeCase('rows are found by prefix alone', async (subject) => {
  const { store } = subject
  await opened(subject)
  const keys = ['s', 'sa', 'sa/1', 'sa/2', 'sab', 'sb', 't', 'r', 's\u{10FFFF}', 's\uffff']
  await right(
    'append',
    store.append(
      emptyHead,
      [],
      keys.map((key) => ({ key, value: key })),
    ),
  )
  for (const prefix of ['s', 'sa', 'sa/', 'sb', 't', 'u', 'sabc'])
    equal(
      `rows ${prefix}`,
      (await rowsIn(store, prefix)).map(({ key }) => key),
      keys.filter((key) => key.startsWith(prefix)).sort(),
    )
})

const manyRows = storeCase('many rows come in batches of at most 250', async (subject) => {
  const { store } = subject
  await opened(subject)
  const rows = Array.from({ length: 1_003 }, (_, index) => ({ key: `s${index}`, value: `${index}` }))
  await right('append', store.append(emptyHead, [], rows))
  equal('rows', await rowsIn(store, 's'), sorted(rows))
})

const stale = storeCase('an append to another head is refused and writes nothing', async (subject) => {
  const { store } = subject
  await opened(subject)
  const records = recordsAfter(subject, emptyHead, 3)
  const head = headAfter(emptyHead, records)
  await right('append', store.append(emptyHead, records, [{ key: 'sa', value: 'first' }]))
  const before = headAfter(emptyHead, records.slice(0, 2))
  const others = [emptyHead, before, { seq: 4, hash: head.hash }, { seq: 3, hash: before.hash }]
  for (const expected of others) {
    const what = `append after ${JSON.stringify(expected)}`
    const row = { key: 'sa', value: 'refused' }
    const fault = await left(what, store.append(expected, recordsAfter(subject, expected, 1), [row]), 'StoreFault')
    equal(`${what}: code`, fault.code, 'STALE_HEAD')
    equal(
      `${what}: code without records`,
      (await left(what, store.append(expected, [], [row]), 'StoreFault')).code,
      'STALE_HEAD',
    )
  }
  equal('records', await textsIn(store), textsOf(records))
  equal('rows', await rowsIn(store, 's'), [{ key: 'sa', value: 'first' }])
  await right('append to the right head', store.append(head, recordsAfter(subject, head, 1)))
})

const gaps = storeCase('records that do not follow the head are refused and write nothing', async (subject) => {
  const { store } = subject
  await opened(subject)
  const records = recordsAfter(subject, emptyHead, 4)
  const [first, second, third, fourth] = records
  const row = { key: 'sa', value: 'refused' }
  const wrong = {
    'from 2 on': [second, third],
    'with a gap': [first, third],
    turned: [second, first],
    twice: [first, first],
  }
  for (const [how, list] of Object.entries(wrong))
    await left(
      `append ${how}`,
      store.append(
        emptyHead,
        list.flatMap((record) => record ?? []),
        [row],
      ),
      'StoreFault',
    )
  equal('records', await textsIn(store), [])
  equal('rows', await rowsIn(store, 's'), [])
  await right('append in order', store.append(emptyHead, records))
  equal('the last record', (await textsIn(store, 3))[0], fourth?.text)
})

const reopened = storeCase('what was written is there after reopening', async (subject) => {
  const { store, reopen } = subject
  const first = await opened(subject)
  const records = recordsAfter(subject, emptyHead, 5)
  const head = headAfter(emptyHead, records)
  await right('append', store.append(emptyHead, records.slice(0, 2), [{ key: 'sa', value: 'a' }]))
  const two = headAfter(emptyHead, records.slice(0, 2))
  await right('append', store.append(two, records.slice(2), [{ key: 'sb', value: 'b' }]))
  await right('close', store.close())
  const again = await reopen()
  equal('opened again', await opened({ store: again }), { log: first.log, head })
  equal('records', await textsIn(again), textsOf(records))
  equal('rows', await rowsIn(again, 's'), [
    { key: 'sa', value: 'a' },
    { key: 'sb', value: 'b' },
  ])
  const next = recordsAfter(subject, head, 1)
  await right('append after reopening', again.append(head, next))
  await right('close again', again.close())
  equal('head at last', (await opened({ store: await reopen() })).head, headAfter(head, next))
})

const abandoned = storeCase('a reading that is given up does not stand in the way', async (subject) => {
  const { store } = subject
  await opened(subject)
  const records = recordsAfter(subject, emptyHead, 2_000)
  const head = headAfter(emptyHead, records)
  const rows = Array.from({ length: 600 }, (_, index) => ({ key: `s${index}`, value: '' }))
  await right('append', store.append(emptyHead, records, rows))
  for await (const batch of store.read(0)) if (batch._tag === 'Right') break
  for await (const batch of store.rows('s')) if (batch._tag === 'Right') break
  await right('append', store.append(head, recordsAfter(subject, head, 1)))
  await right('close', store.close())
})

const closed = storeCase(
  'close may be called twice; afterwards reading and appending are StoreFaults',
  async (subject) => {
    const { store } = subject
    await opened(subject)
    const records = recordsAfter(subject, emptyHead, 1)
    await right('append', store.append(emptyHead, records))
    await right('close', store.close())
    await right('close again', store.close())
    await left('append', store.append(headAfter(emptyHead, records), [], [{ key: 'sa', value: '' }]), 'StoreFault')
    for (const [what, batches] of [['read', store.read(0)] as const, ['rows', store.rows('s')] as const]) {
      const answers = []
      for await (const batch of batches) answers.push(batch._tag)
      equal(`${what} after close`, answers, ['Left'])
    }
  },
)

const unopened = storeCase('a store that was never opened can be closed', async ({ store }) => {
  await right('close', store.close())
})

const digests: readonly (readonly [text: string, digest: string])[] = [
  ['', 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'],
  ['abc', 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad'],
  ['é', '4a99557e4033c3539de2eb65472017cad5f9557f7a0625a09f1c3f6e2ba69c4c'],
  ['\u{1F600}', 'f0443a342c5ef54783a111b51ba56c938e474c32324d90c3a60c9c8e3a37e2d9'],
  ['a'.repeat(1_000_000), 'cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0'],
]

const hashing = storeCase('sha256 is that of the UTF-8 bytes', async ({ store }) => {
  for (const [text, digest] of digests) equal(`sha256 of ${text.length} characters`, store.sha256(text), digest)
})

/** What every EventStore must do. */
export const storeCases: readonly StoreCase[] = [
  fresh,
  inOrder,
  middle,
  long,
  large,
  withRows,
  rowsAlone,
  replaced,
  prefixes,
  manyRows,
  stale,
  gaps,
  reopened,
  abandoned,
  closed,
  unopened,
  hashing,
  ...storeMaintenanceCases,
]

import { test } from 'uvu'
import * as assert from 'uvu/assert'
import * as E from 'fp-ts/lib/Either.js'
import * as fc from 'fast-check'
import { checkpointEvery, redecide, type Divergence, type InputJournal, type InputRow } from '@varve/core'
import { inputRow, openInputRow } from '../src/log/inputs.js'
import { commandList, moodyBackend, send } from './support/one-by-one.js'
import { actions, recordedIn, runActions, type Turn } from './support/actions.js'
import { sealed, sha256 } from './support/logs.js'
import { arrayStore, recordingBackend } from './support/memory.js'
import { check, checkAsync } from './support/random.js'
import { ok, open, watchedStore } from './support/runtime.js'
import { timeOf } from './support/spec.js'

const redecided = (journal: InputJournal) => {
  const result = redecide(journal, { sha256 })
  if (E.isLeft(result)) throw new Error(result.left.message)
  return result.right
}

/** What a store that kept its inputs holds. */
const journalIn = ({
  texts,
  rowsKept,
}: ReturnType<typeof arrayStore>): InputJournal & { readonly inputs: InputRow[] } => ({
  records: texts,
  inputs: [...rowsKept].filter(([key]) => key.startsWith('i')).map(([key, value]) => ({ key, value })),
})

const rowsOf = (turns: readonly Turn[]): readonly InputRow[] =>
  turns.flatMap(({ input, result }, index) =>
    E.isRight(result) && result.right.recorded.length > 0 ? [inputRow(input, timeOf(index), result.right)] : [],
  )

test('inputs that are decided again lead to what they led to', () => {
  check(
    fc.property(actions, fc.constantFrom('bind' as const, 'windows-layer' as const), (taken, profile) => {
      const turns = runActions(taken, profile)
      const inputs = rowsOf(turns)
      const journal = { records: sealed(recordedIn(turns)), inputs }
      assert.equal(redecided(journal), { inputs: inputs.length, divergence: null })
    }),
    100,
  )
})

test('a kept input is read as it was written', () => {
  check(
    fc.property(actions, (taken) => {
      for (const [index, { input, result }] of runActions(taken).entries()) {
        if (E.isLeft(result) || result.right.recorded.length === 0) continue
        const opened = openInputRow(inputRow(input, timeOf(index), result.right))
        if (E.isLeft(opened)) throw new Error(opened.left.message)
        assert.equal(opened.right.input, JSON.parse(JSON.stringify(input)))
        assert.is(opened.right.now, timeOf(index))
        assert.is(opened.right.first, result.right.recorded[0]?.seq)
      }
    }),
    40,
  )
})

test('a snapshotter that keeps its inputs keeps every one that led to events, commands and outcomes', async () => {
  await checkAsync(
    fc.asyncProperty(commandList, fc.nat(), async (commands, seed) => {
      const store = arrayStore()
      const snapshotter = await open({ store, backend: moodyBackend(seed), journal: true })
      await Promise.all(commands.map((command) => send(snapshotter, command)))
      await ok(snapshotter.close())
      const journal = journalIn(store)
      const counts = journal.inputs.map(({ value }) => (JSON.parse(value) as { events: number }).events)
      // All but the log's first record, which nobody asked for.
      assert.is(
        counts.reduce((sum, count) => sum + count, 0),
        store.texts.length - 1,
      )
      assert.equal(redecided(journal), { inputs: counts.length, divergence: null })
    }),
    15,
  )
})

test('a log with inputs is opened again, by whoever keeps none, and goes on', async () => {
  const store = arrayStore()
  const first = await open({ store, journal: true })
  await ok(first.prepare('a', { by: 'alice' }))
  await ok(first.close())
  const second = await open({ store, profile: 'windows-layer' })
  await ok(second.prepare('b'))
  await ok(second.close())
  const third = await open({ store, journal: true, profile: 'windows-layer' })
  await ok(third.prepare('c'))
  await ok(third.close())
  assert.equal(redecided(journalIn(store)), { inputs: 4, divergence: null })
})

test('inputs go in the write of their events; without journal nothing is kept', async () => {
  for (const journal of [true, false]) {
    const { store, calls } = watchedStore()
    const snapshotter = await open({ store, journal })
    await ok(snapshotter.prepare('a'))
    await snapshotter.remove('none')()
    const rows = journal ? ' with rows' : ''
    assert.equal(calls.slice(1), [`append 1${rows}`, `append 1${rows}`])
    await ok(snapshotter.close())
  }
})

test('inputs that come with a checkpoint are kept too', async () => {
  const store = arrayStore()
  const snapshotter = await open({ store, journal: true })
  await ok(snapshotter.prepare('a'))
  for (let sent = 0; sent < checkpointEvery; sent += 1_000) {
    const update = (n: number) => ok(snapshotter.update({ name: 'a', labels: { n: String(n) } }))
    await Promise.all(Array.from({ length: 1_000 }, (_, index) => update(sent + index)))
  }
  assert.ok(store.rowsKept.has('h'), 'no checkpoint was written')
  assert.equal(redecided(journalIn(store)), { inputs: store.texts.length - 1, divergence: null })
  await ok(snapshotter.close())
})

test('a journal that is neither true nor false is refused', async () => {
  const options = { store: arrayStore(), backend: recordingBackend(), journal: 1 as unknown as boolean }
  const [result] = await Promise.allSettled([open(options)])
  assert.match(String(result?.status === 'rejected' && result.reason), /InvalidArgument: journal must be true or false/)
})

const three = async (): Promise<ReturnType<typeof journalIn>> => {
  const store = arrayStore()
  const snapshotter = await open({ store, journal: true })
  await ok(snapshotter.prepare('a', { labels: { x: '1' } }))
  await ok(snapshotter.update({ name: 'a', labels: { x: '2' } }))
  await ok(snapshotter.close())
  return journalIn(store)
}

const changed = (journal: InputJournal, at: number, change: (value: string) => string): Divergence | null =>
  redecided({
    ...journal,
    inputs: journal.inputs.map((row, index) => (index === at ? { ...row, value: change(row.value) } : row)),
  }).divergence

test('the first divergence is told: event, path, expected, got', async () => {
  const journal = await three()
  assert.equal(
    changed(journal, 0, (value) => value.replace('"x":"1"', '"x":"7","y":"8"')),
    { event: 2, path: 'data.labels.x', expected: '1', got: '7' },
  )
  assert.equal(changed(journal, 0, (value) => value.replace('"now":"', '"now":"9'))?.path, 'at')
  assert.equal(
    changed(journal, 2, (value) => value.replace('"name":"a"', '"name":"none"')),
    {
      event: 4,
      path: '',
      expected: {
        type: 'Updated',
        data: { key: 'a', labels: { x: '2' } },
        seq: 4,
        at: changedAt(journal),
        cause: { id: '4' },
      },
      got: { _tag: 'NotFound', message: 'update none: snapshot none: not found' },
    },
  )
})

const changedAt = ({ records }: InputJournal): string => (JSON.parse(records[3] ?? '{}') as { at: string }).at

test('an event that is recorded and no longer comes is a divergence', async () => {
  const journal = await three()
  const [, made] = journal.inputs
  if (made === undefined) throw new Error('three inputs were kept')
  const longer = { ...made, value: made.value.replace('"events":1', '"events":2') }
  const { divergence } = redecided({ ...journal, inputs: [longer] })
  assert.equal([divergence?.event, divergence?.path, divergence?.got], [4, '', null])
})

test('a rule that throws is a divergence', async () => {
  const journal = await three()
  const outcome = journal.inputs[1]?.value ?? ''
  const { divergence } = redecided({
    ...journal,
    inputs: [{ key: 'i0000000000000003', value: outcome.replace('"LayerCreated"', '"LayerSealed"') }],
  })
  assert.is(divergence?.event, 3)
  assert.match(JSON.stringify(divergence?.got), "can't end with LayerSealed")
})

test('inputs that can not be read are refused', async () => {
  const journal = await three()
  const codeOf = (row: InputRow): string => {
    const result = redecide({ ...journal, inputs: [row] })
    return E.isLeft(result) ? result.left.code : 'none'
  }
  const [row = { key: '', value: '' }] = journal.inputs
  assert.is(codeOf(row), 'none')
  for (const value of ['', '{}', '7', row.value.replace('"v":1', '"v":2')])
    assert.is(codeOf({ ...row, value }), 'UNKNOWN_VERSION')
  const broken = [
    row.value.replace('"events":1', '"events":0'),
    row.value.replace('"now":"', '"now":"x'),
    row.value.replace('"bind"', '"bound"'),
    row.value.replace('"Prepare"', '"Prepar"'),
    row.value.replace('"key":"a"', '"key":7'),
  ]
  for (const value of broken) assert.is(codeOf({ ...row, value }), 'MALFORMED_INPUT')
  assert.is(codeOf({ ...row, key: 'i7' }), 'MALFORMED_INPUT')
})

test.run()

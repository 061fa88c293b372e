import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { checkpointEvery, queueLimit } from '@varve/core'
import { virtualClock } from './support/clock.js'
import { arrayStore } from './support/memory.js'
import { infosOf, ok, open, recordsOf, watchedStore } from './support/runtime.js'

test('commands that come while a write is under way share the next one', async () => {
  const { store, calls } = watchedStore()
  const snapshotter = await open({ store })
  const before = calls.length
  await Promise.all(Array.from({ length: 200 }, (_, index) => ok(snapshotter.prepare(`k${index}`))))
  const writes = calls.slice(before).map((call) => Number(call.replace(/\D/g, '')))
  assert.is(
    writes.reduce((sum, records) => sum + records, 0),
    400,
  )
  assert.ok(writes.length < 40, `400 records took ${writes.length} writes`)
  assert.is((await infosOf(snapshotter)).size, 200)
  await ok(snapshotter.close())
})

test('a command alone is written alone: its acceptance, then its end', async () => {
  const { store, calls } = watchedStore()
  const snapshotter = await open({ store })
  const before = calls.length
  await ok(snapshotter.prepare('a'))
  await ok(snapshotter.update({ name: 'a', labels: { x: '1' } }))
  assert.equal(calls.slice(before), ['append 1', 'append 1', 'append 1'])
  await ok(snapshotter.close())
})

test('a refusal writes nothing, nor does what is already so', async () => {
  const { store, calls } = watchedStore()
  const snapshotter = await open({ store })
  await ok(snapshotter.prepare('a'))
  await ok(snapshotter.attach('a'))
  const before = calls.length
  await ok(snapshotter.attach('a'))
  await Promise.all(Array.from({ length: 50 }, () => snapshotter.remove('none')()))
  await snapshotter.prepare('a\0')()
  assert.equal(calls.slice(before), [])
  await ok(snapshotter.close())
})

test('the records of a group are in the order in which their commands came', async () => {
  const store = arrayStore()
  const snapshotter = await open({ store })
  const keys = Array.from({ length: 60 }, (_, index) => `k${(index * 37) % 60}`)
  await Promise.all(keys.map((key) => ok(snapshotter.prepare(key))))
  const records = recordsOf(store)
  assert.equal(
    records.flatMap(({ type, data }) => (type === 'PrepareAccepted' ? [data.key] : [])),
    keys,
  )
  assert.equal(
    records.map(({ seq }) => seq),
    records.map((_, index) => index + 1),
  )
  await ok(snapshotter.close())
})

test('a write is not larger than its limit and one step', async () => {
  const sizes: number[] = []
  const inner = arrayStore()
  const snapshotter = await open({
    store: {
      ...inner,
      append: (expected, records, rows) => {
        sizes.push(records.reduce((sum, { text }) => sum + text.length, 0))
        return inner.append(expected, records, rows)
      },
    },
  })
  await ok(snapshotter.prepare('a'))
  const labels = Object.fromEntries(Array.from({ length: 64 }, (_, index) => [`label ${index}`, 'x'.repeat(3_500)]))
  await Promise.all(Array.from({ length: 16 }, () => ok(snapshotter.update({ name: 'a', labels }))))
  assert.ok(Math.max(...sizes) > 1_000_000, 'nothing came near the limit')
  assert.ok(Math.max(...sizes) < 1_048_576 + 300_000, `one write had ${Math.max(...sizes)} characters`)
  await ok(snapshotter.close())
})

test('every so many records a checkpoint goes with them, and the next opening begins there', async () => {
  const inner = arrayStore()
  const { store, calls } = watchedStore(inner)
  const snapshotter = await open({ store })
  for (const key of ['a', 'gone']) await ok(snapshotter.prepare(key))
  for (let sent = 0; sent < checkpointEvery; sent += queueLimit) {
    await Promise.all(
      Array.from({ length: queueLimit }, (_, index) =>
        ok(snapshotter.update({ name: 'a', labels: { n: String(sent + index) } })),
      ),
    )
  }
  assert.is(calls.filter((call) => call.endsWith('with rows')).length, 1)
  const expected = await infosOf(snapshotter)

  const head = JSON.parse(inner.rowsKept.get('h') ?? '{}') as { readonly seq: number }
  assert.ok(head.seq >= checkpointEvery)
  const readFrom: number[] = []
  const read: typeof inner.read = (after) => {
    readFrom.push(after)
    return inner.read(after)
  }
  const again = await open({ store: { ...inner, read } })
  assert.equal(readFrom, [head.seq])
  assert.equal(await infosOf(again), expected)

  // The checkpoint at close is that of the changes since the one before.
  await ok(snapshotter.remove('gone'))
  await ok(snapshotter.prepare('come'))
  await ok(snapshotter.close())
  const last = await open({ store: inner })
  assert.equal([...(await infosOf(last)).keys()], ['a', 'come'])
  assert.equal(last.recovered, [])
  await ok(last.close())
})

test('a long checkpoint gives others their turn', async () => {
  const clock = virtualClock()
  let yields = 0
  const turn = (): Promise<void> => {
    yields++
    return clock.yield()
  }
  const store = arrayStore()
  const snapshotter = await open({ store, clock: { ...clock, yield: turn } })
  for (let sent = 0; sent < 2_000; sent += 1_000) {
    await Promise.all(Array.from({ length: 1_000 }, (_, index) => ok(snapshotter.prepare(`k${sent + index}`))))
  }
  yields = 0
  await ok(snapshotter.close())
  assert.is(yields, 8)
  assert.is(store.rowsKept.size, 2_001)
})

test('closing writes a checkpoint of all there is, unless nothing has changed', async () => {
  const inner = arrayStore()
  const first = watchedStore(inner)
  const snapshotter = await open({ store: first.store })
  await ok(snapshotter.prepare('a'))
  await ok(snapshotter.close())
  assert.equal(first.calls.slice(-2), ['append 0 with rows', 'close'])
  assert.is((JSON.parse(inner.rowsKept.get('h') ?? '{}') as { readonly seq: number }).seq, inner.texts.length)
  const second = watchedStore(inner)
  const again = await open({ store: second.store })
  assert.is((await infosOf(again)).size, 1)
  await ok(again.close())
  assert.equal(second.calls, ['close'])
})

test.run()

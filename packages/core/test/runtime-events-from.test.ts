import { test } from 'uvu'
import * as assert from 'uvu/assert'
import * as E from 'fp-ts/lib/Either.js'
import { storeFault, type EventStore, type Recorded, type Snapshotter } from '@varve/core'
import { openSnapshotter } from '@varve/core/promise'
import { turns } from './support/clock.js'
import { arrayStore, recordingBackend } from './support/memory.js'
import { randomFrom } from './support/random.js'
import { ok, open, recordsOf, rejection } from './support/runtime.js'

type Seen = { readonly records: Recorded[]; end: string }

const watch = (snapshotter: Snapshotter, seq: number): Seen => {
  const seen: Seen = { records: [], end: 'none' }
  snapshotter.eventsFrom(seq).subscribe({
    next: (record) => seen.records.push(record),
    error: ({ _tag }: { readonly _tag: string }) => (seen.end = _tag),
    complete: () => (seen.end = 'complete'),
  })
  return seen
}

/** A store whose reading is slow, in batches of its own. */
const slowly = (inner: ReturnType<typeof arrayStore>, random: () => number): ReturnType<typeof arrayStore> => ({
  ...inner,
  read: async function* (after) {
    const end = inner.texts.length
    for (let at = after; at < end;) {
      await turns(Math.floor(random() * 4))
      const batch = inner.texts.slice(at, Math.min(end, at + 1 + Math.floor(random() * 4)))
      at += batch.length
      yield E.right(batch)
    }
  },
})

test('records of the log and live ones join without a gap, none twice, whenever one begins to listen', async () => {
  for (let seed = 1; seed <= 25; seed++) {
    const random = randomFrom(seed)
    const store = arrayStore()
    const snapshotter = await open({ store: slowly(store, random) })
    const all: (readonly [from: number, Seen])[] = []
    for (let index = 0; index < 12; index++) {
      const from = 1 + Math.floor(random() * (store.texts.length + 3))
      all.push([from, watch(snapshotter, from)])
      const preparing = ok(snapshotter.prepare(`k${index}`))
      if (random() < 0.5) await preparing
      await turns(Math.floor(random() * 5))
    }
    await turns(40)
    await ok(snapshotter.close())
    const records = recordsOf(store)
    for (const [from, { records: seen, end }] of all) {
      assert.equal(seen, records.slice(from - 1), `seed ${seed}, from ${from}`)
      assert.is(end, 'complete')
    }
  }
})

test('a stream that is left reads no further', async () => {
  const store = arrayStore()
  const filled = await open({ store })
  for (let index = 0; index < 20; index++) await ok(filled.prepare(`k${index}`))
  await ok(filled.close())
  let batches = 0
  const slow = slowly(store, () => 0.3)
  const read: EventStore['read'] = async function* (after) {
    for await (const batch of slow.read(after)) {
      batches++
      yield batch
    }
  }
  const snapshotter = await open({ store: { ...slow, read } })
  batches = 0
  const seen: number[] = []
  const subscription = snapshotter.eventsFrom(1).subscribe(({ seq }) => {
    seen.push(seq)
    if (seq === 5) subscription.unsubscribe()
  })
  await turns(60)
  await ok(snapshotter.prepare('more'))
  assert.equal(seen, [1, 2, 3, 4, 5])
  assert.is(batches, 3)
  await ok(snapshotter.close())
})

test('a stream of a number that is none, of a closed snapshotter, or of a log that can not be read ends with why', async () => {
  const store = arrayStore()
  const read: { fault: boolean } = { fault: false }
  const failing: EventStore['read'] = async function* (after) {
    if (read.fault) yield E.left(storeFault('the disk is gone', 'EIO'))
    else yield* store.read(after)
  }
  const snapshotter = await open({ store: { ...store, read: failing } })
  for (const seq of [0, -1, 1.5, Number.NaN]) assert.is(watch(snapshotter, seq).end, 'InvalidArgument')
  read.fault = true
  const broken = watch(snapshotter, 1)
  await turns()
  assert.is(broken.end, 'StoreFault')
  const cut = watch(snapshotter, 1)
  await ok(snapshotter.close())
  await turns()
  assert.is(cut.end, 'Closed')
  assert.is(watch(snapshotter, 1).end, 'Closed')
})

test('a store that throws ends the stream', async () => {
  const store = arrayStore()
  const calls = { isBad: false }
  const read: EventStore['read'] = (after) => {
    if (calls.isBad) throw new Error('thrown')
    return store.read(after)
  }
  const snapshotter = await open({ store: { ...store, read } })
  calls.isBad = true
  const seen = watch(snapshotter, 1)
  await turns()
  assert.is(seen.end, 'StoreFault')
  await ok(snapshotter.close())
})

test('as an iterable: the log, then live, until the snapshotter closes', async () => {
  const store = arrayStore()
  const snapshotter = await openSnapshotter({ store, backend: recordingBackend() })
  await snapshotter.prepare('a')
  const seen: number[] = []
  const taking = (async () => {
    for await (const { seq } of snapshotter.eventsFrom(2)) seen.push(seq)
  })()
  await turns()
  assert.equal(seen, [2, 3])
  await snapshotter.prepare('b')
  await turns()
  assert.equal(seen, [2, 3, 4, 5])
  await snapshotter.attach('b')
  await snapshotter.close()
  await taking
  assert.equal(
    seen,
    recordsOf(store)
      .slice(1)
      .map(({ seq }) => seq),
  )
  const [failed] = await Promise.allSettled([snapshotter.eventsFrom(1)[Symbol.asyncIterator]().next()])
  assert.is((await rejection(Promise.reject((failed as PromiseRejectedResult).reason)))['_tag'], 'Closed')
})

test('an iterable that is taken slowly misses nothing, and lets the rest wait in the log', async () => {
  const store = arrayStore()
  const reads: number[] = []
  const read: EventStore['read'] = (after) => {
    reads.push(after)
    return store.read(after)
  }
  const snapshotter = await openSnapshotter({ store: { ...store, read }, backend: recordingBackend() })
  await snapshotter.prepare('a')
  for (let n = 0; n < 2_500; n += 500) {
    const update = (index: number) => snapshotter.update({ name: 'a', labels: { n: String(n + index) } })
    await Promise.all(Array.from({ length: 500 }, (_, index) => update(index)))
  }
  reads.length = 0
  const iterator = snapshotter.eventsFrom(1)[Symbol.asyncIterator]()
  const seen: number[] = []
  for (let index = 0; index < 2_503; index++) {
    seen.push(((await iterator.next()).value as Recorded).seq)
    if (index % 400 === 0) await turns(3)
  }
  assert.equal(
    seen,
    recordsOf(store).map(({ seq }) => seq),
  )
  assert.equal(reads, [0, 1_000, 2_000])
  await iterator.return?.()
  await snapshotter.close()
})

test.run()

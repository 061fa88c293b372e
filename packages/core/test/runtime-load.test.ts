import { test } from 'uvu'
import * as assert from 'uvu/assert'
import * as E from 'fp-ts/lib/Either.js'
import { openSnapshotter, storeFault, type EventStore, type OpenedStore, type StoreFault } from '@varve/core'
import { virtualClock } from './support/clock.js'
import { arrayStore, recordingBackend } from './support/memory.js'
import { commitLayer, infosOf, ok, open } from './support/runtime.js'

type Store = ReturnType<typeof arrayStore>

/** A log with a checkpoint and some records after it, which belong to a snapshotter that was never closed. */
const lived = async (): Promise<Store> => {
  const store = arrayStore()
  const first = await open({ store })
  await commitLayer(first, 'base')
  await ok(first.prepare('a', { parent: 'base' }))
  await ok(first.close())
  const second = await open({ store })
  await ok(second.prepare('b', { parent: 'base' }))
  await ok(second.remove('a'))
  await ok(second.cleanup())
  return store
}

/** The fault that opening ends with, after which nothing must have been written, and all must be closed. */
const faultOf = async (store: Store, changed: Partial<EventStore>): Promise<StoreFault> => {
  const closed: string[] = []
  const close = (what: string) => () => async () => {
    closed.push(what)
    return E.right(undefined)
  }
  const before = [...store.texts]
  const backend = { ...recordingBackend(), close: close('backend') }
  const result = await openSnapshotter({ store: { ...store, ...changed, close: close('store') }, backend })()
  assert.equal([store.texts, closed, backend.performed], [before, ['backend', 'store'], []])
  if (E.isRight(result) || result.left._tag !== 'StoreFault') throw new Error('it opened, or failed otherwise')
  return result.left
}

const unreadable = storeFault('the disk has gone', 'EIO')

test('a log is read from its checkpoint on, in batches of any size', async () => {
  const store = await lived()
  const expected = ['b', 'base']
  const before = store.texts.length
  const inBatches = (size: number): EventStore => ({
    ...store,
    read: async function* (after) {
      for (let from = after; from < store.texts.length; from += size) {
        yield E.right(store.texts.slice(from, from + size))
        yield E.right([])
      }
    },
    rows: async function* (prefix) {
      yield E.right([])
      for (const [key, value] of store.rowsKept) if (key.startsWith(prefix)) yield E.right([{ key, value }])
    },
  })
  for (const size of [1, 3, 1_000]) {
    const snapshotter = await open({ store: inBatches(size) })
    assert.equal([...(await infosOf(snapshotter)).keys()], expected)
    assert.equal(snapshotter.recovered, [])
    assert.is(store.texts.length, before)
  }
})

test('the state is the same without the checkpoint, read from the log alone', async () => {
  const store = await lived()
  const with_ = await infosOf(await open({ store }))
  store.rowsKept.clear()
  assert.equal(await infosOf(await open({ store })), with_)
})

test('a store that can not be read gives its fault', async () => {
  const store = await lived()
  const fails = async function* (): AsyncGenerator<E.Either<StoreFault, never>> {
    yield E.left(unreadable)
  }
  assert.equal(await faultOf(store, { read: fails }), unreadable)
  for (const failing of ['h', 's', 'a', 'p', 'o']) {
    const rows: EventStore['rows'] = (prefix) => (prefix === failing ? fails() : store.rows(prefix))
    assert.equal(await faultOf(store, { rows }), unreadable, failing)
  }
})

test('a checkpoint of another version of the library is not guessed at', async () => {
  const store = await lived()
  const head = JSON.parse(store.rowsKept.get('h') ?? '') as object
  store.rowsKept.set('h', JSON.stringify({ ...head, version: 2 }))
  const fault = await faultOf(store, {})
  assert.is(fault.code, 'UNKNOWN_VERSION')
  assert.match(fault.message, 'another version of the library')
})

test('a log that does not follow its checkpoint does not open', async () => {
  const store = await lived()
  const head = JSON.parse(store.rowsKept.get('h') ?? '') as { readonly seq: number }
  store.rowsKept.set('h', JSON.stringify({ ...head, hash: 'f'.repeat(64) }))
  const fault = await faultOf(store, {})
  assert.equal(
    [fault.code, fault.message],
    ['CHAIN_BROKEN', `record ${head.seq + 1} does not follow record ${head.seq}: the log was altered`],
  )
})

test('a log whose records end elsewhere than its head says does not open', async () => {
  const store = await lived()
  const { length } = store.texts
  const found = await ok(store.open())
  const withHead = (head: Partial<OpenedStore['head']>): Partial<EventStore> => ({
    open: () => async () => E.right({ ...found, head: { ...found.head, ...head } }),
  })
  for (const head of [{ seq: length + 1 }, { seq: length - 1 }, { hash: 'f'.repeat(64) }]) {
    assert.is((await faultOf(store, withHead(head))).code, 'STALE_HEAD')
  }
  const short = store.read
  const read: EventStore['read'] = async function* (after) {
    for await (const texts of short(after)) yield E.map((all: readonly string[]) => all.slice(0, -1))(texts)
  }
  const fault = await faultOf(store, { read })
  assert.equal(
    [fault.code, fault.message],
    ['STALE_HEAD', `the log says that it ends at record ${length}, but what can be read ends at record ${length - 1}`],
  )
})

test('opening and sorting out directories give others their turn', async () => {
  const store = arrayStore()
  const first = await open({ store })
  for (let sent = 0; sent < 2_000; sent += 1_000) {
    await Promise.all(Array.from({ length: 1_000 }, (_, index) => ok(first.prepare(`k${sent + index}`))))
  }
  await ok(first.close())
  const clock = virtualClock()
  let yields = 0
  const turn = (): Promise<void> => {
    yields++
    return clock.yield()
  }
  const rows: EventStore['rows'] = async function* (prefix) {
    const all = [...store.rowsKept].map(([key, value]) => ({ key, value })).filter(({ key }) => key.startsWith(prefix))
    for (let from = 0; from < all.length; from += 250) yield E.right(all.slice(from, from + 250))
  }
  const backend = recordingBackend()
  let counted = 0
  const second = await open({
    store: { ...store, rows },
    clock: { ...clock, yield: turn },
    backend: {
      ...backend,
      open: (owner) => async () => {
        counted = yields
        assert.equal(await owner.unclaimed([{ id: 2_001, retired: false }]), [{ id: 2_001, retired: false }])
        return backend.open(owner)()
      },
    },
  })
  assert.is(counted, 8, 'one turn for each batch of rows')
  assert.is(yields - counted, 2, 'one turn for each thousand snapshots')
  await ok(second.close())
})

test.run()

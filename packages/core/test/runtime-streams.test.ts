import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { nanosecondsOf, type EventStore, type Progress } from '@varve/core'
import { turns, virtualClock } from './support/clock.js'
import { accessDenied } from './support/events.js'
import { arrayStore, recordingBackend } from './support/memory.js'
import { ending, gatedBackend, hasEnded, ok, open, recordsOf, withExecute } from './support/runtime.js'

test('events come after they are durable and before their callers are answered', async () => {
  const store = arrayStore()
  const snapshotter = await open({ store })
  const order: string[] = []
  snapshotter.events$.subscribe((event) => {
    assert.ok(store.texts.length >= event.seq, `event ${event.seq} came before it was durable`)
    order.push(event.type)
  })
  const note = (what: string) => (): void => {
    order.push(what)
  }
  await ok(snapshotter.prepare('a')).then(note('prepared'))
  await ok(snapshotter.update({ name: 'a' })).then(note('updated'))
  await ok(snapshotter.attach('a')).then(note('attached'))
  await ok(snapshotter.remove('a')).then(note('removed'))
  assert.equal(order.slice(0, 10), [
    'PrepareAccepted',
    'Prepared',
    'prepared',
    'Updated',
    'updated',
    'AttachAccepted',
    'Attached',
    'attached',
    'RemoveAccepted',
    'Removed',
  ])
  assert.ok(order.indexOf('removed') >= 10)
  await ok(snapshotter.close())
})

test('events are the records as they are stored, in order, all of them', async () => {
  const store = arrayStore()
  const snapshotter = await open({ store })
  const seen: unknown[] = []
  snapshotter.events$.subscribe((event) => seen.push(event))
  await Promise.all(
    ['a', 'b', 'c', 'd'].map(async (key) => {
      await ok(snapshotter.prepare(key))
      await ok(snapshotter.attach(key))
      await ok(snapshotter.remove(key))
    }),
  )
  await ok(snapshotter.cleanup())
  await ok(snapshotter.close())
  assert.equal(seen, recordsOf(store).slice(1))
})

test('when an event is seen, queries show its effect', async () => {
  const snapshotter = await open()
  const stats: Promise<string>[] = []
  snapshotter.events$.subscribe(({ type }) => {
    if (type === 'Prepared' || type === 'Removed') stats.push(ending(snapshotter.stat('a')))
  })
  await ok(snapshotter.prepare('a'))
  await ok(snapshotter.remove('a'))
  assert.equal(await Promise.all(stats), ['done', 'NotFound'])
  await ok(snapshotter.close())
})

test('a listener may send commands', async () => {
  const snapshotter = await open()
  const more: Promise<unknown>[] = []
  snapshotter.events$.subscribe((event) => {
    if (event.type === 'Prepared' && event.data.key.length < 5) more.push(ok(snapshotter.prepare(`${event.data.key}a`)))
  })
  await ok(snapshotter.prepare('a'))
  for (let index = 0; index < more.length; index++) await more[index]
  assert.is((await ok(snapshotter.stat('aaaaa'))).kind, 'Active')
  await ok(snapshotter.close())
})

test('an intent starts only once the event that asked for it is durable', async () => {
  const inner = arrayStore()
  const waiting: (() => void)[] = []
  let isSlow = false
  const append: EventStore['append'] =
    (...args) =>
    async () => {
      if (isSlow) await new Promise<void>((resolve) => waiting.push(resolve))
      return inner.append(...args)()
    }
  const backend = recordingBackend()
  const snapshotter = await open({ store: { ...inner, append }, backend })
  isSlow = true
  const prepare = ok(snapshotter.prepare('a'))
  await turns()
  assert.equal([backend.performed.length, waiting.length], [0, 1])
  waiting.shift()?.()
  await turns()
  assert.equal([backend.performed.length, waiting.length], [1, 1])
  assert.is(await ending(snapshotter.stat('a')), 'NotFound')
  assert.not.ok(await hasEnded(prepare))
  isSlow = false
  waiting.shift()?.()
  await prepare
  await ok(snapshotter.close())
})

test('intents come when their run starts, owed ones again with each try', async () => {
  const clock = virtualClock()
  let failures = 2
  const backend = recordingBackend(({ type }) => (type === 'DestroyLayer' && failures-- > 0 ? accessDenied : undefined))
  const snapshotter = await open({ backend, clock })
  const started: string[] = []
  snapshotter.intents$.subscribe(({ type, id }) => started.push(`${type} ${id}`))
  await ok(snapshotter.prepare('a'))
  await ok(snapshotter.remove('a'))
  await clock.advance(10_000)
  assert.equal(started, ['CreateLayer 2', 'RetireLayer 4', 'DestroyLayer 5', 'DestroyLayer 5', 'DestroyLayer 5'])
  await ok(snapshotter.close())
})

test('progress is passed on', async () => {
  const good = recordingBackend()
  const backend = withExecute((intent, { progress, signal }) => async () => {
    progress({ intent: intent.id, layer: intent.layer, files: 1, bytes: 2, totalBytes: 3 })
    return good.execute(intent, { progress, signal })()
  })
  const snapshotter = await open({ backend })
  const seen: Progress[] = []
  snapshotter.progress$.subscribe((progress) => seen.push(progress))
  await ok(snapshotter.prepare('a'))
  assert.equal(seen, [{ intent: '2', layer: 1, files: 1, bytes: 2, totalBytes: 3 }])
  await ok(snapshotter.close())
})

/** Changes the labels that a listener or a backend was given. */
const spoil = (given: object): void => {
  try {
    if ('labels' in given) Object.assign(given.labels as object, { x: '2', y: 7 })
  } catch {
    // Frozen is as good as copied.
  }
}

test('what listeners are given is theirs: changing it changes nothing here', async () => {
  const store = arrayStore()
  const snapshotter = await open({ store })
  snapshotter.events$.subscribe(({ data }) => spoil(data))
  snapshotter.intents$.subscribe(spoil)
  const labels = { x: '1' }
  await ok(snapshotter.prepare('a', { labels }))
  assert.equal((await ok(snapshotter.stat('a'))).labels, labels, 'prepare')
  await ok(snapshotter.update({ name: 'a', labels }))
  assert.equal((await ok(snapshotter.stat('a'))).labels, labels, 'update')
  await ok(snapshotter.commit('n', 'a', { labels }))
  assert.equal((await ok(snapshotter.stat('n'))).labels, labels, 'commit')
  await ok(snapshotter.close())
  const again = await open({ store })
  assert.equal((await ok(again.stat('n'))).labels, labels, 'opened again')
  await ok(again.close())
})

test('what a backend is given is its own', async () => {
  const backend = recordingBackend((intent) => {
    spoil(intent)
    return undefined
  })
  const snapshotter = await open({ backend })
  const labels = { x: '1' }
  await ok(snapshotter.prepare('a', { labels }))
  assert.equal((await ok(snapshotter.stat('a'))).labels, labels, 'prepare')
  await ok(snapshotter.commit('n', 'a', { labels }))
  assert.equal((await ok(snapshotter.stat('n'))).labels, labels, 'commit')
  await ok(snapshotter.close())
})

test('the streams end with the snapshotter, after its last event', async () => {
  const snapshotter = await open({ backend: gatedBackend(() => false) })
  const ends: string[] = []
  snapshotter.events$.subscribe({ complete: () => ends.push('events$') })
  snapshotter.intents$.subscribe({ complete: () => ends.push('intents$') })
  snapshotter.progress$.subscribe({ complete: () => ends.push('progress$') })
  snapshotter.events$.subscribe(({ type }) => ends.push(type))
  await ok(snapshotter.prepare('a'))
  await ok(snapshotter.attach('a'))
  assert.not.ok(ends.some((end) => end.endsWith('$')))
  ends.length = 0
  await ok(snapshotter.close())
  assert.equal(ends, ['DetachAccepted', 'Detached', 'events$', 'intents$', 'progress$'])
})

test('times are those of the clock and always grow', async () => {
  const clock = virtualClock()
  const store = arrayStore()
  const snapshotter = await open({ store, clock })
  await ok(snapshotter.prepare('a'))
  await clock.advance(1_500)
  await ok(snapshotter.update({ name: 'a' }))
  const times = recordsOf(store).map(({ at }) => nanosecondsOf(at) - clock.now() + 1_500_000_000n)
  assert.equal(times, [0n, 1n, 2n, 1_500_000_000n])
  await ok(snapshotter.close())
})

test.run()

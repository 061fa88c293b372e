import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { intentLimit, type Intent } from '@varve/core'
import { turns, virtualClock, type VirtualClock } from './support/clock.js'
import { accessDenied } from './support/events.js'
import { arrayStore, recordingBackend } from './support/memory.js'
import { ending, gatedBackend, hasEnded, ok, open, refused, typesOf } from './support/runtime.js'

/** A backend that fails to destroy until it is told to; it notes at which millisecond it tried. */
const stubborn = (clock: VirtualClock) => {
  const begin = clock.now()
  const tries: number[] = []
  const control = { fails: true }
  const backend = recordingBackend(({ type }: Intent) => {
    if (type !== 'DestroyLayer') return undefined
    tries.push(Number((clock.now() - begin) / 1_000_000n))
    return control.fails ? accessDenied : undefined
  })
  return { backend, tries, control }
}

const opened = async () => {
  const clock = virtualClock()
  const store = arrayStore()
  const { backend, tries, control } = stubborn(clock)
  const snapshotter = await open({ clock, store, backend })
  await ok(snapshotter.prepare('a'))
  return { clock, store, backend, tries, control, snapshotter }
}

test('a destroy that fails is tried again after pauses that double, up to a minute', async () => {
  const { clock, tries, control, snapshotter, store } = await opened()
  await ok(snapshotter.remove('a'))
  await clock.advance(400_000)
  const pauses = tries.slice(1).map((at, index) => at - (tries[index] ?? 0))
  assert.equal(pauses.slice(0, 10), [100, 200, 400, 800, 1_600, 3_200, 6_400, 12_800, 25_600, 51_200])
  assert.ok(pauses.slice(10).every((pause) => pause === 60_000) && pauses.length > 13)
  assert.equal(await ok(snapshotter.outstanding()), [
    {
      intent: { type: 'DestroyLayer', id: '5', layer: 1 },
      owed: true,
      attempts: tries.length,
      lastFault: 'access denied',
    },
  ])
  control.fails = false
  await clock.advance(60_000)
  assert.equal(await ok(snapshotter.outstanding()), [])
  assert.is(typesOf(store).at(-1), 'Destroyed')
  await ok(snapshotter.close())
})

test('the remove has long ended, and the key is free', async () => {
  const { clock, snapshotter } = await opened()
  await ok(snapshotter.remove('a'))
  await clock.advance(1_000)
  await ok(snapshotter.prepare('a'))
  await ok(snapshotter.close())
})

test('a failed prepare owes the destruction of what it left', async () => {
  const clock = virtualClock()
  const backend = recordingBackend(({ type }) => (type === 'CreateLayer' ? accessDenied : undefined))
  const store = arrayStore()
  const snapshotter = await open({ clock, store, backend })
  assert.equal(await refused(snapshotter.prepare('a')), accessDenied)
  await turns()
  assert.equal(
    backend.performed.map(({ type, layer }) => `${type} ${layer}`),
    ['CreateLayer 1', 'DestroyLayer 1'],
  )
  assert.equal(typesOf(store), ['LogCreated', 'PrepareAccepted', 'PrepareFailed', 'Destroyed'])
  await ok(snapshotter.close())
})

test('cleanup tries everything that is owed now, and fails with the first fault', async () => {
  const { clock, tries, control, snapshotter } = await opened()
  await ok(snapshotter.prepare('b'))
  await ok(snapshotter.remove('a'))
  await ok(snapshotter.remove('b'))
  await clock.advance(0)
  assert.is(tries.length, 2)
  assert.equal(await refused(snapshotter.cleanup()), accessDenied)
  assert.is(tries.length, 4)
  control.fails = false
  await ok(snapshotter.cleanup())
  assert.equal(await ok(snapshotter.outstanding()), [])
  await ok(snapshotter.cleanup())
  assert.is(tries.length, 6)
  await ok(snapshotter.close())
})

test('cleanup waits for a try that is under way, and not for the next one', async () => {
  const clock = virtualClock()
  const backend = gatedBackend(({ type }) => type === 'DestroyLayer')
  const snapshotter = await open({ clock, backend })
  await ok(snapshotter.prepare('a'))
  await ok(snapshotter.remove('a'))
  await turns()
  const cleanup = ending(snapshotter.cleanup())
  assert.not.ok(await hasEnded(cleanup))
  await backend.release('DestroyLayer', accessDenied)
  if (backend.held.length > 0) await backend.release('DestroyLayer', accessDenied)
  assert.ok(await hasEnded(cleanup), 'it waits for the back-off to pass')
  assert.is(await cleanup, 'BackendFault')
  await backend.releaseAll()
  await ok(snapshotter.close())
})

test('a cleanup that failed does not bring the next try forward', async () => {
  const { clock, tries, snapshotter } = await opened()
  await ok(snapshotter.remove('a'))
  await clock.advance(0)
  for (let time = 0; time < 3; time++) await refused(snapshotter.cleanup())
  assert.equal(tries, [0, 0, 0, 0])
  await clock.advance(799)
  assert.equal(tries, [0, 0, 0, 0], 'the pause after four tries is 800 ms')
  await clock.advance(1)
  assert.equal(tries, [0, 0, 0, 0, 800])
  await clock.advance(1_600)
  assert.equal(tries, [0, 0, 0, 0, 800, 2_400])
  await ok(snapshotter.close())
})

test('an owed intent never runs twice at once, however often a cleanup asks for it', async () => {
  const clock = virtualClock()
  const backend = gatedBackend(({ type }) => type === 'DestroyLayer' || type === 'AttachLayer')
  const snapshotter = await open({ clock, backend })
  const keys = Array.from({ length: intentLimit }, (_, index) => `k${index}`)
  for (const key of ['a', ...keys]) await ok(snapshotter.prepare(key))
  await ok(snapshotter.remove('a'))
  await turns()
  await backend.release('DestroyLayer', accessDenied)
  const attached = keys.map((key) => ok(snapshotter.attach(key)))
  await turns()
  assert.is(backend.held.length, intentLimit)
  const cleanups = [ok(snapshotter.cleanup()), ok(snapshotter.cleanup())]
  await clock.advance(1_000)
  for (let time = 0; time < 3; time++) await backend.release('AttachLayer')
  assert.is(backend.held.filter(({ intent }) => intent.type === 'DestroyLayer').length, 1)
  await backend.releaseAll()
  await Promise.all([...attached, ...cleanups])
  assert.is(backend.performed.filter(({ type }) => type === 'DestroyLayer').length, 2)
  await ok(snapshotter.close())
})

test('promised intents go before owed ones', async () => {
  const backend = gatedBackend()
  const snapshotter = await open({ backend, clock: virtualClock() })
  const keys = Array.from({ length: 40 }, (_, index) => `k${index}`)
  const prepared = keys.map((key) => ok(snapshotter.prepare(key)))
  await turns()
  while (backend.held.length > 0) await backend.release()
  await Promise.all(prepared)
  const removals = keys.map((key) => ok(snapshotter.remove(key)))
  await turns()
  for (let ended = 0; ended < 20; ended++) await backend.release('RetireLayer')
  const retiring = backend.performed.filter(({ type }) => type === 'RetireLayer').length
  const destroying = backend.performed.filter(({ type }) => type === 'DestroyLayer').length
  assert.equal([retiring, destroying], [36, 0], 'places that became free went to destroys first')
  await backend.releaseAll()
  await Promise.all(removals)
  await ok(snapshotter.close())
})

test('owed work stays owed when the snapshotter closes, and is done after the next opening', async () => {
  const { clock, store, tries, control, backend, snapshotter } = await opened()
  await ok(snapshotter.remove('a'))
  await clock.advance(1_000)
  await ok(snapshotter.close())
  const before = tries.length
  await clock.advance(100_000)
  assert.is(tries.length, before, 'it was tried after the close')
  assert.is(typesOf(store).includes('Destroyed'), false)
  control.fails = false
  const again = await open({ clock, store, backend })
  await turns()
  assert.is(tries.length, before + 1)
  assert.is(typesOf(store).at(-1), 'Destroyed')
  assert.equal(await ok(again.outstanding()), [])
  await ok(again.close())
})

test('destroys that hang leave room for what callers wait for', async () => {
  const gate = gatedBackend(({ type }) => type === 'DestroyLayer')
  const snapshotter = await open({ backend: gate })
  const keys = Array.from({ length: intentLimit + 4 }, (_, index) => `k${index}`)
  await Promise.all(keys.map((key) => ok(snapshotter.prepare(key))))
  await Promise.all(keys.map((key) => ok(snapshotter.remove(key))))
  await ok(snapshotter.prepare('another'))
})

test.run()

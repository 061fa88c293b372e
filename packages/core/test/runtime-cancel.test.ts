import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { getEventListeners } from 'node:events'
import { backendFault, hresult, intentLimit, type ApplyOptions, type Intent } from '@varve/core'
import { accessDenied } from './support/events.js'
import { descriptorFor, textBytes } from './support/blobs.js'
import { turns } from './support/clock.js'
import { gate, openLayers, orCancelled, prepareUnpack, type Opened } from './support/layers.js'
import { commitLayer, ending, failureIn, hasEnded, ok, recordsOf, refused, typesOf } from './support/runtime.js'

const tar = textBytes('a tar, more or less')
const descriptor = descriptorFor(tar)

/** The call that may be cancelled, on the snapshot `a`, and the events of it. */
const calls = {
  commit: {
    intent: 'SealLayer',
    ready: async ({ snapshotter }: Opened) => {
      await ok(snapshotter.prepare('a'))
      return (options: ApplyOptions) => snapshotter.commit('n', 'a', options)
    },
    events: ['CommitAccepted', 'Committed', 'CommitFailed'],
  },
  apply: {
    intent: 'ImportLayer',
    ready: async ({ snapshotter, content }: Opened) => {
      content.put(tar)
      const mounts = await prepareUnpack(snapshotter, 'a')
      return (options: ApplyOptions) => snapshotter.apply(descriptor, mounts, options)
    },
    events: ['ApplyAccepted', 'Applied', 'ApplyFailed'],
  },
} as const

const isUnderWay = ({ type }: Intent): boolean => type === 'SealLayer' || type === 'ImportLayer'

for (const [verb, { intent, ready, events }] of Object.entries(calls)) {
  const [accepted, succeeded, failed] = events

  test(`${verb}: a signal undoes what is under way, and rejects with its reason once that is recorded`, async () => {
    const shut = gate()
    const opened = await openLayers({
      hooks: { before: async (one, { signal }) => (isUnderWay(one) ? orCancelled(shut, signal) : undefined) },
    })
    const { snapshotter, store, backend } = opened
    const call = await ready(opened)
    const abort = new AbortController()
    const reason = new Error('enough')
    const ended = refused(call({ signal: abort.signal, by: 'the user' })).then((refusal) => ({
      refusal,
      recorded: typesOf(store).slice(3),
    }))
    assert.not.ok(await hasEnded(ended))
    abort.abort(reason)
    const { refusal, recorded } = await ended
    assert.is(refusal._tag === 'Aborted' && refusal.reason, reason)
    assert.equal(recorded, [accepted, 'CancelAccepted', failed])
    const [, cancel, end] = recordsOf(store).slice(3)
    assert.equal(cancel?.cause, { id: '5', by: 'the user' })
    const words = `${intent} of layer 1 was cancelled; the layer is as it was before`
    assert.equal(failureIn(end), backendFault(words, hresult.cancelled))
    assert.is((await ok(snapshotter.stat('a'))).kind, 'Active')
    assert.is(backend.contents.size, 0)
    assert.is(getEventListeners(abort.signal, 'abort').length, 0)
    await shut.open()
    await ok<unknown>(call({}))
    await ok(snapshotter.close())
  })

  test(`${verb}: a signal that comes too late changes nothing`, async () => {
    const shut = gate()
    const opened = await openLayers({
      hooks: { before: async (one) => (isUnderWay(one) ? shut.opened.then(() => undefined) : undefined) },
    })
    const call = await ready(opened)
    const abort = new AbortController()
    const ended = ending(call({ signal: abort.signal }))
    await turns()
    abort.abort()
    assert.not.ok(await hasEnded(ended))
    await shut.open()
    assert.is(await ended, 'done')
    assert.equal(typesOf(opened.store).slice(3), [accepted, 'CancelAccepted', succeeded])
    await ok(opened.snapshotter.close())
  })

  test(`${verb}: another failure of what was cancelled is told with it`, async () => {
    const opened = await openLayers({
      hooks: {
        before: async (one, { signal }) => {
          if (!isUnderWay(one)) return undefined
          await orCancelled(gate(), signal)
          return accessDenied
        },
      },
    })
    const call = await ready(opened)
    const abort = new AbortController()
    const ended = refused(call({ signal: abort.signal }))
    await turns()
    abort.abort()
    assert.is((await ended)._tag, 'Aborted')
    const words = `${intent} of layer 1 was cancelled; it ended with: access denied`
    assert.equal(failureIn(recordsOf(opened.store).at(-1)), backendFault(words, hresult.cancelled))
    await ok(opened.snapshotter.close())
  })

  test(`${verb}: a signal that has fired already records nothing`, async () => {
    const opened = await openLayers()
    const call = await ready(opened)
    const refusal = await refused(call({ signal: AbortSignal.abort('enough') }))
    assert.equal(refusal, { _tag: 'Aborted', message: 'the caller stopped waiting', reason: 'enough' })
    await turns()
    assert.equal(typesOf(opened.store).slice(3), [])
    await ok(opened.snapshotter.close())
  })

  test(`${verb}: a signal that fires after the end changes nothing, and nothing listens to it`, async () => {
    const opened = await openLayers()
    const call = await ready(opened)
    const abort = new AbortController()
    await ok<unknown>(call({ signal: abort.signal }))
    assert.is(getEventListeners(abort.signal, 'abort').length, 0)
    abort.abort()
    await turns()
    assert.equal(typesOf(opened.store).slice(3), [accepted, succeeded])
    await ok(opened.snapshotter.close())
  })

  test(`${verb}: a parked one that is given up is never decided`, async () => {
    const shut = gate()
    const opened = await openLayers({
      hooks: { before: async (one) => (one.type === 'RetireLayer' ? shut.opened.then(() => undefined) : undefined) },
    })
    const call = await ready(opened)
    const removing = ending(opened.snapshotter.remove('a'))
    const abort = new AbortController()
    const ended = ending(call({ signal: abort.signal }))
    assert.not.ok(await hasEnded(ended))
    abort.abort()
    assert.is(await ended, 'Aborted')
    await shut.open()
    assert.is(await removing, 'done')
    assert.equal(typesOf(opened.store).slice(3, 5), ['RemoveAccepted', 'Removed'])
    await ok(opened.snapshotter.close())
  })
}

test('a commit that is cancelled before it is written begins with the signal fired', async () => {
  const fired: boolean[] = []
  const { snapshotter, store } = await openLayers({
    hooks: {
      before: async (one, { signal }) => {
        if (one.type !== 'SealLayer') return undefined
        fired.push(signal.aborted)
        return orCancelled(gate(), signal)
      },
    },
  })
  await ok(snapshotter.prepare('a'))
  const abort = new AbortController()
  const ended = refused(snapshotter.commit('n', 'a', { signal: abort.signal }))
  abort.abort()
  assert.is((await ended)._tag, 'Aborted')
  assert.equal(fired, [true])
  assert.equal(typesOf(store).slice(3), ['CommitAccepted', 'CancelAccepted', 'CommitFailed'])
  await ok(snapshotter.close())
})

test('a commit that waits for others to run begins with the signal fired', async () => {
  const shut = gate()
  const fired = new Map<number, boolean>()
  const { snapshotter } = await openLayers({
    hooks: {
      before: async (one, { signal }) => {
        if (one.type !== 'SealLayer') return undefined
        fired.set(one.layer, signal.aborted)
        return orCancelled(shut, signal)
      },
    },
  })
  const keys = Array.from({ length: intentLimit + 1 }, (_, index) => `k${index}`)
  for (const key of keys) await ok(snapshotter.prepare(key))
  const abort = new AbortController()
  const last = keys.length - 1
  const ends = keys.map((key, index) =>
    ending(snapshotter.commit(`${key}-n`, key, index === last ? { signal: abort.signal } : {})),
  )
  await turns()
  assert.is(fired.size, intentLimit)
  abort.abort()
  await turns()
  assert.is(fired.size, intentLimit)
  await shut.open()
  assert.equal(
    await Promise.all(ends),
    keys.map((_, index) => (index === last ? 'Aborted' : 'done')),
  )
  assert.is(fired.get(last + 1), true)
  await ok(snapshotter.close())
})

test('a signal ends the command it was given to, not another’s on the same snapshot', async () => {
  const shut = gate()
  const { snapshotter, store } = await openLayers({
    hooks: {
      before: async (one, { signal }) =>
        one.type === 'SealLayer' && one.layer === 2 ? orCancelled(shut, signal) : undefined,
    },
  })
  await commitLayer(snapshotter, 'base')
  await ok(snapshotter.prepare('a'))
  const abort = new AbortController()
  const writing = ok(snapshotter.update({ name: 'base' }))
  const taken = ending(snapshotter.commit('base', 'a', { signal: abort.signal }))
  const other = ending(snapshotter.commit('n', 'a'))
  abort.abort()
  await writing
  assert.is(await taken, 'AlreadyExists')
  await shut.open()
  assert.is(await other, 'done')
  assert.not.ok(typesOf(store).includes('CancelAccepted'))
  await ok(snapshotter.close())
})

/** Two applies on one snapshot at once; `first` fails when told so. */
const twoApplies = async (blobs: readonly Uint8Array[], failing = false) => {
  const shut = gate()
  let runs = 0
  const opened = await openLayers({
    hooks: {
      before: async (one, { signal }) => {
        if (one.type !== 'ImportLayer' || runs++ > 0) return undefined
        return (await orCancelled(shut, signal)) ?? (failing ? accessDenied : undefined)
      },
    },
  })
  for (const blob of blobs) opened.content.put(blob)
  const mounts = await prepareUnpack(opened.snapshotter, 'a')
  const aborts = blobs.map(() => new AbortController())
  const ends = blobs.map((blob, index) => {
    const { signal } = aborts[index] ?? new AbortController()
    return ending(opened.snapshotter.apply(descriptorFor(blob), mounts, { signal }))
  })
  await turns()
  return { ...opened, shut, aborts, ends }
}

test('two applies of one blob to one snapshot do the work once', async () => {
  const { snapshotter, shut, ends, store } = await twoApplies([tar, tar])
  await shut.open()
  assert.equal(await Promise.all(ends), ['done', 'done'])
  assert.equal(typesOf(store).slice(3), ['ApplyAccepted', 'Applied'])
  await ok(snapshotter.close())
})

test('of two applies of different blobs to one snapshot the first one is taken', async () => {
  const { snapshotter, shut, ends, backend } = await twoApplies([tar, textBytes('another')])
  await shut.open()
  assert.equal(await Promise.all(ends), ['done', 'FailedPrecondition'])
  assert.equal(backend.contents.get(1), tar)
  await ok(snapshotter.close())
})

test('an apply that fails, or is cancelled, leaves the snapshot to the one that waits', async () => {
  for (const how of ['fails', 'is cancelled'] as const) {
    const { snapshotter, shut, aborts, ends, backend } = await twoApplies([tar, textBytes('another')], how === 'fails')
    if (how === 'is cancelled') aborts[0]?.abort()
    await turns()
    await shut.open()
    assert.equal(await Promise.all(ends), [how === 'fails' ? 'BackendFault' : 'Aborted', 'done'])
    assert.equal(backend.contents.get(1), textBytes('another'))
    await ok(snapshotter.close())
  }
})

test('an apply that waits and is given up leaves the first one alone', async () => {
  const { snapshotter, shut, aborts, ends, store } = await twoApplies([tar, tar])
  aborts[1]?.abort()
  assert.is(await ends[1], 'Aborted')
  await shut.open()
  assert.is(await ends[0], 'done')
  assert.equal(typesOf(store).slice(3), ['ApplyAccepted', 'Applied'])
  await ok(snapshotter.close())
})

test.run()
